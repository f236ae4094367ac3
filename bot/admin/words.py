"""What petugas read for codes that citizens never see, and times in WITA."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from bot.admin.account_words import ACTIONS, PERMISSIONS, ROLES  # noqa: F401 - pages read all words here
from bot.admin.mail_words import LANES, MAIL_KINDS, MAIL_STATES, TROUBLES  # noqa: F401 - as above
from flows.model import WITA

CHANNELS: Final = {"whatsapp": "WhatsApp", "telegram": "Telegram", "webchat": "Web", "console": "Terminal"}

REPORT_STATES: Final = {
    "queued": "menunggu diajukan", "filing": "sedang dikirim", "filing_unknown": "perlu dipastikan",
    "failed": "ditolak, perlu tindakan", "submitted": "masuk LAPOR!", "verified": "terverifikasi",
    "in_progress": "dalam proses", "need_info": "tunda, butuh keterangan", "transferred": "bukan wewenang, diteruskan",
    "done": "selesai", "closed": "ditutup", "archived": "diarsipkan", "rejected": "ditolak LAPOR!",
}  # fmt: skip

LAPOR_STATUSES: Final = {
    "submitted": "Belum Terverifikasi", "verified": "Terverifikasi", "in_progress": "Dalam Proses", "done": "Selesai",
    "need_info": "Tunda", "transferred": "Bukan Wewenang", "archived": "Diarsipkan", "rejected": "Ditolak",
    "closed": "Ditutup oleh Sistem",
}  # fmt: skip
"""LAPOR!'s own names for what a petugas reads on its site."""

INCIDENT_STATES: Final = {
    "detected": "baru", "handed_off": "sudah dikabarkan", "needs_info": "butuh keterangan",
    "handoff_failed": "gagal dikabarkan", "acknowledged": "diterima petugas", "dispatched": "tim berangkat",
    "on_scene": "tim di lokasi", "resolved": "selesai", "not_emergency": "bukan darurat",
    "false_report": "laporan palsu", "duplicate": "digabung",
}  # fmt: skip

INCIDENT_STEPS: Final = {
    "raised": "kejadian masuk", "alerted": "dikabarkan", "place": "lokasi bertambah", "victims": "korban",
    "phone": "nomor telepon diberikan", "words": "warga menulis lagi", "photo": "foto bertambah",
    "confirmed": "dipastikan sedang terjadi", "cancelled": "warga membatalkan",
    "unanswered": "semua penerima sudah dihubungi", "safe": "warga menulis sudah aman",
    "joke": "warga menulis bercanda atau salah kirim", "caller": "warga lain melaporkan hal yang sama",
    "unlinked": "dipisahkan", "off_duty": "di luar jam jaga",
    **INCIDENT_STATES,
}  # fmt: skip

INTENTS: Final = {
    "lapor": "melapor", "darurat": "darurat", "aspirasi": "usul", "tanya_informasi": "bertanya",
    "cek_status": "menanyakan status", "bantuan": "minta bantuan bot", "petugas": "minta petugas", "batal": "batal",
    "ulang": "mulai ulang", "ubah": "mengubah", "lewati": "melewati", "setuju": "setuju", "tolak": "menolak",
    "anonim": "minta anonim", "privasi": "tentang data", "jawaban": "menjawab", "salam": "salam",
    "terima_kasih": "terima kasih", "keluhan_bot": "mengeluh tentang bot", "luar_topik": "di luar topik",
}  # fmt: skip

REASONS: Final = {
    "darurat": "Menangani keadaan darurat", "hubungi": "Menghubungi warga", "ajukan": "Mengisi formulir LAPOR!",
    "periksa": "Memeriksa kebenaran laporan",
}  # fmt: skip
"""Why names and numbers may be opened; the code goes into the audit."""

