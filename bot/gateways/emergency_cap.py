"""An alert as CAP 1.2 (OASIS Common Alerting Protocol): for 112 systems that read it instead of our own JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal
from xml.etree import ElementTree as ET

from bot.gateways.alert_text import OVER, TYPES
from bot.gateways.base import Alert
from flows.model import WITA

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
CONTENT_TYPE: Final = "application/cap+xml"
SENDER: Final = "kutim-siaga"
Status = Literal["Actual", "Exercise", "Test"]
_MESSAGE: Final[Mapping[str, str]] = {"alert": "Alert", "update": "Update", "cancel": "Cancel"}
_CATEGORIES: Final[Mapping[str, str]] = {
    "kebakaran": "Fire", "kecelakaan": "Transport", "medis": "Health", "banjir": "Met", "bencana": "Geo",
    "sar": "Rescue", "kriminal": "Security", "hewan_buas": "Safety", "listrik": "Infra", "pohon_tumbang": "Env",
    "bahan_berbahaya": "Env", "kecelakaan_kerja": "Rescue", "krisis_jiwa": "Health", "lainnya": "Safety",
}  # fmt: skip
_PIN_KM: Final = 0.1
"""A pin is known about as exactly as a house and its yard."""


def cap_of(alert: Alert, status: Status = "Actual") -> bytes:
    """The alert as a CAP document in UTF-8.

    The first message of an incident has the incident as its identifier and is what later ones refer to. The scope is
    Private, to "112": an incident is nobody else's business. A circle stands only where there is a pin.
    """
    first = alert.news == "alert"
    root = ET.Element("alert", xmlns=NAMESPACE)
    _add(root, "identifier", alert.incident if first else f"{alert.incident}.{alert.version}")
    _add(root, "sender", SENDER)
    _add(root, "sent", _moment(alert.at if first else alert.changed_at or alert.at))
    _add(root, "status", status)
    _add(root, "msgType", _MESSAGE[alert.news])
    _add(root, "scope", "Private")
    _add(root, "addresses", "112")
    if alert.over:
        _add(root, "note", OVER[alert.over])
    if not first:
        _add(root, "references", f"{SENDER},{alert.incident},{_moment(alert.at)}")
    _info(root, alert)
    written: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{written}'.encode()


def _info(root: ET.Element, alert: Alert) -> None:
    event = TYPES.get(alert.type, alert.type)
    info = ET.SubElement(root, "info")
    _add(info, "language", "id-ID")
    _add(info, "category", _CATEGORIES.get(alert.type, "Safety"))
    _add(info, "event", event)
    _add(info, "urgency", "Past" if alert.news == "cancel" else "Immediate")
    _add(info, "severity", "Unknown")
    _add(info, "certainty", "Observed" if alert.level == "live" else "Possible")
    _add(info, "headline", f"{event.capitalize()}: {alert.place_text or 'lokasi belum diketahui'}"[:160])
    _add(info, "description", alert.words)
    if alert.desk_url:
        _add(info, "web", f"{alert.desk_url}/{alert.incident}")
    if alert.phone:
        _add(info, "contact", alert.phone)
    facts = {"victims": alert.victims, "outside": "true" if alert.outside else None, "channel": alert.channel}
    for name, value in {**facts, **alert.extra}.items():
        if value:
            parameter = ET.SubElement(info, "parameter")
            _add(parameter, "valueName", name)
            _add(parameter, "value", value)
    area = ET.SubElement(info, "area")
    _add(area, "areaDesc", alert.place_text or "Kabupaten Kutai Timur, lokasi belum diketahui")
    if alert.lat is not None and alert.lon is not None:
        _add(area, "circle", f"{alert.lat:.6f},{alert.lon:.6f} {_PIN_KM}")
    if alert.desa or alert.kecamatan:
        geocode = ET.SubElement(area, "geocode")
        _add(geocode, "valueName", "Kemendagri")
        _add(geocode, "value", alert.desa or alert.kecamatan or "")


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _clean(text)


def _moment(at: datetime) -> str:
    """CAP's form: with the offset and without fractions of a second."""
    return at.astimezone(WITA).isoformat(timespec="seconds")


def _clean(words: str) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(
        c for c in words if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    )
