"""CAP 1.2: the elements in the order of the schema, with the values that the standard and our contract allow."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final
from xml.etree import ElementTree as ET

import httpx
import pytest

from bot.gateways.alert_text import TYPES
from bot.gateways.emergency_cap import CONTENT_TYPE, cap_of
from bot.gateways.emergency_webhook import SignedWebhook
from bot.simulators.emergency import create_app
from tests.gateways.running import alert, serving

CAP: Final = "{urn:oasis:names:tc:emergency:cap:1.2}"
ORDER: Final = {
    "alert": "identifier sender sent status msgType source scope restriction addresses code note references incidents "
    "info",
    "info": "language category event responseType urgency severity certainty audience eventCode effective onset "
    "expires senderName headline description instruction web contact parameter resource area",
    "parameter": "valueName value",
    "area": "areaDesc polygon circle geocode altitude ceiling",
    "geocode": "valueName value",
}
MUST: Final = {
    "alert": "identifier sender sent status msgType scope addresses info",
    "info": "category event urgency severity certainty area",
    "area": "areaDesc",
}
VALUES: Final = {
    "status": "Actual Exercise Test", "msgType": "Alert Update Cancel", "scope": "Private",
    "category": "Fire Met Geo Transport Health Security Rescue Infra Env Safety",
    "urgency": "Immediate Expected Future Past Unknown", "severity": "Extreme Severe Moderate Minor Unknown",
    "certainty": "Observed Likely Possible Unlikely Unknown",
}  # fmt: skip
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")


def document(**changes: Any) -> ET.Element:
    """The alert as a document, checked against the rules."""
    root = ET.fromstring(cap_of(alert(**changes)))
    check(root)
    return root


def check(element: ET.Element) -> None:
    name = element.tag.removeprefix(CAP)
    assert element.tag == CAP + name, "every element is in CAP's namespace"
    children = [child.tag.removeprefix(CAP) for child in element]
    order = ORDER.get(name, "").split()
    assert children == sorted(children, key=order.index), f"{name} has its elements out of order: {children}"
    assert set(MUST.get(name, "").split()) <= set(children)
    if name in VALUES:
        assert element.text in VALUES[name].split()
    if name == "sent":
        assert MOMENT.fullmatch(element.text or "")
    if name in ("identifier", "sender"):
        assert not re.search(r"[\s,<&]", element.text or "")
    if name == "circle":
        assert re.fullmatch(r"-?\d+\.\d+,-?\d+\.\d+ \d+(\.\d+)?", element.text or "")
    for child in element:
        check(child)


def said(root: ET.Element, path: str) -> str | None:
    return root.findtext("/".join(CAP + name for name in path.split("/")))


def facts(root: ET.Element) -> dict[str | None, str | None]:
    return {p.findtext(CAP + "valueName"): p.findtext(CAP + "value") for p in root.iter(CAP + "parameter")}


def test_a_first_alert() -> None:
    root = document(victims="dua orang", words="tolong <cepat> & banyak \x0b asap")
    assert said(root, "identifier") == alert().incident
    assert said(root, "msgType") == "Alert"
    assert said(root, "sent") == "2025-11-24T11:15:00+08:00"
    assert said(root, "references") is None
    assert said(root, "info/category") == "Fire"
    assert said(root, "info/description") == "tolong <cepat> & banyak  asap"
    assert said(root, "info/area/circle") == "0.537900,117.555470 0.1"
    assert facts(root) == {"victims": "dua orang", "channel": "telegram"}


def test_an_update_refers_to_the_first_alert() -> None:
    changed = datetime(2025, 11, 24, 3, 20, tzinfo=UTC)
    root = document(news="update", version=3, changed_at=changed, over="safe", extra={"Pelapor ke-2": '"api besar"'})
    assert said(root, "identifier") == f"{alert().incident}.3"
    assert said(root, "references") == f"kutim-siaga,{alert().incident},2025-11-24T11:15:00+08:00"
    assert said(root, "sent") == "2025-11-24T11:20:00+08:00"
    assert said(root, "note") == "Warga mengatakan sudah aman, mohon dipastikan"
    assert facts(root)["Pelapor ke-2"] == '"api besar"'


def test_a_cancelled_incident_is_past() -> None:
    root = document(news="cancel", version=2, changed_at=datetime(2025, 11, 24, 3, 20, tzinfo=UTC))
    assert (said(root, "msgType"), said(root, "info/urgency")) == ("Cancel", "Past")


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_every_type_has_a_category(kind: str) -> None:
    document(type=kind, level="unconfirmed", outside=True, lat=None, lon=None, place_text=None, kecamatan=None)


async def test_the_webhook_sends_it_signed_with_its_own_content_type() -> None:
    with serving(create_app("rahasia")) as address:
        webhook = SignedWebhook(f"{address}/incidents", "rahasia", form="cap")
        assert await webhook.alert(alert()) == "112-1"
        await webhook.close()
        async with httpx.AsyncClient() as client:
            received = (await client.get(f"{address}/_received")).json()["incidents"]
    assert received[0]["content_type"] == CONTENT_TYPE
    assert ET.fromstring(received[0]["cap"]).findtext(CAP + "identifier") == alert().incident
