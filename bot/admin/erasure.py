"""Erasing a citizen from the admin web, and what retention did: both leave only numbers behind."""

from __future__ import annotations

from starlette.responses import Response

from bot.admin.account_words import ERASE_REASONS
from bot.admin.actions import Actions
from bot.admin.pages import Pages, Refusal, Visit, back
from bot.retention import KINDS
from bot.store.desk import Desk
from bot.store.erasure import Erasures
from bot.store.retention import Retentions


def add(pages: Pages, actions: Actions) -> None:
    """The pages /admin/percakapan/{id}/hapus and /admin/retensi."""

    async def show(visit: Visit, status: int = 200, error: str | None = None) -> Response:
        async with pages.store.read() as session:
            conversation = await Desk(session, pages.store.sealer).conversation(visit.number("id"), most=1)
            if conversation is None:
                raise Refusal(404, "Percakapan ini tidak ada.")
            erasures = Erasures(session, pages.store.sealer)
            known = await erasures.is_known(conversation.id)
            kept = await erasures.kept(conversation.id) if known else None
        return pages.show(
            "erase.html", visit, status, c=conversation, kept=kept, reasons=ERASE_REASONS, error=error,
        )  # fmt: skip

    @pages.page("GET", "/admin/percakapan/{id}/hapus", "citizens.erase")
    async def ask(visit: Visit) -> Response:
        return await show(visit)

    @pages.page("POST", "/admin/percakapan/{id}/hapus", "citizens.erase")
    async def erase(visit: Visit) -> Response:
        conversation_id, reason = visit.number("id"), visit.form.get("alasan", "")
        if reason not in ERASE_REASONS:
            return await show(visit, 422, "Pilih dahulu alasannya.")
        if visit.form.get("paham") != "1" or visit.form.get("ketik", "").strip() != str(conversation_id):
            return await show(visit, 422, f"Centang pernyataannya dan ketik nomor percakapan {conversation_id}.")
        await pages.write_down(visit, "erase", f"conversation:{conversation_id}", reason)
        await actions.erase(conversation_id)
        return back("/admin/percakapan", "dihapus")

    @pages.page("GET", "/admin/retensi", "retention.read")
    async def runs(visit: Visit) -> Response:
        async with pages.store.read() as session:
            latest = await Retentions(session, pages.store.sealer).runs()
        return pages.show("retention.html", visit, runs=latest, kinds=KINDS)
