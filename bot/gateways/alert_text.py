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
    if alert.version > 1:
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
