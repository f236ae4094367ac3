"""The 112 desk: a live list, one incident with its timeline, and the steps a person takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from starlette.responses import Response

from bot.admin.actions import Actions
from bot.admin.conversations import MOST_REPLY, asked_of, day_of, or_none, reason_of
from bot.admin.live import Live
from bot.admin.pages import Pages, Refusal, Visit, back
from bot.admin.shifts import present
from bot.store.desk import Desk
from bot.store.listing import Lists
from bot.store.reports import OPEN_INCIDENT
from bot.store.shifts import Shifts
from bot.store.views import IncidentFilter, IncidentView

NEXT: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(OPEN_INCIDENT, ("acknowledged",)),
    "acknowledged": ("dispatched", "resolved", "not_emergency", "false_report"),
    "dispatched": ("on_scene", "resolved", "not_emergency", "false_report"),
    "on_scene": ("resolved", "not_emergency", "false_report"),
}
"""What a petugas may do next; closing always follows acknowledging, so that someone answers for it."""


def add(pages: Pages, actions: Actions, live: Live) -> None:
    """The pages under /admin/112."""

    @pages.page("GET", "/admin/112", "incidents.read")
    async def desk(visit: Visit) -> Response:
        await present(pages, visit)
        return pages.show("desk.html", visit, **await _desk())

    @pages.page("GET", "/admin/112/daftar", "incidents.read")
    async def cards(visit: Visit) -> Response:
        await present(pages, visit)
        return pages.show("desk_cards.html", visit, **await _desk())

    @pages.page("GET", "/admin/112/aliran", "incidents.read")
    async def stream(visit: Visit) -> Response:
        async def look() -> str:
            async with pages.store.read() as session:
                # A shift ends by itself, without a row that changes.
                shifts = [person.user_id for person in await Shifts(session).now(pages.now())]
                return f"{await Desk(session, pages.store.sealer).desk_revision()}/{shifts}"

        async def show() -> Mapping[str, str]:
            # A busy stream has no rest in which its breath could be counted as presence.
            await present(pages, visit)
            return {"daftar": pages.words_of("desk_cards.html", visit, **await _desk())}

        return live.stream(visit, "desk", look, show, lambda beat: present(pages, beat))

    async def _desk() -> dict[str, Any]:
        async with pages.store.read() as session:
            desk = Desk(session, pages.store.sealer)
            rows, closed = await desk.incidents(), await desk.incidents(closed=True, most=10)
            callers = await desk.callers([row.id for row in rows])
            shifts = await Shifts(session).now(pages.now())
        return {
            "rows": rows, "closed": closed, "callers": callers, "shifts": shifts, "unanswered": OPEN_INCIDENT,
            "next": NEXT,
        }  # fmt: skip

    @pages.page("GET", "/admin/112/semua", "incidents.read")
    async def listing(visit: Visit) -> Response:
        wanted = _filter(visit)
        async with pages.store.read() as session:
            lists = Lists(session, pages.store.sealer)
            found = await lists.incidents(wanted, visit.request.query_params.get("setelah"))
            count = await lists.count_incidents(wanted)
        return pages.show(
            "incidents.html", visit, found=found, count=count, asked=asked_of(visit), address="/admin/112/semua",
            unanswered=OPEN_INCIDENT,
        )  # fmt: skip

    @pages.page("GET", "/admin/112/{id}", "incidents.read")
    async def one(visit: Visit) -> Response:
        return await _show(visit, await _incident(pages, visit))

    async def _show(visit: Visit, incident: IncidentView) -> Response:
        async with pages.store.read() as session:
            desk = Desk(session, pages.store.sealer)
            talk = await desk.conversation(incident.conversation_id, most=8)
            callers = (await desk.callers([incident.id])).get(incident.id, ())
        return pages.show(
            "incident.html", visit, i=incident, lines=talk.lines if talk else (), callers=callers,
            unanswered=OPEN_INCIDENT, next=NEXT,
        )  # fmt: skip

    @pages.page("POST", "/admin/112/{id}/buka", "personal.reveal")
    async def reveal(visit: Visit) -> Response:
        incident = await _incident(pages, visit)
        await pages.write_down(visit, "reveal", f"incident:{incident.id}", reason_of(visit))
        return await _show(visit, await _incident(pages, visit, revealed=True))

    @pages.page("POST", "/admin/112/{id}/keadaan", "incidents.move")
    async def move(visit: Visit) -> Response:
        incident = await _incident(pages, visit)
        state = visit.form.get("keadaan", "")
        to = _from(visit, incident)
        if state not in NEXT.get(incident.state, ()):
            return back(to, "sudah")
        await pages.write_down(visit, f"incident_{state}", f"incident:{incident.id}")
        moved = await actions.move_incident(incident.id, state, visit.officer.shown_name)
        return back(to, "kejadian" if moved else "sudah")

    @pages.page("POST", "/admin/112/{id}/pisah", "incidents.move")
    async def separate(visit: Visit) -> Response:
        incident = await _incident(pages, visit)
        await pages.write_down(visit, "incident_separated", f"incident:{incident.id}")
        separated = await actions.separate_incident(incident.id, visit.officer.shown_name)
        return back(f"/admin/112/{incident.id}", "dipisah" if separated else "sudah")

    @pages.page("POST", "/admin/112/{id}/bicara", "conversations.hold")
    async def talk(visit: Visit) -> Response:
        incident = await _incident(pages, visit)
        text = visit.form.get("teks", "").strip()
        if not text or len(text) > MOST_REPLY:
            raise Refusal(422, f"Pesan harus diisi, paling banyak {MOST_REPLY} huruf.")
        await pages.write_down(visit, "reply", f"conversation:{incident.conversation_id}")
        await actions.reply(incident.conversation_id, text, visit.officer.shown_name)
        if visit.wants_part:
            return Response(status_code=204)
        return back(_from(visit, incident), "balasan")


def _from(visit: Visit, incident: IncidentView) -> str:
    return f"/admin/112/{incident.id}" if visit.form.get("dari") == "kejadian" else "/admin/112"


def _filter(visit: Visit) -> IncidentFilter:
    asked = visit.request.query_params
    until = day_of(asked.get("sampai", ""))
    return IncidentFilter(
        type=asked.get("jenis") or None,
        kecamatan=or_none(asked.get("kecamatan")),
        state=asked.get("keadaan") or None,
        since=day_of(asked.get("dari", "")),
        until=until + timedelta(days=1) if until else None,
    )


async def _incident(pages: Pages, visit: Visit, *, revealed: bool = False) -> IncidentView:
    async with pages.store.read() as session:
        found = await Desk(session, pages.store.sealer).incident(visit.param("id"), revealed=revealed)
    if found is None:
        raise Refusal(404, "Kejadian ini tidak ada.")
    return found
