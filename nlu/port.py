"""The port of understanding: text in, Understanding out.

Twins: `nlu.runtime.Runtime` (the exported model, in process), `nlu.rasa_server.RasaServer` (the same over
HTTP), `nlu.wordlist.WordList` (no model at all: emergencies by word list, nothing else).
One contract test runs against all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from flows.model import Place, Understanding


class Understander(Protocol):
    """Turns what a citizen wrote into an Understanding. Never raises on any text."""

    async def understand(self, texts: Sequence[str], now: datetime) -> list[Understanding]:
        """Understand each text, in order. `now` (UTC) is the day that "kemarin" is counted from."""
        ...


class PinResolver(Protocol):
    """Turns coordinates into a place of the gazetteer."""

    def resolve_pin(self, lat: float, lon: float) -> Place:
        """The desa and kecamatan of a WGS 84 point; `outside` names the neighbour it lies nearer to."""
        ...
