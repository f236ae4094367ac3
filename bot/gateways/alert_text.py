"""An incident in words, for the petugas who read it in a group or on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.gateways.base import Alert
from flows.model import WITA

TYPES: Final[Mapping[str, str]] = {
    "kebakaran": "kebakaran",
    "kecelakaan": "kecelakaan lalu lintas",
    "medis": "gawat darurat medis",
    "banjir": "banjir",
    "bencana": "bencana",
    "sar": "pencarian dan pertolongan",
    "kriminal": "tindak kejahatan",
    "hewan_buas": "hewan buas",
    "listrik": "bahaya listrik",
    "pohon_tumbang": "pohon tumbang",
    "bahan_berbahaya": "bahan berbahaya",
    "kecelakaan_kerja": "kecelakaan kerja",
    "krisis_jiwa": "krisis jiwa",
    "lainnya": "bahaya lain",
}
"""Names of our emergency types as a petugas reads them."""
OVER: Final[Mapping[str, str]] = {
    "safe": "Warga mengatakan sudah aman, mohon dipastikan",
    "joke": "Warga mengatakan bercanda atau salah kirim, mohon dipastikan",
}
"""What the citizen has said since, as a petugas reads it."""
_SPOKEN: Final = (("Kec.", "Kecamatan"), ("Kel.", "Kelurahan"), ("Jl.", "Jalan"), ("Ds.", "Desa"), ("No.", "Nomor"))
"""Written forms that a voice would stumble over."""
_CHANNELS: Final[Mapping[str, str]] = {"whatsapp": "WhatsApp", "telegram": "Telegram", "webchat": "obrolan web"}


def alert_text(alert: Alert, most: int = 4096) -> str:
    """The alert in at most `most` characters; only the citizen's own words are ever shortened."""
    before, after = _heading(alert), _facts(alert)
    room = most - len(before) - len(after) - len('\nKata warga: ""\n')
    return f'{before}\nKata warga: "{_shortened(alert.words, max(room, 1))}"\n{after}'[:most]


def _heading(alert: Alert) -> str:
    lines = [f"112: {TYPES.get(alert.type, alert.type).upper()}"]
    if alert.level == "unconfirmed":
        lines.append("BELUM DIPASTIKAN, warga belum menjawab pertanyaan")
    if alert.outside:
        lines.append("LUAR WILAYAH Kutai Timur, mohon diteruskan")
    if alert.over:
        lines.append(OVER[alert.over].upper())
    if alert.news == "cancel":
        lines.append("DIBATALKAN: bukan keadaan darurat")
    elif alert.version > 1:
        lines.append(f"Pembaruan ke-{alert.version - 1}")
    return "\n".join(lines)


def _facts(alert: Alert) -> str:
    lines = [f"Lokasi: {alert.place_text or 'belum diketahui'}"]
    if alert.lat is not None and alert.lon is not None:
        lines.append(f"Koordinat: {alert.lat:.6f}, {alert.lon:.6f}")
    if alert.victims:
        lines.append(f"Korban: {alert.victims}")
    lines.append(f"Telepon: {alert.phone or 'belum diketahui'}")
    lines += [f"{name}: {value}" for name, value in alert.extra.items()]
    told = _CHANNELS.get(alert.channel, alert.channel)
    lines.append(f"Diterima: {alert.at.astimezone(WITA):%d-%m-%Y %H.%M} WITA lewat {told}")
    lines.append(f"Nomor: {alert.incident}")
    if alert.desk_url:
        lines.append(f"Meja 112: {alert.desk_url}")
    return "\n".join(lines)


def _shortened(words: str, most: int) -> str:
    words = words.strip()
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def spoken(alert: Alert) -> tuple[str, ...]:
    """The alert as short sentences to be read out: type, place and victims, and nothing that names a citizen."""
    sentences = [f"Darurat: {TYPES.get(alert.type, alert.type)}."]
    if alert.level == "unconfirmed":
        sentences.append("Belum dipastikan oleh warga.")
    if alert.outside:
        sentences.append("Di luar wilayah Kutai Timur.")
    sentences.append(f"Lokasi: {_read_out(alert.place_text) or 'belum diketahui'}.")
    if alert.victims:
        sentences.append(f"Korban: {_read_out(alert.victims)}.")
    return tuple(sentences)


def short_text(alert: Alert, most: int = 459) -> str:
    """The alert as an SMS of three parts at most; no number of a citizen, because an SMS lies open."""
    lines = [_heading(alert), f"Lokasi: {_shortened(alert.place_text or 'belum diketahui', 120)}"]
    if alert.lat is not None and alert.lon is not None:
        lines.append(f"Koordinat: {alert.lat:.5f}, {alert.lon:.5f}")
    if alert.victims:
        lines.append(f"Korban: {_shortened(alert.victims, 60)}")
    if alert.desk_url:
        lines.append(f"Terima: {alert.desk_url}/{alert.incident}")
    else:
        lines.append(f"Nomor: {alert.incident}")
    return "\n".join(lines)[:most]


def _read_out(words: str | None) -> str:
    for written, read in _SPOKEN:
        words = (words or "").replace(written, read)
    return _shortened(words or "", 160).rstrip(". ")
