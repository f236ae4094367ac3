"""Climbing the ladder of an incident, one rung an outbox item, until a person acknowledges it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from bot.failures import Rejected, TemporaryFailure, told
from bot.gateways.base import Alert, AlertTransport
from bot.gateways.ladder import TO_NUMBERS, Rung
from bot.gateways.rota import Contact
from bot.handlers import Clock, PlaceName, now_utc, place_text
from bot.store.outbox import Item, Lane
from bot.store.reports import OPEN_INCIDENT
from bot.store.sealing import Sealer, WrongKey
from bot.store.tables import Incident
from bot.store.transaction import Transaction, reading
from bot.store.unit_of_work import Store

TOLD_AGAIN: Final = 3
"""How many rounds of the ladder tell the citizen again to call 112; after that silence is kinder."""
ALERT_SECONDS: Final = 8.0
"""How long one attempt may take: less than the lease of its lane."""
RUNG_TRIES: Final = 3
"""How often one rung is tried, seconds apart, before the ladder goes on without it."""
MOST_WISH: Final = 5.0
"""Seconds a contact that asks us to wait is obeyed: the next contact must not wait for it."""
LONGEST_WAIT: Final = 900.0
LEAST_PAUSE: Final = 15.0
"""Seconds before the ladder begins again, even where no entry waits at this hour: it must not fill the database."""
NOT_UPDATED: Final = ("desk", "call")
"""The desk reads the database, and nobody is called a second time for a further word."""
MOST_CALLERS: Final = 5
"""Other callers whose words go along with an alert, the latest ones."""
NO_DANGER: Final = ("not_emergency", "false_report")
_OFF_DUTY: Final = "nobody on duty"
_KEPT: Final = 1000
"""Far more alerts than can be under way between an answer and its mark."""


@dataclass(frozen=True, slots=True)
class Told:
    """What an attempt showed of an incident, to whom it got through, and who could not be reached for what reason."""

    version: int
    names: tuple[str, ...]
    missed: tuple[tuple[str, str], ...] = ()


class AlertHandler:
    """Brings an incident to one rung, or its news to everyone who was told of it before."""

    def __init__(
        self, store: Store, ladder: tuple[Rung, ...], transports: Mapping[str, AlertTransport], place_name: PlaceName,
        desk_url: str, clock: Clock = now_utc,
    ) -> None:  # fmt: skip
        self._store = store
        self._ladder = ladder
        self._transports = transports
        self._place_name = place_name
        self._desk_url = desk_url
        self._clock = clock
        self._told: dict[int, Told] = {}

    async def do(self, item: Item) -> str | None:
        async with reading(self._store) as tx:
            incident = await tx.incidents.get(str(item.needs["incident"]))
            if incident is None:
                raise Rejected("there is no such incident")
            before = await tx.incidents.told(incident.id)
            others = await tx.linking.duplicates(incident.id)
        alert = alert_of(incident, others, self._store.sealer, self._place_name, self._desk_url, before)
        update = item.needs.get("update")
        if update:
            # An alert tells all that is known, so of many updates in a row only the last goes out.
            return (
                await self._update(item, alert, before) if int(update) >= incident.version else "told with a later one"
            )
        if incident.state not in OPEN_INCIDENT:
            return "answered before"
        rung = self._ladder[self._place(item)[1]]
        if not rung.is_on_duty(self._clock()):
            return _OFF_DUTY
        if rung.name not in before:
            # The first word to this one, whatever others were told: not an update of something it never saw.
            alert = as_first(alert)
        try:
            return await self._tell(item, (rung,), alert)
        except Exception as error:
            self._out_of_patience(item, error)
            raise

    async def _update(self, item: Item, alert: Alert, before: Iterable[str]) -> str:
        """Bring news to everyone who was told before, side by side: one that is away keeps it from no other."""
        known = set(before)
        rungs = [r for r in self._ladder if r.name in known and r.transport not in NOT_UPDATED]
        if not rungs:
            return "desk"
        try:
            return await self._tell(item, rungs, alert, every=True)
        except Exception as error:
            self._out_of_patience(item, error)
            raise

    async def _tell(self, item: Item, rungs: Sequence[Rung], alert: Alert, every: bool = False) -> str:
        """Tell all contacts of these rungs; one that is reached is enough, unless `every` one has to be."""
        now = self._clock()
        asked: list[tuple[Rung, Contact | None]] = []
        for rung in rungs:
            contacts = rung.reached(now) if rung.transport in TO_NUMBERS else (None,)
            asked += [(rung, contact) for contact in contacts]
        answers = await asyncio.gather(*(self._one(r.transport, alert, c) for r, c in asked), return_exceptions=True)
        missed: list[tuple[str, Exception]] = []
        reached: list[tuple[str, str]] = []
        for (rung, contact), answer in zip(asked, answers, strict=True):
            name = contact.name if contact else rung.name
            if isinstance(answer, Exception):
                missed.append((name, answer))
            elif isinstance(answer, BaseException):
                raise answer
            else:
                reached.append((name, answer))
        if missed and (every or not reached):
            raise next((error for _, error in missed if isinstance(error, TemporaryFailure)), missed[0][1])
        reasons = tuple((name, told(error)) for name, error in missed)
        self._told[item.id] = Told(alert.version, tuple(name for name, _ in reached), reasons)
        while len(self._told) > _KEPT:
            del self._told[next(iter(self._told))]
        return ",".join(reference for _, reference in reached)

    async def _one(self, transport: str, alert: Alert, contact: Contact | None) -> str:
        try:
            async with asyncio.timeout(ALERT_SECONDS):
                return await self._transports[transport].alert(alert, contact)
        except TimeoutError:
            raise TemporaryFailure(f"{transport} did not answer in time") from None

    @staticmethod
    def _out_of_patience(item: Item, error: Exception) -> None:
        """Patience belongs to filings: after a few tries the next contact is worth more than this one."""
        if not isinstance(error, Rejected) and item.attempts + 1 >= RUNG_TRIES:
            raise Rejected(told(error)) from error
        if isinstance(error, TemporaryFailure) and error.retry_after and not item.needs.get("update"):
            error.retry_after = min(error.retry_after, MOST_WISH)

    def _place(self, item: Item) -> tuple[int, int]:
        """Round and rung; a ladder that was made shorter meanwhile is begun anew, in a round of its own."""
        round_, rung = int(item.needs["round"]), int(item.needs["rung"])
        return (round_, rung) if rung < len(self._ladder) else (round_ + 1, 0)

    async def done(self, tx: Transaction, item: Item, reference: str | None, now: datetime) -> None:
        if item.needs.get("update"):
            return
        incident = await tx.incidents.get(str(item.needs["incident"]))
        if incident is None or incident.state not in OPEN_INCIDENT:
            return
        round_, rung = self._place(item)
        name = self._ladder[rung].name
        if reference == _OFF_DUTY:
            if round_ == 0:
                tx.incidents.step(incident.id, "off_duty", name, None, now)
        else:
            await self._told_rung(tx, item, incident, name, now)
            await self._unanswered(tx, item, incident, (round_, rung), now)
        next_round, following, wait = next_rung(
            self._ladder, round_, rung, now, is_manned=await tx.shifts.is_manned(now), was_told=reference != _OFF_DUTY
        )
        await self._go_on(tx, item, incident, (next_round, following), wait, now)

    @staticmethod
    async def _unanswered(tx: Transaction, item: Item, incident: Incident, at: tuple[int, int], now: datetime) -> None:
        """The rung before this one was waited for in vain: the citizen is told again to call 112."""
        if item.needs.get("waited") and at[0] < TOLD_AGAIN:
            event = {"is": "IncidentChanged", "incident": incident.id, "state": "unanswered"}
            key = f"{incident.id}{item.needs.get('run', '')}/unanswered/{at[0]}/{at[1]}"
            await tx.conversations.happened(incident.conversation_id, "desk", key, event, now)

    async def _told_rung(self, tx: Transaction, item: Item, incident: Incident, rung: str, now: datetime) -> None:
        """Write on the timeline who was told; what changed while it was on its way goes out after it."""
        seen = self._told.get(item.id, Told(incident.version, ()))
        names = ", ".join(name for name in seen.names if name != rung)
        await tx.incidents.handed_off(incident.id, rung, now, names or None)
        for name, reason in seen.missed:
            tx.incidents.step(incident.id, "handoff_failed", name, reason, now)
        if seen.version < incident.version:
            await tell_news(tx, incident, now, f"after{item.id}")

    async def _go_on(
        self, tx: Transaction, item: Item, incident: Incident, to: tuple[int, int], wait: timedelta, now: datetime
    ) -> None:
        if to[0] > int(item.needs["round"]):
            await tx.incidents.climbed(incident.id, to[0], now)
        await climb(tx, incident, now, run=str(item.needs.get("run", "")), to=to, wait=wait)

    async def parked(self, tx: Transaction, item: Item, state: str, reason: str, now: datetime) -> None:
        """This rung is broken: write it on the timeline and go on to the next without waiting."""
        incident = await tx.incidents.get(str(item.needs["incident"]))
        if incident is None or item.needs.get("update"):
            return
        round_, rung = self._place(item)
        if incident.state in OPEN_INCIDENT:
            await self._unanswered(tx, item, incident, (round_, rung), now)
        tx.incidents.step(incident.id, "handoff_failed", self._ladder[rung].name, reason, now)
        next_round, following, _ = next_rung(self._ladder, round_, rung, now, is_manned=True)
        # From the top again with growing pauses: a ladder of broken rungs must not fill the database.
        again = next_round > round_
        wait = timedelta(seconds=min(30 * 2 ** min(round_, 5), LONGEST_WAIT)) if again else timedelta(0)
        await self._go_on(tx, item, incident, (next_round, following), wait, now)

    def repeats_unknown(self) -> bool:
        return True


# --- from rung to rung ---------------------------------------------------------------------------------


def next_rung(
    ladder: Sequence[Rung], round_: int, rung: int, now: datetime, *, is_manned: bool, was_told: bool = True
) -> tuple[int, int, timedelta]:
    """Round, rung and wait after this one, among those on duty; from the end the ladder begins again.

    Each round waits twice as long, up to 15 minutes: a forgotten incident stays loud, but does not fill the database.
    A desk where nobody is on shift (`is_manned` False) is not waited for while there is somebody else to tell.
    """
    later = next((n for n in range(rung + 1, len(ladder)) if ladder[n].is_on_duty(now)), None)
    waits = was_told and (is_manned or ladder[rung].transport != "desk" or later is None)
    seconds = min(ladder[rung].seconds * 2 ** min(round_, 10), LONGEST_WAIT) if waits else 0.0
    if later is not None:
        return round_, later, timedelta(seconds=seconds)
    first = next((n for n, entry in enumerate(ladder) if entry.is_on_duty(now)), 0)
    return round_ + 1, first, timedelta(seconds=max(seconds, min(LEAST_PAUSE, max(r.seconds for r in ladder))))


async def climb(
    tx: Transaction, incident: Incident, now: datetime, *, run: str = "", to: tuple[int, int] = (0, 0),
    wait: timedelta = timedelta(0),
) -> None:  # fmt: skip
    """Put the next rung of an incident's ladder in line. `run` tells a ladder begun anew from the one before."""
    round_, rung = to
    payload: dict[str, Any] = {
        "incident": incident.id, "round": round_, "rung": rung, "run": run, "waited": wait > timedelta(0)
    }  # fmt: skip
    key = f"{incident.id}{run}/{round_}/{rung}"
    await tx.outbox.add(Lane.EMERGENCY, "alert", key, incident.conversation_id, payload, now, now + wait)


