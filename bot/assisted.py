"""LAPOR!'s web form, filled in from a stored report, for a petugas to copy: the same words the API would get."""

from __future__ import annotations

from bot.admin.actions import FormField
from bot.failures import Rejected
from bot.gateways.lapor_terms import categories, content_of, title_of
from bot.handlers import PlaceName, report_to_file
from bot.store.transaction import reading
from bot.store.unit_of_work import Store

_CLASSIFICATIONS = {
    "pengaduan": "Pengaduan", "aspirasi": "Aspirasi", "permintaan_informasi": "Permintaan Informasi"
}  # fmt: skip


class AssistedForms:
    """Fills in the form by ticket. `place_name` names a place code."""

    def __init__(self, store: Store, place_name: PlaceName) -> None:
        self._store = store
        self._place_name = place_name

    async def __call__(self, ticket: str) -> list[FormField]:
        """The fields in the order of LAPOR!'s form. Raises Rejected when there is no such report."""
        async with reading(self._store) as tx:
            report = await tx.reports.get(ticket)
            if report is None:
                raise Rejected(f"Laporan {ticket} tidak ada.")
            filing = report_to_file(report, self._store.sealer, self._place_name)
            uncertain = report.place_uncertain
        own = categories().get(filing.category)
        category = " / ".join(filter(None, (own.lapor_category, own.lapor_subcategory))) if own else filing.category
        agency = filing.agency or (own.agency if own else "")
        sure = own is not None and own.agency_confirmed and agency == own.agency
        hidden = "Anonim" if filing.is_anonymous else "Rahasia" if filing.is_secret else "Tidak"
        return [
            FormField("Klasifikasi", _CLASSIFICATIONS.get(filing.classification, filing.classification)),
            FormField("Judul laporan", title_of(filing)),
            FormField("Isi laporan", content_of(filing), long=True),
            FormField("Tanggal kejadian", f"{filing.incident_date:%d-%m-%Y}"),
            FormField("Lokasi kejadian", filing.place_text, "belum pasti, periksa dahulu" if uncertain else None),
            FormField("Instansi tujuan", agency, None if sure else "belum dipastikan kabupaten"),
            FormField("Kategori", category),
            FormField("Anonim atau rahasia", hidden),
        ]
