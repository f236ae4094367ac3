"""Conversations: the list, a transcript with what the bot understood, and a petugas in the bot's place."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from starlette.datastructures import QueryParams
from starlette.responses import Response

from bot.admin.actions import Actions
from bot.admin.pages import Pages, Refusal, Visit, back
from bot.admin.words import REASONS
from bot.store.desk import PAGE, Desk
from bot.store.views import ConversationView, Filter
from flows.model import WITA

_MOST_REPLY: Final = 1500


def add(pages: Pages, actions: Actions) -> None:
    """The pages under /admin/percakapan."""

    @pages.page("GET", "/admin/percakapan", "conversations.read")
    async def listing(visit: Visit) -> Response:
        asked = visit.request.query_params
        async with pages.store.read() as session:
            rows = await Desk(session, pages.store.sealer).conversations(_filter(asked), visit.page())
        return pages.show(
            "conversations.html", visit, rows=rows[:PAGE], more=len(rows) > PAGE, page=visit.page(), asked=dict(asked),
            address="/admin/percakapan",
        )  # fmt: skip

    @pages.page("GET", "/admin/percakapan/{id}", "conversations.read")
    async def one(visit: Visit) -> Response:
        return pages.show("conversation.html", visit, c=await _conversation(pages, visit), error=None, typed="")

    @pages.page("GET", "/admin/percakapan/{id}/baris", "conversations.read")
    async def lines(visit: Visit) -> Response:
        return pages.show("transcript.html", visit, c=await _conversation(pages, visit))

    @pages.page("POST", "/admin/percakapan/{id}/buka", "personal.reveal")
    async def reveal(visit: Visit) -> Response:
        conversation = await _conversation(pages, visit)
        await pages.write_down(visit, "reveal", f"conversation:{conversation.id}", reason_of(visit))
        return pages.show(
            "conversation.html", visit, c=await _conversation(pages, visit, revealed=True), error=None, typed=""
        )

    @pages.page("POST", "/admin/percakapan/{id}/ambil", "conversations.hold")
    async def take(visit: Visit) -> Response:
        conversation = await _conversation(pages, visit)
        await pages.write_down(visit, "take", f"conversation:{conversation.id}")
        await actions.take(conversation.id, visit.officer.shown_name)
        return back(f"/admin/percakapan/{conversation.id}", "diambil")

    @pages.page("POST", "/admin/percakapan/{id}/balas", "conversations.hold")
    async def reply(visit: Visit) -> Response:
        conversation = await _conversation(pages, visit)
        text = visit.form.get("teks", "").strip()
        if not text or len(text) > _MOST_REPLY:
            error = f"Balasan harus diisi, paling banyak {_MOST_REPLY} huruf."
            return pages.show("conversation.html", visit, 422, c=conversation, error=error, typed=text)
        await pages.write_down(visit, "reply", f"conversation:{conversation.id}")
        await actions.reply(conversation.id, text, visit.officer.shown_name)
        return back(f"/admin/percakapan/{conversation.id}", "balasan")

    @pages.page("POST", "/admin/percakapan/{id}/kembalikan", "conversations.hold")
    async def hand_back(visit: Visit) -> Response:
        conversation = await _conversation(pages, visit)
        await pages.write_down(visit, "hand_back", f"conversation:{conversation.id}")
        await actions.hand_back(conversation.id, visit.officer.shown_name)
        return back(f"/admin/percakapan/{conversation.id}", "dikembalikan")


async def _conversation(pages: Pages, visit: Visit, *, revealed: bool = False) -> ConversationView:
    async with pages.store.read() as session:
        found = await Desk(session, pages.store.sealer).conversation(visit.number("id"), revealed=revealed)
    if found is None:
        raise Refusal(404, "Percakapan ini tidak ada.")
    return found


def reason_of(visit: Visit) -> str:
    """Why something is opened, as a code. Raises Refusal when no reason was chosen."""
    reason = visit.form.get("alasan", "")
    if reason not in REASONS:
        raise Refusal(422, "Pilih dahulu alasan membuka nama dan nomor.")
    return reason


def _filter(asked: QueryParams) -> Filter:
    """The list's filter from its address; what cannot be read is no filter."""
    percent = asked.get("yakin", "")
    readable = percent.isascii() and percent.isdigit() and len(percent) < 4
    until = _day(asked.get("sampai", ""))
    return Filter(
        channel=asked.get("kanal") or None,
        emergency="darurat" in asked,
        waiting="menunggu" in asked,
        held="dipegang" in asked,
        failed="gagal" in asked,
        intent=asked.get("maksud") or None,
        category=asked.get("kategori") or None,
        confidence=int(percent) / 100 if readable else None,
        since=_day(asked.get("dari", "")),
        until=until + timedelta(days=1) if until else None,
    )


def _day(value: str) -> datetime | None:
    """The beginning of a day in WITA."""
    try:
        return datetime.combine(date.fromisoformat(value), time(), WITA)
    except ValueError:
        return None
