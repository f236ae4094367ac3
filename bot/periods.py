"""How long each kind of data is kept after it was last needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Periods:
    """The periods of retention; `media` is that of files which nothing names any more."""

    drafts: timedelta = timedelta(days=30)
    transcripts: timedelta = timedelta(days=180)
    inbox: timedelta = timedelta(days=30)
    outbox: timedelta = timedelta(days=90)
    media: timedelta = timedelta(days=7)
    names: timedelta = timedelta(days=365)