DONE: Final = {
    "diajukan": "Nomor LAPOR! tersimpan. Warga mendapat kabar.",
    "dikirim-lagi": "Laporan dikirim lagi.",
    "ditangani": "Dicatat sudah ditangani.",
    "status": "Status tersimpan. Warga mendapat kabar.",
    "kejadian": "Keadaan kejadian tersimpan.",
    "jaga": "Selamat bertugas. Biarkan halaman ini terbuka: jaga berakhir sendiri 2 menit setelah ditutup.",
    "selesai-jaga": "Jaga selesai.",
    "dipisah": "Kejadian ini berdiri sendiri dan sudah dikabarkan lagi.",
    "sudah": "Tidak ada yang berubah: kejadian ini sudah berada pada keadaan itu.",
    "balasan": "Balasan dikirim.",
    "diambil": "Percakapan Anda pegang. Bot diam sampai dikembalikan.",
    "balasan-disimpan": "Balasan cepat tersimpan.",
    "balasan-dihapus": "Balasan cepat dihapus.",
    "dikembalikan": "Percakapan dikembalikan ke bot.",
    "sandi": "Kata sandi diganti. Silakan masuk lagi.",
    "keluar": "Anda sudah keluar.",
    "pengguna": "Perubahan pengguna tersimpan.",
    "sesi": "Semua sesi pengguna ini diakhiri.",
    "pengaman-dihapus": "Pengaman kedua dihapus. Pengguna mendaftarkannya lagi saat masuk.",
    "kode-cadangan": "Anda masuk dengan kode cadangan. Daftarkan aplikasi di ponsel baru bila yang lama hilang.",
    "kiriman-lagi": "Kiriman dicoba lagi sekarang.",
    "kiriman-ditahan": "Kiriman ditahan.",
    "dihapus": "Penghapusan data warga berjalan. Yang masih dibutuhkan LAPOR! atau 112 tetap ada tanpa nama.",
}

LEVELS: Final = {"live": "sedang terjadi", "unconfirmed": "belum dipastikan", "ask": "mungkin", "none": "tidak"}
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des")


_DAYS: Final = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")


def wita(at: datetime) -> str:
    """ "24 Nov 2026 18.05": the citizen's clock."""
    local = at.astimezone(WITA)
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year} {local:%H.%M}"


def day_words(day: date) -> str:
    """ "24 Nov 2026"."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def seconds(value: float | None) -> str:
    """A length of time to read: "0,8 detik", "42 detik", "3 menit"; "-" for none."""
    if value is None:
        return "-"
    if value < 10:
        return f"{value:.1f} detik".replace(".", ",")
    return f"{value:.0f} detik" if value < 120 else f"{value / 60:.0f} menit"


def number(value: int) -> str:
    """ "12.345": thousands as Indonesian writes them."""
    return f"{value:,}".replace(",", ".")


def day(of: date) -> str:
    """ "Rabu, 2 Des 2026": a day without its clock."""
    return f"{_DAYS[of.weekday()]}, {of.day} {_MONTHS[of.month - 1]} {of.year}"


def age(at: datetime, now: datetime) -> str:
    """How long ago, in one unit: "40 detik", "3 menit", "5 jam", "2 hari"."""
    seconds = max(0, int((now - at).total_seconds()))
    for size, unit in ((86400, "hari"), (3600, "jam"), (60, "menit")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} detik"


def place(name: Callable[[str, str], str], kecamatan: str | None, desa: str | None, detail: str | None) -> str:
    """A place in words, most exact first; empty when nothing is known."""
    code = desa or kecamatan
    return ", ".join(part for part in (detail, name("place", code) if code else None) if part)


def understood(name: Callable[[str, str], str], u: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """A stored Understanding as label and value; what was not found is left out. Empty for None."""
    if u is None:
        return []
    category, emergency, where = (u.get(k) or {} for k in ("category", "emergency", "place"))
    intent = str(u.get("intent", "luar_topik"))
    found = [("maksud", f"{INTENTS.get(intent, intent)} {_percent(u.get('confidence'))}")]
    if emergency.get("level", "none") != "none":
        kind = f": {name('emergency', emergency['type'])}" if emergency.get("type") else ""
        found.append(("darurat", f"{LEVELS[emergency['level']]}{kind} {_percent(emergency.get('score'))}"))
    if category.get("code"):
        found.append(("kategori", f"{name('category', category['code'])} {_percent(category.get('confidence'))}"))
    words = place(name, where.get("kecamatan"), where.get("desa"), where.get("detail"))
    words = f"{words} (luar wilayah: {where['outside']})" if where.get("outside") else words
    if words:
        found.append(("lokasi", words))
    if u.get("date"):
        found.append(("tanggal", str(u["date"])))
    if u.get("anonymity", "none") != "none":
        found.append(("nama", str(u["anonymity"])))
    if u.get("more"):
        found.append(("masalah lain", "; ".join(str(m.get("text", "")) for m in u["more"])))
    return found


def _percent(value: Any) -> str:
    return f"({round(float(value or 0) * 100)}%)"
