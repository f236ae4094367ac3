"""What the channel asks of Telegram beyond the staff group: files, and whether a failed call may have got through."""

from __future__ import annotations

from typing import Final

import aiohttp
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.channels.download import check_announced, collect
from bot.failures import AwaitsContact, Rejected, SiagaError, TemporaryFailure, TooFast, UnknownOutcome
from bot.telegram_http import AiohttpRequest, Unanswered, failure_of

READ_SECONDS: Final = 20.0


class ChannelRequest(AiohttpRequest):
    """The shared transport, which also downloads files."""

    async def download(self, url: str, most_bytes: int) -> bytes:
        """The file's bytes. Raises TemporaryFailure, or Rejected when gone or larger than `most_bytes`."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5.0, sock_read=self.read_timeout)
        try:
            async with self._opened().get(url, timeout=timeout) as response:
                if response.status >= 500 or response.status == 429:
                    raise TemporaryFailure(f"Telegram's file server answered {response.status}")
                if response.status != 200:
                    raise Rejected(f"Telegram's file server answered {response.status}: the file is gone")
                check_announced(response.headers.get("Content-Length"), most_bytes)
                return await collect(response.content.iter_chunked(64 * 1024), most_bytes)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TemporaryFailure(f"Telegram's file server broke off ({type(error).__name__})") from None


def sending_failure(error: TelegramError) -> SiagaError:
    """A failed call as one of our three: unknown when it left and no readable answer came back."""
    match error:
        case Unanswered() | TimedOut():
            return UnknownOutcome(error.message)
        case RetryAfter():
            wish = failure_of(error)
            return TooFast(str(wish), getattr(wish, "retry_after", None))
        case Forbidden():
            return AwaitsContact(f"warga memblokir bot atau menghapus akun Telegram-nya ({error.message})")
        case BadRequest() if "chat not found" in error.message.lower():
            return AwaitsContact(f"Telegram tidak mengenal percakapan ini ({error.message})")
        case InvalidToken() | ChatMigrated() | BadRequest() | Conflict() | NetworkError():
            return failure_of(error)
        case _:
            return UnknownOutcome(f"Telegram's answer cannot be read: {error.message}")
