"""python-telegram-bot's transport over aiohttp: an eighth of the CPU of its default, and honest about failures.

Its own transport calls every broken connection the same. Here a request that never left is `NotSent`, one that
left without an answer is `Unanswered`: only the first may be repeated without a second thought.
"""

from __future__ import annotations

import json
from typing import Any, Final

import aiohttp
from telegram.error import NetworkError
from telegram.request import BaseRequest, RequestData

from bot.channels.download import check_announced, collect
from bot.failures import Rejected, TemporaryFailure

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 20.0


class NotSent(NetworkError):
    """No connection could be made: Telegram saw nothing."""


class Unanswered(NetworkError):
    """The request left and no whole answer came back."""


class TooManyRequests(NetworkError):
    """429. `seconds` is how long Telegram wants us to wait, when it said so."""

    def __init__(self, message: str, seconds: float | None) -> None:
        super().__init__(message)
        self.seconds = seconds


class AiohttpRequest(BaseRequest):
    """One pool of connections. `initialize` opens it in the running loop, `shutdown` closes it.

    Error texts never hold the address that was called: the token is part of it.
    """

    def __init__(self, connect_seconds: float = CONNECT_SECONDS, read_seconds: float = READ_SECONDS) -> None:
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        return self._read_seconds

    async def initialize(self) -> None:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(trust_env=True, connector=aiohttp.TCPConnector(limit=200))

    async def shutdown(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Status and body. Raises NotSent, Unanswered or TooManyRequests."""
        body: aiohttp.FormData | dict[str, str] | None = None
        if request_data is not None:
            body = dict(request_data.json_parameters)
            if request_data.contains_files:
                body = _multipart(request_data)
        seconds = float(read_timeout) if isinstance(read_timeout, int | float) else None
        try:
            async with self._opened.request(method, url, data=body, timeout=self._timeout(seconds)) as response:
                status, content = response.status, await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _broken(error) from None
        if status == 429:
            raise TooManyRequests("Telegram asks for fewer messages", _retry_after(content))
        return status, content

    async def download(self, url: str, most_bytes: int) -> bytes:
        """The file's bytes. Raises TemporaryFailure, or Rejected when gone or larger than `most_bytes`."""
        try:
            async with self._opened.get(url, timeout=self._timeout(None)) as response:
                if response.status >= 500 or response.status == 429:
                    raise TemporaryFailure(f"Telegram's file server answered {response.status}")
                if response.status != 200:
                    raise Rejected(f"Telegram's file server answered {response.status}: the file is gone")
                check_announced(response.headers.get("Content-Length"), most_bytes)
                return await collect(response.content.iter_chunked(64 * 1024), most_bytes)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TemporaryFailure(f"Telegram's file server broke off ({type(error).__name__})") from None

    @property
    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            raise NotSent("the connection to Telegram is not open: call start() first")
        return self._session

    def _timeout(self, read_seconds: float | None) -> aiohttp.ClientTimeout:
        return aiohttp.ClientTimeout(
            total=None, connect=self._connect_seconds, sock_connect=self._connect_seconds,
            sock_read=self._read_seconds if read_seconds is None else read_seconds,
        )  # fmt: skip


def _broken(error: Exception) -> NotSent | Unanswered:
    name = type(error).__name__
    match error:
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError() | aiohttp.InvalidURL():
            return NotSent(f"no connection to Telegram ({name})")
        case _:
            return Unanswered(f"Telegram did not answer ({name})")


def _multipart(request_data: RequestData) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (file_name, content, content_type) in request_data.multipart_data.items():
        form.add_field(name, content, filename=file_name, content_type=content_type)
    return form


def _retry_after(content: bytes) -> float | None:
    try:
        return float(json.loads(content)["parameters"]["retry_after"])
    except (ValueError, KeyError, TypeError):
        return None
