"""The signed webhook: incidents out to another 112 system, as our JSON or as CAP 1.2, its acknowledgements in.

Both directions are signed alike: X-Siaga-Timestamp holds seconds since 1970, X-Siaga-Signature "v1=" and the hex
HMAC-SHA256, under the shared secret, of the timestamp, a full stop and the raw body.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final, Literal

import httpx

from bot.failures import Rejected, TemporaryFailure
from bot.gateways.answers import json_of, retry_after, words_of
from bot.gateways.base import Alert
from bot.gateways.emergency_cap import CONTENT_TYPE, cap_of
from bot.gateways.rota import Contact

TIMESTAMP: Final = "X-Siaga-Timestamp"
SIGNATURE: Final = "X-Siaga-Signature"
_CONNECT: Final = 5.0
_TOTAL: Final = 15.0
"""Seconds: someone is in danger, so an address that hangs must soon be tried again."""


class SignedWebhook:
    """Posts every field of an alert to `url` as JSON, or as CAP 1.2 where `form` says so, signed with `secret`.

    A client given as `http` stays the caller's to close.
    """

    name = "webhook"

    def __init__(
        self, url: str, secret: str, http: httpx.AsyncClient | None = None, form: Literal["json", "cap"] = "json"
    ) -> None:
        self._url = url
        self._cap = form == "cap"
        self._secret = secret
        self._http = http or httpx.AsyncClient()
        self._owns_http = http is None

    async def alert(self, alert: Alert, to: Contact | None = None) -> str:
        """Deliver and return the answer's `reference` or `id`, else its status. May be repeated.

        Raises TemporaryFailure, or Rejected with the other side's words.
        """
        body = cap_of(alert) if self._cap else body_of(alert)
        content_type = CONTENT_TYPE if self._cap else "application/json"
        headers = {"Content-Type": content_type, **sign(self._secret, body, datetime.now(UTC))}
        timeout = httpx.Timeout(_TOTAL, connect=_CONNECT)
        try:
            async with asyncio.timeout(_TOTAL):
                answer = await self._http.post(self._url, content=body, headers=headers, timeout=timeout)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise Rejected("SIAGA_EMERGENCY_WEBHOOK_URL is not an http(s) address that can be called") from None
        except (TimeoutError, httpx.RequestError) as error:
            raise TemporaryFailure(f"the emergency webhook gave no answer ({type(error).__name__})") from None
        status = answer.status_code
        if answer.is_success:
            given = json_of(answer)
            found = (given.get("reference") or given.get("id")) if isinstance(given, dict) else None
            return str(found) if found else str(status)
        said = words_of(answer)
        sentence = f"the emergency webhook answered {status}" + (f": {said}" if said else "")
        if status >= 500 or status in (408, 425, 429):
            raise TemporaryFailure(sentence, retry_after(answer))
        raise Rejected(sentence)

    async def close(self) -> None:
        if self._owns_http:
            await self._http.aclose()


def body_of(alert: Alert) -> bytes:
    """All fields of the alert as UTF-8 JSON; `at` and `changed_at` in ISO 8601 with their zone."""
    changed = (alert.changed_at or alert.at).astimezone(UTC).isoformat()
    at = alert.at.astimezone(UTC).isoformat()
    fields = {**asdict(alert), "at": at, "changed_at": changed, "extra": dict(alert.extra)}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def sign(secret: str, body: bytes, now: datetime) -> dict[str, str]:
    """The two headers for this body at this moment."""
    timestamp = str(int(now.timestamp()))
    return {TIMESTAMP: timestamp, SIGNATURE: _signature(secret, timestamp, body)}


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: datetime, window: float = 300) -> bool:
    """Whether this body was signed with our secret within `window` seconds of `now`. Takes constant time.

    Header names may be in any case. A message repeated within the window passes: what it says may be repeated.
    """
    given = {name.lower(): value.strip() for name, value in headers.items()}
    timestamp = given.get(TIMESTAMP.lower(), "")
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        return False
    expected = _signature(secret, timestamp, body).encode()
    same = hmac.compare_digest(expected, given.get(SIGNATURE.lower(), "").encode())
    return same and abs(now.timestamp() - int(timestamp)) <= window


def _signature(secret: str, timestamp: str, body: bytes) -> str:
    return "v1=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
