"""The signed webhook: both directions, against a stand-in that checks signatures by its own code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from bot.failures import Rejected, TemporaryFailure
from bot.gateways.emergency_webhook import SignedWebhook, body_of, sign, verify
from tests.gateways.running import alert, process, serving

SECRET = "rahasia-untuk-uji"
NOW = datetime(2025, 11, 24, 3, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def receiver() -> Iterator[str]:
    with process("bot.simulators.emergency", "--secret", SECRET) as (address, _):
        yield address


def test_the_body_has_every_field() -> None:
    told = json.loads(body_of(alert(words="tolong “cepat”", extra={"Kabar": "api membesar"})))
    assert told["words"] == "tolong “cepat”"
    assert told["at"] == "2025-11-24T03:15:00+00:00"
    assert told["extra"] == {"Kabar": "api membesar"}
    assert set(told) == set(alert().__dataclass_fields__)


def test_a_known_signature() -> None:
    """Computed with openssl: printf '1763954100.{}' | openssl dgst -sha256 -hmac rahasia-untuk-uji"""
    headers = sign(SECRET, b"{}", NOW)
    assert headers["X-Siaga-Timestamp"] == "1763954100"
    assert headers["X-Siaga-Signature"] == "v1=96c3d3b2063c3dd17fd93f83754592ab8313eb06d3f1a977b7ccbaaea5971b93"


def test_our_own_signature_passes_in_any_header_case() -> None:
    headers = sign(SECRET, b'{"a":1}', NOW)
    assert verify(SECRET, headers, b'{"a":1}', NOW)
    assert verify(SECRET, {name.lower(): value for name, value in headers.items()}, b'{"a":1}', NOW)


@pytest.mark.parametrize("minutes", [-5, 5])
def test_the_window_has_two_ends(minutes: int) -> None:
    headers = sign(SECRET, b"{}", NOW)
    assert verify(SECRET, headers, b"{}", NOW + timedelta(minutes=minutes))
    assert not verify(SECRET, headers, b"{}", NOW + timedelta(minutes=minutes, seconds=1 if minutes > 0 else -1))


@pytest.mark.parametrize(
    "changed",
    [
        {"X-Siaga-Timestamp": "1763954101"}, {"X-Siaga-Timestamp": ""}, {"X-Siaga-Timestamp": "-1"},
        {"X-Siaga-Timestamp": "1763954100.0"}, {"X-Siaga-Timestamp": "١٧٦٣٩٥٤١٠٠"}, {"X-Siaga-Signature": ""},
        {"X-Siaga-Signature": "v1="}, {"X-Siaga-Signature": "v2=" + "0" * 64}, {"X-Siaga-Signature": "v1=é"},
    ],
)  # fmt: skip
def test_anything_else_fails(changed: dict[str, str]) -> None:
    headers = sign(SECRET, b"{}", NOW)
    assert verify(SECRET, headers, b"{}", NOW)
    assert not verify(SECRET, {**headers, **changed}, b"{}", NOW)
    assert not verify(SECRET, headers, b"{ }", NOW)
    assert not verify("lain", headers, b"{}", NOW)
    assert not verify(SECRET, {}, b"{}", NOW)


async def test_delivered_with_the_other_sides_reference(receiver: str) -> None:
    webhook = SignedWebhook(f"{receiver}/incidents", SECRET)
    reference = await webhook.alert(alert(victims="dua orang"))
    await webhook.close()
    async with httpx.AsyncClient() as client:
        received = (await client.get(f"{receiver}/_received")).json()["incidents"]
    assert reference == f"112-{len(received)}"
    assert received[-1]["victims"] == "dua orang"


async def test_a_wrong_secret_is_rejected_with_the_other_sides_words(receiver: str) -> None:
    webhook = SignedWebhook(f"{receiver}/incidents", "lain")
    with pytest.raises(Rejected, match="the signature is wrong"):
        await webhook.alert(alert())
    await webhook.close()


@pytest.mark.parametrize(
    ("how", "failure"),
    [
        ({"status": 503, "headers": {"Retry-After": "4"}}, TemporaryFailure), ({"status": 500}, TemporaryFailure),
        ({"status": 429}, TemporaryFailure), ({"drop": "before"}, TemporaryFailure),
        ({"drop": "after"}, TemporaryFailure), ({"status": 404}, Rejected), ({"status": 301}, Rejected),
    ],
)  # fmt: skip
async def test_failures(receiver: str, how: dict[str, Any], failure: type[Exception]) -> None:
    async with httpx.AsyncClient() as client:
        (await client.post(f"{receiver}/_next", json=how)).raise_for_status()
    webhook = SignedWebhook(f"{receiver}/incidents", SECRET)
    with pytest.raises(failure) as failed:
        await webhook.alert(alert())
    assert await webhook.alert(alert())
    await webhook.close()
    if "headers" in how:
        assert getattr(failed.value, "retry_after", None) == 4


def test_an_acknowledgement_comes_back_signed(receiver: str) -> None:
    taken: list[dict[str, Any]] = []
    door = FastAPI()

    @door.post("/webhooks/emergency")
    async def acknowledged(request: Request) -> Response:
        raw = await request.body()
        if not verify(SECRET, request.headers, raw, datetime.now(UTC)):
            return Response("", 403)
        taken.append(json.loads(raw))
        return Response("", 200)

    with serving(door) as address:
        told = {"to": f"{address}/webhooks/emergency", "incident": alert().incident, "by": "Operator Uji"}
        assert httpx.post(f"{receiver}/_acknowledge", json=told).json()["status"] == 200
    assert taken == [{"incident": alert().incident, "state": "acknowledged", "by": "Operator Uji"}]
