"""Conversations: the list, a transcript with what the bot understood, and a petugas in the bot's place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.responses import RedirectResponse, Response

from bot.admin.actions import Actions
from bot.admin.live import Live
from bot.admin.pages import Pages, Refusal, Visit, back
from bot.admin.words import REASONS
from bot.store.canned import CannedReplies
from bot.store.desk import Desk
from bot.store.listing import MOST_COUNTED, SEARCHED, Lists
from bot.store.review import Reviews
from bot.store.views import ConversationView, Filter
from flows.model import WITA

MOST_REPLY: Final = 1500
_STREAMED: Final = 60
"""Newest lines that a stream brings up to date."""
_TICKET: Final = re.compile(r"#?([A-Z]{2,3}-[A-Z0-9-]{4,32}|\d{5,12})", re.IGNORECASE)


def add(pages: Pages, actions: Actions, live: Live) -> None:
    """The pages under /admin/percakapan."""

    @pages.page("GET", "/admin/percakapan", "conversations.read")
    async def listing(visit: Visit) -> Response:
        asked = visit.request.query_params
        wanted = _filter(asked)
        if wanted.words and hides_a_number(wanted.words, visit):
            raise Refusal(403, "Peran Anda tidak boleh mencari nomor di dalam percakapan.")
        async with pages.store.read() as session:
            lists = Lists(session, pages.store.sealer)
            found = await lists.conversations(wanted, asked.get("setelah"))
            count = await lists.count_conversations(wanted)
        return pages.show(
            "conversations.html", visit, found=found, count=count, most=MOST_COUNTED, searched=SEARCHED,
            asked=asked_of(visit), address="/admin/percakapan",
        )  # fmt: skip

    @pages.page("POST", "/admin/percakapan/cari", "conversations.read")
    async def search(visit: Visit) -> Response:
        """A number goes by the form's body, so that it stands in no address and in no log of a proxy."""
        words = visit.form.get("cari", "").strip()[:100]
        async with pages.store.read() as session:
            lists = Lists(session, pages.store.sealer)
            if ticket := _TICKET.fullmatch(words):
                found = await lists.ticket_like(ticket[1].upper())
                if found and visit.officer.may("reports.read"):
                    return RedirectResponse(f"/admin/laporan/{found}", 303)
            if phone := phone_of(words):
                if not visit.officer.may("personal.reveal"):
                    raise Refusal(403, "Peran Anda tidak boleh mencari nomor di dalam percakapan.")
                conversation = await lists.conversation_of("whatsapp", phone)
                if conversation is None:
                    raise Refusal(404, "Tidak ada percakapan WhatsApp dari nomor itu.")
                return RedirectResponse(f"/admin/percakapan/{conversation}", 303)
        return RedirectResponse(f"/admin/percakapan?{urlencode({'kata': words})}", 303)

    @pages.page("GET", "/admin/percakapan/{id}", "conversations.read")
    async def one(visit: Visit) -> Response:
        return await _show(visit)

    async def _show(visit: Visit, status: int = 200, *, revealed: bool = False, **more: Any) -> Response:
        values = {"error": None, "typed": ""} | more
        async with pages.store.read() as session:
            canned = await CannedReplies(session).all()
        shown = await _talk(pages, visit, revealed=revealed)
        return pages.show("conversation.html", visit, status, canned=canned, **shown, **values)

    @pages.page("GET", "/admin/percakapan/{id}/baris", "conversations.read")
    async def lines(visit: Visit) -> Response:
        return pages.show("transcript.html", visit, **await _talk(pages, visit))

    @pages.page("GET", "/admin/percakapan/{id}/aliran", "conversations.read")
    async def stream(visit: Visit) -> Response:
        conversation = (await _conversation(pages, visit)).id

        async def look() -> str:
            async with pages.store.read() as session:
                return await Desk(session, pages.store.sealer).conversation_revision(conversation)

        async def show() -> Mapping[str, str]:
            values = await _talk(pages, visit, most=_STREAMED)
            return {
                "daftar": pages.words_of("transcript.html", visit, **values),
                "keadaan": pages.words_of("hold.html", visit, **values),
            }

        return live.stream(visit, f"conversation-{conversation}", look, show)

    @pages.page("POST", "/admin/percakapan/{id}/buka", "personal.reveal")
    async def reveal(visit: Visit) -> Response:
        conversation = await _conversation(pages, visit)
        await pages.write_down(visit, "reveal", f"conversation:{conversation.id}", reason_of(visit))
        return await _show(visit, revealed=True)

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
        if not text or len(text) > MOST_REPLY:
            error = f"Balasan harus diisi, paling banyak {MOST_REPLY} huruf."
            return await _show(visit, 422, error=error, typed=text)
        await pages.write_down(visit, "reply", f"conversation:{conversation.id}")
        await actions.reply(conversation.id, text, visit.officer.shown_name)
        if visit.wants_part:
            return Response(status_code=204)
        return back(f"/admin/percakapan/{conversation.id}", "balasan")

    @pages.page("POST", "/admin/percakapan/{id}/kembalikan", "conversations.hold")
    async def hand_back(visit: Visit) -> Response:
        conversation = await _conversation(pages, visit)
        await pages.write_down(visit, "hand_back", f"conversation:{conversation.id}")
        await actions.hand_back(conversation.id, visit.officer.shown_name)
        return back(f"/admin/percakapan/{conversation.id}", "dikembalikan")


