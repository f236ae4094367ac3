"""What petugas read for the outbox."""

from __future__ import annotations

from typing import Final

MAIL_STATES: Final = {
    "pending": "menunggu giliran", "sending": "sedang dikirim", "waiting": "menunggu warga menulis lagi",
    "parked": "berhenti, perlu tindakan", "unknown": "belum pasti, perlu tindakan",
}  # fmt: skip

MAIL_KINDS: Final = {
    "say": "pesan untuk warga", "file": "laporan ke LAPOR!", "follow": "tindak lanjut ke LAPOR!",
    "alert": "panggilan 112", "erase": "penghapusan data warga",
}  # fmt: skip

LANES: Final = {"emergency": "darurat", "reply": "balasan", "notification": "kabar", "filing": "pengajuan"}

TROUBLES: Final = {
    "pending": "Belum terkirim, dicoba lagi", "sending": "Sedang dikirim",
    "waiting": "Belum terkirim, dikirim saat warga menulis lagi", "parked": "Tidak terkirim",
    "unknown": "Belum pasti terkirim",
}  # fmt: skip
"""Before the reason, beside a line of a transcript."""
