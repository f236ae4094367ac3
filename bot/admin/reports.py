"""Reports: the filing queue, the form to copy into LAPOR!, and what to do when filing did not go by itself."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

from starlette.responses import Response

from bot.admin.actions import Actions, AssistedForm
from bot.admin.charts import point_map
from bot.admin.conversations import asked_of, day_of, hides_a_number, or_none, reason_of
from bot.admin.filing import lapor_side
from bot.admin.pages import Pages, Refusal, Visit, back
from bot.admin.words import LAPOR_STATUSES, REPORT_STATES
from bot.failures import SiagaError, TemporaryFailure
from bot.store.desk import QUEUE, Desk
from bot.store.lapor import AtLapor
from bot.store.listing import Lists
from bot.store.views import ReportFilter, ReportView
from bot.summary import Watch

_TRACKING: Final = re.compile(r"[A-Z0-9-]{4,32}")
_MOST_NOTE: Final = 500
_MOST_AGENCY: Final = 120
OPEN_REPORT: Final = tuple(state for state in REPORT_STATES if state not in ("done", "closed", "archived", "rejected"))
"""What somebody still works on."""
LIGHTS: Final = {"merah": "Lewat tenggat", "kuning": "Segera jatuh tempo", "hijau": "Belum jatuh tempo"}


def add(pages: Pages, actions: Actions, form: AssistedForm, watch: Watch) -> None:
    """The pages under /admin/laporan."""

    @pages.page("GET", "/admin/laporan", "reports.read")
    async def listing(visit: Visit) -> Response:
        state = visit.request.query_params.get("status", "antrean")
        wanted = await report_filter(pages, visit, watch)
        async with pages.store.read() as session:
            lists = Lists(session, pages.store.sealer)
            found = await lists.reports(wanted, visit.request.query_params.get("setelah"))
            count, agencies = await lists.count_reports(wanted), await lists.agencies()
        return pages.show(
            "reports.html", visit, found=found, count=count, agencies=agencies, state=state, lights=LIGHTS,
            asked=asked_of(visit), address="/admin/laporan",
        )  # fmt: skip

    async def show(visit: Visit, status: int = 200, **values: Any) -> Response:
        """The report's page, with what was typed and why it did not go."""
        revealed = bool(values.pop("revealed", False))
        report = await _report(pages, visit, revealed=revealed)
        fields = await form(report.ticket)
        lapor = await lapor_side(pages, report.ticket)
        values = {"error": None, "typed": ""} | values
        spot = None if report.lat is None or report.lon is None else point_map(pages.catalogue, report.lat, report.lon)
        async with pages.store.read() as session:
            alike = await Lists(session, pages.store.sealer).alike(report.ticket)
        return pages.show(
            "report.html", visit, status, r=report, fields=fields, lapor=lapor, map=spot, alike=alike, **values
        )

    async def try_(visit: Visit, action: str, done: str, change: Callable[[str], Awaitable[None]]) -> Response:
        """Write down, do, and show what stood in the way where something did."""
        ticket = (await _report(pages, visit)).ticket
        await pages.write_down(visit, action, f"report:{ticket}")
        try:
            await change(ticket)
        except TemporaryFailure:
            raise
        except SiagaError as error:
            return await show(visit, 409, error=str(error), typed=visit.form.get("nomor", ""))
        return back(f"/admin/laporan/{ticket}", done)

    @pages.page("GET", "/admin/laporan/{ticket}", "reports.read")
    async def one(visit: Visit) -> Response:
        return await show(visit)

    @pages.page("POST", "/admin/laporan/{ticket}/buka", "personal.reveal")
    async def reveal(visit: Visit) -> Response:
        report = await _report(pages, visit)
        await pages.write_down(visit, "reveal", f"report:{report.ticket}", reason_of(visit))
        return await show(visit, revealed=True)

    @pages.page("POST", "/admin/laporan/{ticket}/nomor", "reports.file")
    async def file(visit: Visit) -> Response:
        tracking = _tracking(visit)
        wrong = await _unfit(pages, visit, tracking)
        if wrong:
            return await show(visit, 422, error=wrong, typed=tracking)
        user = visit.officer.shown_name
        return await try_(visit, "file", "diajukan", lambda ticket: actions.file_assisted(ticket, tracking, user))

    @pages.page("POST", "/admin/laporan/{ticket}/pastikan", "reports.file")
    async def settle(visit: Visit) -> Response:
        user = visit.officer.shown_name
        if visit.form.get("hasil") == "belum":
            return await try_(
                visit, "settle_again", "dikirim-lagi", lambda ticket: actions.settle_unknown(ticket, None, user)
            )
        tracking = _tracking(visit)
        wrong = await _unfit(pages, visit, tracking)
        if wrong:
            return await show(visit, 422, error=wrong, typed=tracking)
        return await try_(
            visit, "settle_filed", "diajukan", lambda ticket: actions.settle_unknown(ticket, tracking, user)
        )

    @pages.page("POST", "/admin/laporan/{ticket}/ulang", "reports.file")
    async def retry(visit: Visit) -> Response:
        user = visit.officer.shown_name
        return await try_(visit, "retry", "dikirim-lagi", lambda ticket: actions.retry_filing(ticket, user))

    @pages.page("POST", "/admin/laporan/{ticket}/status", "reports.file")
    async def status(visit: Visit) -> Response:
        state, note = visit.form.get("status", ""), visit.form.get("catatan", "").strip()
        addressee = visit.form.get("instansi", "").strip()[:_MOST_AGENCY] or None
        if state not in LAPOR_STATUSES or len(note) > _MOST_NOTE:
            return await show(visit, 422, error=f"Pilih status; catatan paling banyak {_MOST_NOTE} huruf.")
        user = visit.officer.shown_name
        return await try_(
            visit, "status", "status", lambda ticket: actions.note_status(ticket, state, note or None, user, addressee)
        )


