"""When to try again: a policy is an object that answers when, or that it is over."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.failures import TemporaryFailure


@dataclass(frozen=True, slots=True)
class Retry:
    """Exponential waiting with jitter; over after `gives_up` since the item was made. Durations in seconds."""

    first: float
    most: float
    gives_up: timedelta

    def when(self, attempts: int, created_at: datetime, now: datetime, failure: Exception) -> datetime | None:
        """The next moment to try, or None when it is over. The other side's own wish to wait is obeyed."""
        if now - created_at >= self.gives_up:
            return None
        wait = min(self.most, self.first * 2.0 ** min(attempts, 16)) * random.uniform(0.8, 1.2)
        if isinstance(failure, TemporaryFailure) and failure.retry_after:
            wait = max(wait, min(failure.retry_after, 3600.0))
        return now + timedelta(seconds=wait)


REPLY: Final = Retry(first=2, most=120, gives_up=timedelta(hours=23))
"""A reply older than WhatsApp's window helps nobody."""
NEWS: Final = Retry(first=2, most=300, gives_up=timedelta(days=7))
"""What nobody asked for may come days late; after a week it is not sent any more (LASTS)."""
EMERGENCY: Final = Retry(first=1, most=15, gives_up=timedelta(hours=12))
FILING: Final = Retry(first=15, most=1800, gives_up=timedelta(days=7))
"""LAPOR! may be down for a weekend; after a week a person looks."""
