"""The 112 desk: a live list, one incident with its timeline, and the steps a person takes."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from bot.admin.actions import Actions
from bot.admin.conversations import reason_of
from bot.admin.pages import Pages, Refusal, Visit, back
from bot.store.desk import Desk
from bot.store.reports import OPEN_INCIDENT
from bot.store.views import IncidentView

NEXT: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(OPEN_INCIDENT, ("acknowledged",)),
    "acknowledged": ("dispatched", "resolved", "not_emergency", "false_report"),
    "dispatched": ("on_scene", "resolved", "not_emergency", "false_report"),
    "on_scene": ("resolved", "not_emergency", "false_report"),
}
"""What a petugas may do next; closing always follows acknowledging, so that someone answers for it."""


def add(pages: Pages, actions: Actions) -> None:
    """The pages under /admin/112."""

    @pages.page("GET", "/admin/112", "incidents.read")
    async def desk(visit: Visit) -> Response:
        return await _desk(visit, "desk.html")

    @pages.page("GET", "/admin/112/daftar", "incidents.read")
    async def cards(visit: Visit) -> Response:
        return await _desk(visit, "desk_cards.html")

    async def _desk(visit: Visit, template: str) -> Response:
        async with pages.store.read() as session:
            desk = Desk(session, pages.store.sealer)
            rows, closed = await desk.incidents(), await desk.incidents(closed=True, most=10)
        return pages.show(template, visit, rows=rows, closed=closed, unanswered=OPEN_INCIDENT, next=NEXT)

    @pages.page("GET", "/admin/112/{id}", "incidents.read")
    async def one(visit: Visit) -> Response:
        return _show(visit, await _incident(pages, visit))

    def _show(visit: Visit, incident: IncidentView) -> Response:
        return pages.show("incident.html", visit, i=incident, unanswered=OPEN_INCIDENT, next=NEXT)

    @pages.page("POST", "/admin/112/{id}/buka", "personal.reveal")
    async def reveal(visit: Visit) -> Response:
        incident = await _incident(pages, visit)
        await pages.write_down(visit, "reveal", f"incident:{incident.id}", reason_of(visit))
        return _show(visit, await _incident(pages, visit, revealed=True))

    @pages.page("POST", "/admin/112/{id}/keadaan", "incidents.move")
    async def move(visit: Visit) -> Response:
        incident = await _incident(pages, visit)
        state = visit.form.get("keadaan", "")
        to = f"/admin/112/{incident.id}" if visit.form.get("dari") == "kejadian" else "/admin/112"
        if state not in NEXT.get(incident.state, ()):
            return back(to, "sudah")
        await pages.write_down(visit, f"incident_{state}", f"incident:{incident.id}")
        moved = await actions.move_incident(incident.id, state, visit.officer.shown_name)
        return back(to, "kejadian" if moved else "sudah")


async def _incident(pages: Pages, visit: Visit, *, revealed: bool = False) -> IncidentView:
    async with pages.store.read() as session:
        found = await Desk(session, pages.store.sealer).incident(visit.param("id"), revealed=revealed)
    if found is None:
        raise Refusal(404, "Kejadian ini tidak ada.")
    return found
