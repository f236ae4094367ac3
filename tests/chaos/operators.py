"""The people on the other side of 112: some take an alert, some the second one, some never."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Any, Final

import httpx

from tests.e2e.processes import STAFF_CHAT, House

AT_THE_SYSTEM: Final = "Operator 112"
IN_THE_GROUP: Final = "Budi Uji"
ACKNOWLEDGERS: Final = (AT_THE_SYSTEM, IN_THE_GROUP)
LOOK: Final = 0.5


class Operators:
    """Take alerts whose callers have said all they had to say: then what the bot says of it is known beforehand."""

    def __init__(self, house: House, http: httpx.AsyncClient, chance: random.Random) -> None:
        self._house = house
        self._http = http
        self._chance = chance
        self._ready: set[str] = set()
        self._plans: dict[str, str] = {}
        self._taps: dict[str, list[int]] = {}

    def release(self, cry: str) -> None:
        """The caller of these words is done."""
        self._ready.add(cry)

    async def work(self) -> None:
        """Look at what the 112 system has, for ever."""
        while True:
            with contextlib.suppress(httpx.HTTPError):
                received = (await self._http.get(f"{self._house.outside.emergency.url}/_received")).json()
                taken = self.taken(received)
                for row in received["incidents"]:
                    if row["incident"] not in taken and any(cry in row["words"] for cry in self._ready):
                        await self._meets(row["incident"])
            await asyncio.sleep(LOOK)

    async def _meets(self, incident: str) -> None:
        plan = self._plans.setdefault(incident, self._chance.choice(["system", "system", "group", "nobody"]))
        match plan:
            case "system":
                wanted = {"incident": incident, "by": AT_THE_SYSTEM, "to": f"{self._house.url}/webhooks/emergency"}
                await self._http.post(f"{self._house.outside.emergency.url}/_acknowledge", json=wanted)
            case "group" if incident not in self._taps:
                act = {"chat": STAFF_CHAT, "name": IN_THE_GROUP, "button": f"ack:{incident}"}
                answer = await self._http.post(f"{self._house.outside.telegram.url}/_say", json=act)
                # The group may not have been told yet.
                if answer.status_code == 200:
                    self._taps[incident] = [u["update_id"] for u in answer.json()["updates"]]
            case _:
                pass

    def taken(self, received: dict[str, Any]) -> frozenset[str]:
        """Incidents that the house said were taken: to the 112 system, or to Telegram for a tap in the group."""
        told = {row["incident"] for row in received["acknowledged"] if row["status"] == 200}
        return frozenset(told | self._tapped)

    @property
    def _tapped(self) -> set[str]:
        if not self._taps:
            return set()
        said = self._house.outside.telegram.get("/_said")["deliveries"]
        delivered = {row["update_id"] for row in said if row["status"] == 200}
        return {incident for incident, updates in self._taps.items() if delivered.issuperset(updates)}
