"""Telegram over aiohttp: the transport given to python-telegram-bot, and its errors in our three words.

Shared by the Telegram channel and the staff group, which may not import one another.
"""

from __future__ import annotations

import warnings
from datetime import timedelta
from typing import Any

import aiohttp
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)  # fmt: skip
from telegram.request import BaseRequest, RequestData
from telegram.warnings import PTBDeprecationWarning

from bot.failures import Rejected, TemporaryFailure


class NotSent(NetworkError):
    """No connection could be made: Telegram saw nothing."""


class Unanswered(NetworkError):
    """The request left and the connection broke before a whole answer came."""


class AiohttpRequest(BaseRequest):
    """Requests of python-telegram-bot over one aiohttp session; timeouts in seconds.

    The session opens with the first request and is closed by `shutdown`. Error texts never hold the address,
    because Telegram's addresses contain the token.
    """

    def __init__(self, *, connections: int = 256, connect_timeout: float = 5.0, read_timeout: float = 20.0) -> None:
        self._connections = connections
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        return self._read_timeout

    async def initialize(self) -> None:
        self._opened()

    async def shutdown(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

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
        """Status and body. Raises NotSent, Unanswered or TimedOut (sent, but no answer in time)."""
        timeout = aiohttp.ClientTimeout(
            total=None,
            connect=pool_timeout if _is_seconds(pool_timeout) else None,
            sock_connect=connect_timeout if _is_seconds(connect_timeout) else self._connect_timeout,
            sock_read=read_timeout if _is_seconds(read_timeout) else self._read_timeout,
        )
        try:
            async with self._opened().request(method, url, data=_body(request_data), timeout=timeout) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise NotSent(f"no connection to Telegram ({type(error).__name__})") from None
        except TimeoutError as error:
            raise TimedOut(f"Telegram did not answer in time ({type(error).__name__})") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Unanswered(f"the connection to Telegram broke ({type(error).__name__})") from None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections, limit_per_host=0),
                headers={"User-Agent": self.USER_AGENT},
                trust_env=True,
            )
        return self._session


def failure_of(error: TelegramError) -> TemporaryFailure | Rejected:
    """What a failed call means for us. All of Telegram's calls may be repeated, so nothing here is unknown."""
    match error:
        case RetryAfter():
            return TemporaryFailure("Telegram asks to wait", retry_after=_seconds(error))
        case InvalidToken():
            return Rejected("Telegram does not accept SIAGA_TELEGRAM_TOKEN")
        case Forbidden():
            return Rejected(f"Telegram does not let the bot write to this chat: {error.message}")
        case ChatMigrated():
            return Rejected(f"the Telegram group has the new id {error.new_chat_id}")
        case BadRequest():
            return Rejected(f"Telegram refused the call: {error.message}")
        case TimedOut() | NetworkError():
            return TemporaryFailure(error.message)
        case _:
            return TemporaryFailure(f"Telegram failed: {error.message}")


def _is_seconds(value: object) -> bool:
    """Whether a timeout was given: the library's own "not given" is neither a number nor None."""
    return isinstance(value, int | float)


def _body(request_data: RequestData | None) -> aiohttp.FormData | dict[str, str] | None:
    if request_data is None:
        return None
    if not request_data.contains_files:
        return request_data.json_parameters
    form = aiohttp.FormData(request_data.json_parameters)
    for name, (file_name, content, content_type) in request_data.multipart_data.items():
        form.add_field(name, content, filename=file_name, content_type=content_type)
    return form


def _seconds(error: RetryAfter) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PTBDeprecationWarning)  # the type of this number changes; both are read
        wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
