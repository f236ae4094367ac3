"""The audit to read: who did what, when, to which id. There is nothing to change here."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from starlette.datastructures import QueryParams
from starlette.responses import Response

from bot.admin.account_words import ERASE_REASONS, REFUSED, ROLES
from bot.admin.conversations import day_of
from bot.admin.pages import Pages, Visit
from bot.admin.words import REASONS
from bot.store.audit import PAGE, AuditFilter, Audits
from bot.store.users import Users

_PAGES: Final = {
    "conversation": "/admin/percakapan/{}", "report": "/admin/laporan/{}", "incident": "/admin/112/{}",
    "user": "/admin/pengguna/{}",
}  # fmt: skip
"""Where an object of the audit is shown."""
_REASONS: Final = {**REASONS, **ERASE_REASONS, **ROLES, **REFUSED}
"""What the codes of reasons mean, whatever action they belong to."""


def add(pages: Pages) -> None:
    """The page /admin/audit."""

    @pages.page("GET", "/admin/audit", "audit.read")
    async def listing(visit: Visit) -> Response:
        asked = visit.request.query_params
        async with pages.store.read() as session:
            audits = Audits(session)
            rows = await audits.page(_filter(asked), visit.page())
            actions, seal = await audits.actions(), await audits.last_seal()
            users = await Users(session).listing(pages.now())
        return pages.show(
            "audit.html", visit, rows=rows[:PAGE], more=len(rows) > PAGE, page=visit.page(), asked=dict(asked),
            address="/admin/audit", actions=actions, seal=seal, users=users, where=where, reasons=_REASONS,
        )  # fmt: skip


def where(object_: str) -> str | None:
    """The page of an object such as `report:KS-261124-AAAA`."""
    kind, _, id_ = object_.partition(":")
    return _PAGES[kind].format(id_) if id_ and kind in _PAGES else None


def _filter(asked: QueryParams) -> AuditFilter:
    """The list's filter from its address; what cannot be read is no filter."""
    user, until = asked.get("pengguna", ""), day_of(asked.get("sampai", ""))
    return AuditFilter(
        user_id=int(user) if user.isascii() and user.isdigit() and len(user) < 16 else None,
        action=asked.get("tindakan") or None,
        object=asked.get("objek", "").strip()[:80] or None,
        since=day_of(asked.get("dari", "")),
        until=until + timedelta(days=1) if until else None,
    )
