"""The twilio client's transport over aiohttp: another host for a stand-in, and honest about failures.

twilio's own transport logs every call, cannot post JSON and lets a broken connection through raw. Shared by the
WhatsApp channel and the rungs that call and text, which may not import one another.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from twilio.base.exceptions import (  # type: ignore[import-untyped,unused-ignore]
    TwilioRestException,
    TwilioServiceException,
)
from twilio.http.response import Response  # type: ignore[import-untyped,unused-ignore]

from bot.failures import Rejected, SiagaError, TemporaryFailure, TooFast, UnknownOutcome

REAL_API: Final = "https://api.twilio.com"
CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 20.0


class TwilioTransport:
    """What the twilio client asks of an asynchronous transport. `open` before use, in the running loop.

    With an `api_url` other than the real one, every twilio host (api, content) is replaced by it.
    """

    is_async = True

    def __init__(self, api_url: str = REAL_API, read_seconds: float = READ_SECONDS) -> None:
        self._instead = None if api_url.rstrip("/") == REAL_API else api_url.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(
            total=None, connect=CONNECT_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=read_seconds
        )
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                trust_env=True, timeout=self._timeout, connector=aiohttp.TCPConnector(limit=200)
            )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Any:
        """Status and text of the answer, below 500 and not 429: those raise TemporaryFailure as no connection does.

        Raises UnknownOutcome when the request left and no whole answer came back.
        """
        if self._session is None or self._session.closed:
            raise TemporaryFailure("the connection to Twilio is not open: call start() first")
        given = dict(headers or {})
        if auth is not None:
            given["Authorization"] = f"Basic {b64encode(':'.join(auth).encode()).decode()}"
        body: Any = _pairs(data or {})
        if given.get("Content-Type", "").startswith("application/json"):
            body = json.dumps(data).encode()
        try:
            async with self._session.request(
                method.upper(), self._aimed(url), params=_pairs(params or {}), data=body or None, headers=given,
                allow_redirects=allow_redirects,
                timeout=self._timeout if timeout is None else aiohttp.ClientTimeout(total=timeout),
            ) as response:  # fmt: skip
                status, text = response.status, await response.text()
                wish = response.headers.get("Retry-After", "")
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise TemporaryFailure(f"no connection to Twilio ({type(error).__name__})") from None
        except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError) as error:
            raise UnknownOutcome(f"Twilio did not answer ({type(error).__name__})") from None
        if status == 429:
            raise TooFast("Twilio answered 429", float(wish) if wish.isdigit() else None, everywhere=True)
        if status >= 500:
            raise TemporaryFailure(f"Twilio answered {status}", float(wish) if wish.isdigit() else None)
        return Response(status, text, response.headers)

    def _aimed(self, url: str) -> str:
        if self._instead is None:
            return url
        parts = urlsplit(url)
        return f"{self._instead}{parts.path}{'?' if parts.query else ''}{parts.query}"


def _pairs(values: Mapping[str, object]) -> list[tuple[str, str]]:
    """Form fields in order; a list is the field repeated."""
    return [(name, _written(one)) for name, value in values.items() for one in _each(value)]


def _each(value: object) -> Iterable[object]:
    return value if isinstance(value, list | tuple) else (value,)


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


REFUSALS: Final = (TwilioRestException, TwilioServiceException)
_NUMBER: Final = re.compile(r"\+?\d[\d ().-]{6,}\d")


def refusal(error: Any) -> SiagaError:
    """Twilio's refusal of a call or an SMS as one of ours; telephone numbers in its words are left out."""
    status, code = int(error.status or 0), error.code
    if status == 429 or status >= 500 or code == 20429:
        return TemporaryFailure(f"Twilio answered {code or status}")
    if code == 20003 or status == 401:
        return Rejected("Twilio does not accept SIAGA_TWILIO_ACCOUNT_SID with SIAGA_TWILIO_AUTH_TOKEN")
    words = str(getattr(error, "msg", None) or getattr(error, "detail", None) or "")
    words = words.removeprefix("Unable to create record: ")
    return Rejected(f"Twilio refused it ({code or status}): {_NUMBER.sub('(number)', words)}")
