"""Obeying "not so fast": who asked for fewer messages is left alone for as long as was asked, chat by chat.

Each process learns for itself; a process that does not know yet is told by the provider at its first try.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from bot.failures import TooFast
from bot.store.outbox import Lane

UNTOLD: Final = 2.0
"""Seconds to wait where the provider does not say how long."""
LONGEST: Final = 3600.0
CHATS_OF_AN_ACCOUNT: Final = 3
"""So many chats held at the same time mean that it is the account that is too fast, not they."""
_KEPT: Final = 10_000


class Pace:
    """The pauses that providers asked for, by channel and chat."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._chats: dict[tuple[str, str], datetime] = {}
        self._accounts: dict[str, datetime] = {}

    def check(self, channel: str, address: str, lane: Lane) -> None:
        """Raises TooFast while this chat, or the account, is to be left alone.

        An emergency waits for its own chat only: of the account's next messages it is the first.
        """
        now = self._clock()
        until = self._chats.get((channel, address), now)
        if lane is not Lane.EMERGENCY:
            until = max(until, self._accounts.get(channel, now))
        if until > now:
            # What matters less comes a little later, so that an emergency finds the first room.
            seconds = (until - now).total_seconds() + 0.5 * int(lane)
            raise TooFast(f"{channel} asked for fewer messages; this one waits {seconds:.0f} s", seconds)

    def told(self, channel: str, address: str, failure: TooFast) -> None:
        """The provider asked for a pause."""
        now = self._clock()
        seconds = min(failure.retry_after or UNTOLD, LONGEST)
        until = now + timedelta(seconds=seconds)
        self._chats[channel, address] = max(until, self._chats.get((channel, address), until))
        held = sum(where == channel and end > now for (where, _), end in self._chats.items())
        if failure.everywhere or held >= CHATS_OF_AN_ACCOUNT:
            self._accounts[channel] = max(until, self._accounts.get(channel, until))
        if len(self._chats) > _KEPT:
            self._chats = {chat: end for chat, end in self._chats.items() if end > now}