async def _talk(pages: Pages, visit: Visit, *, revealed: bool = False, most: int = 300) -> dict[str, Any]:
    """What a transcript's template shows."""
    found = await _conversation(pages, visit, revealed=revealed, most=most)
    async with pages.store.read() as session:
        verdicts = await Reviews(session, pages.store.sealer).verdicts(found.id)
    return {"c": found, "verdicts": verdicts}


async def _conversation(pages: Pages, visit: Visit, *, revealed: bool = False, most: int = 300) -> ConversationView:
    async with pages.store.read() as session:
        desk = Desk(session, pages.store.sealer)
        found = await desk.conversation(visit.number("id"), revealed=revealed, most=most)
    if found is None:
        raise Refusal(404, "Percakapan ini tidak ada.")
    return found


def reason_of(visit: Visit) -> str:
    """Why something is opened, as a code. Raises Refusal when no reason was chosen."""
    reason = visit.form.get("alasan", "")
    if reason not in REASONS:
        raise Refusal(422, "Pilih dahulu alasan membuka nama dan nomor.")
    return reason


def phone_of(words: str) -> str | None:
    """The number in the form in which it is stored (+62...), when these words are nothing but a number."""
    if not re.fullmatch(r"\+?[\d\s().-]{8,24}", words):
        return None
    digits = re.sub(r"\D", "", words)
    return f"+62{digits[1:]}" if digits.startswith("0") else f"+{digits}"


def _filter(asked: QueryParams) -> Filter:
    """The list's filter from its address; what cannot be read is no filter."""
    percent = asked.get("yakin", "")
    readable = percent.isascii() and percent.isdigit() and len(percent) < 4
    until = day_of(asked.get("sampai", ""))
    danger = asked.get("darurat", "")
    return Filter(
        channel=asked.get("kanal") or None,
        emergency=danger not in ("", "live", "ask"),
        danger=danger if danger in ("live", "ask") else None,
        words=asked.get("kata", "").strip()[:100] or None,
        waiting="menunggu" in asked,
        held="dipegang" in asked,
        failed="gagal" in asked,
        intent=asked.get("maksud") or None,
        category=asked.get("kategori") or None,
        confidence=int(percent) / 100 if readable else None,
        since=day_of(asked.get("dari", "")),
        until=until + timedelta(days=1) if until else None,
    )


def hides_a_number(words: str, visit: Visit) -> bool:
    """Whether looking for these words would uncover a number to someone who may not see numbers."""
    return sum(letter.isdigit() for letter in words) > 4 and not visit.officer.may("personal.reveal")


def asked_of(visit: Visit) -> dict[str, str]:
    """What a list was asked for by its address, without the key of the page."""
    return {key: value for key, value in visit.request.query_params.items() if value and key not in ("setelah", "ok")}


def or_none(value: str | None) -> str | None:
    """A filter by a code: absent or empty is no filter, "-" asks for what has none."""
    return "" if value == "-" else value or None


def day_of(value: str) -> datetime | None:
    """The beginning of a day in WITA."""
    try:
        return datetime.combine(date.fromisoformat(value), time(), WITA)
    except ValueError:
        return None