async def tell_news(tx: Transaction, incident: Incident, now: datetime, cause: str = "") -> None:
    """Bring what became known to everyone who was told of the incident, once per version (and `cause`)."""
    key = f"{incident.id}/v{incident.version}{cause}"
    payload = {"incident": incident.id, "update": incident.version}
    await tx.outbox.add(Lane.EMERGENCY, "alert", key, incident.conversation_id, payload, now, now)


# --- an incident as an alert ---------------------------------------------------------------------------


def alert_of(
    incident: Incident, others: Sequence[Incident], sealer: Sealer, place_name: PlaceName, desk_url: str,
    before: Iterable[str] = (),
) -> Alert:  # fmt: skip
    """The incident in the terms of the transports, with what `others` say of the same event.

    `before` names who was told of it already.
    """
    known: Literal["alert", "update"] = "update" if set(before) else "alert"
    where = _place_of(incident, place_name) or next((p for o in others if (p := _place_of(o, place_name))), None)
    located = next((i for i in (incident, *others) if i.lat is not None and i.lon is not None), incident)
    return Alert(
        incident=incident.id, version=incident.version, type=incident.type, level=incident.level,
        words=incident.words, at=incident.created_at, channel=incident.channel, place_text=where,
        kecamatan=incident.kecamatan, desa=incident.desa, lat=located.lat, lon=located.lon,
        victims=incident.victims, phone=_phone(incident, sealer), outside=incident.outside, desk_url=desk_url,
        news="cancel" if incident.state in NO_DANGER else known, changed_at=incident.changed_at, over=incident.over,
        extra=_callers(others, sealer, place_name),
    )  # fmt: skip


def as_first(alert: Alert) -> Alert:
    """The same for somebody who has not been told of it yet."""
    return replace(alert, news="alert") if alert.news == "update" else alert


def _callers(others: Sequence[Incident], sealer: Sealer, place_name: PlaceName) -> dict[str, str]:
    """What the other callers say, each under their number: the first caller is number 1."""
    numbered = list(enumerate(others, start=2))[-MOST_CALLERS:]
    return {
        f"Pelapor ke-{n}": "; ".join(
            part for part in (f'"{_cut(o.words)}"', _place_of(o, place_name), o.victims, _phone(o, sealer)) if part
        )
        for n, o in numbered
    }


def _cut(words: str, most: int = 160) -> str:
    words = " ".join(words.split())
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def _place_of(incident: Incident, place_name: PlaceName) -> str | None:
    return place_text(incident.kecamatan, incident.desa, incident.place_detail, place_name) or None


def _phone(incident: Incident, sealer: Sealer) -> str | None:
    try:
        return sealer.open_or_none(incident.phone_enc)
    except WrongKey:
        # Better an alert without the number than none.
        return None
