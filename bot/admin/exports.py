"""What leaves the house as a file: reports as a table, corrections as training data. Each is written down first."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator, Sequence
from typing import Final

from starlette.responses import Response, StreamingResponse

from bot.admin.conversations import reason_of
from bot.admin.pages import Pages, Visit
from bot.admin.reports import report_filter
from bot.admin.words import CHANNELS, REPORT_STATES, wita
from bot.corrections import Example, as_yaml, example
from bot.store.listing import Lists
from bot.store.masking import mask_name, mask_phone, mask_words
from bot.store.review import Reviews
from bot.store.tables import Report
from bot.store.views import ReportFilter
from bot.summary import Watch

_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")
_INSIDE: Final = re.compile(r"([;\t\r\n][\s\"]*)(?=[=+\-@|%])")
_BATCH: Final = 500
_BOM: Final = "\ufeff"
"""Without it, spreadsheets take UTF-8 for something else."""
HEAD: Final = (
    "Tiket", "Status", "Masuk (WITA)", "Berubah (WITA)", "Kanal", "Klasifikasi", "Kategori", "Instansi", "Kecamatan",
    "Desa", "Keterangan lokasi", "Lintang", "Bujur", "Tanggal kejadian", "Isi laporan", "Kerahasiaan", "Pelapor",
    "Telepon", "Nomor LAPOR!", "Pendukung",
)  # fmt: skip


def add(pages: Pages, watch: Watch) -> None:
    """The two exports."""

    @pages.page("POST", "/admin/laporan/ekspor", "reports.export")
    async def reports(visit: Visit) -> Response:
        wanted = await report_filter(pages, visit, watch)
        # Names and numbers stay masked unless the role may open them and says why.
        opened = bool(visit.form.get("alasan")) and visit.officer.may("personal.reveal")
        reason = reason_of(visit) if opened else None
        await pages.write_down(visit, "export_open" if opened else "export", "reports", reason)
        name = f"laporan-{wita(pages.now()).partition(' ')[0]}-{pages.now():%Y%m%d%H%M}.csv"
        return _file(_table(pages, wanted, opened=opened), name, "text/csv; charset=utf-8")

    @pages.page("POST", "/admin/tinjauan/ekspor", "review.export")
    async def corrections(visit: Visit) -> Response:
        await pages.write_down(visit, "export", "corrections")
        name = f"koreksi-{pages.now():%Y%m%d%H%M}.yml"
        return _file(_examples(pages), name, "application/yaml; charset=utf-8")


def _file(content: AsyncIterator[str], name: str, type_: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Accel-Buffering": "no"}
    return StreamingResponse(content, media_type=type_, headers=headers)


async def _table(pages: Pages, wanted: ReportFilter, *, opened: bool) -> AsyncIterator[str]:
    """The table in pieces, each of its own transaction, so that a large one holds neither memory nor database."""
    yield _BOM + _rows([HEAD])
    after: str | None = None
    while True:
        async with pages.store.read() as session:
            lists = Lists(session, pages.store.sealer)
            batch, after = await lists.report_batch(wanted, after, _BATCH)
            profiles = await lists.citizens(batch)
        yield _rows([_row(pages, report, opened, profiles.get(report.conversation_id)) for report in batch])
        if after is None:
            return


def _rows(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([[harmless(cell) for cell in row] for row in rows])
    return out.getvalue()


def harmless(cell: str) -> str:
    """A spreadsheet takes what begins so for a formula; an apostrophe before it makes it words."""
    if _NUMBER.fullmatch(cell):
        return cell
    # Where the comma is the decimal sign, as here, a spreadsheet begins a new cell after a semicolon.
    words = _INSIDE.sub(r"\1'", cell.lstrip())
    whole = cell[: len(cell) - len(cell.lstrip())] + words
    return f"'{whole}" if words.startswith(("=", "+", "-", "@", "|", "%")) else whole


def _row(pages: Pages, r: Report, opened: bool, profile: str | None) -> list[str]:
    called, sealer = pages.name, pages.store.sealer
    name, phone = sealer.open_or_none(r.reporter_enc), sealer.open_or_none(r.phone_enc)
    spot = pages.catalogue.villages.get(r.desa or "")
    return [
        r.ticket, REPORT_STATES.get(r.state, r.state), wita(r.created_at), wita(r.changed_at),
        CHANNELS.get(r.channel, r.channel), called("classification", r.classification), called("category", r.category),
        r.agency or "", pages.catalogue.kecamatan.get(r.kecamatan or "", ""), spot.name if spot else "",
        _words(r.place_detail, (name, profile), opened), "" if r.lat is None else f"{r.lat:.5f}",
        "" if r.lon is None else f"{r.lon:.5f}", r.incident_date, _words(r.description, (name, profile), opened),
        "" if r.anonymity == "none" else called("anonymity", r.anonymity),
        (name or "") if opened else mask_name(name), (phone or "") if opened else mask_phone(phone),
        r.tracking_id or "", str(r.supporters),
    ]  # fmt: skip


def _words(words: str | None, names: Sequence[str | None], opened: bool) -> str:
    words = words or ""
    for name in () if opened else names:
        words = mask_words(words, name)
    return words


async def _examples(pages: Pages) -> AsyncIterator[str]:
    """Everything reviewed, as one file: Rasa's form wants all examples of an intent together."""
    found: list[Example] = []
    after: int | None = 0
    while after is not None:
        async with pages.store.read() as session:
            batch, after = await Reviews(session, pages.store.sealer).corrections(after)
        found += [example(c.text, c.verdict, c.name) for c in batch]
    yield as_yaml(found)