async def report_filter(pages: Pages, visit: Visit, watch: Watch) -> ReportFilter:
    """The list's filter from its address; what cannot be read is no filter. Raises Refusal for a hidden number."""
    asked, now = visit.request.query_params, pages.now()
    tickets: tuple[str, ...] | None = None
    if asked.get("lampu") in LIGHTS:
        async with pages.store.read() as session:
            due = (await watch.overview(AtLapor(session), now)).due
        tickets = tuple(one.report.ticket for one in due if one.due.light == asked["lampu"])
    state = asked.get("status", "antrean")
    days, until = asked.get("umur", ""), day_of(asked.get("sampai", ""))
    words = asked.get("kata", "").strip()[:100] or None
    hidden = bool(words) and hides_a_number(words or "", visit)
    if hidden and not _TRACKING.fullmatch((words or "").upper()):
        raise Refusal(403, "Peran Anda tidak boleh mencari nomor di dalam laporan.")
    until = until + timedelta(days=1) if until else None
    if days.isascii() and days.isdigit() and len(days) < 4:
        oldest = now - timedelta(days=int(days))
        until = min(until, oldest) if until else oldest
    return ReportFilter(
        states={"antrean": QUEUE, "semua": (), "terbuka": OPEN_REPORT}.get(state, (state,)),
        category=asked.get("kategori") or None,
        kecamatan=or_none(asked.get("kecamatan")),
        agency=or_none(asked.get("instansi")),
        since=day_of(asked.get("dari", "")),
        until=until,
        words=words,
        # A tracking ID may look like a phone number: whoever may not see numbers finds it among the IDs alone.
        ids_alone=hidden,
        tickets=tickets,
        complete={"ya": True, "tidak": False}.get(asked.get("lengkap", "")),
        newest=asked.get("urut", "lama" if state in ("antrean", *QUEUE) else "baru") == "baru",
    )


async def _report(pages: Pages, visit: Visit, *, revealed: bool = False) -> ReportView:
    async with pages.store.read() as session:
        found = await Desk(session, pages.store.sealer).report(visit.param("ticket"), revealed=revealed)
    if found is None:
        raise Refusal(404, "Laporan ini tidak ada.")
    return found


def _tracking(visit: Visit) -> str:
    return visit.form.get("nomor", "").strip().upper().removeprefix("#")


async def _unfit(pages: Pages, visit: Visit, tracking: str) -> str | None:
    """Why this cannot be the report's tracking ID, or None."""
    if not _TRACKING.fullmatch(tracking):
        return "Nomor LAPOR! terdiri atas 4 sampai 32 huruf besar, angka, atau tanda hubung."
    async with pages.store.read() as session:
        other = await Desk(session, pages.store.sealer).ticket_with_tracking(tracking)
    if other is not None and other != visit.param("ticket"):
        return f"Nomor {tracking} sudah dipakai laporan {other}."
    return None


assert set(LAPOR_STATUSES) < set(REPORT_STATES)
