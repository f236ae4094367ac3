"""What happens to an incident, one transaction each: told by a citizen, linked to another, moved on by a person.

Several callers about one event share the first one's incident: its ladder, its acknowledgement and its end are
everybody's, and each caller hears of them in their own conversation.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from bot.alerts import climb, tell_news
from bot.store.reports import OPEN_INCIDENT
from bot.store.tables import Incident
from bot.store.transaction import Transaction
from flows.model import RaiseIncident, UpdateIncident

HEARD: Final = ("acknowledged", "dispatched", "on_scene", "resolved", "not_emergency")
"""Steps the citizen is told; *laporan palsu* is not one of them."""
_SINCE: Final = ("acknowledged", "dispatched", "on_scene")
"""Steps that another caller about the same event is told as well when they come later."""
_OWN_MATTER: Final = ("false_report",)
"""What a person says of one caller alone: the others are still in danger."""
_CLOSED: Final = ("resolved", "not_emergency", "false_report")
_CALM: Final = ("cancelled", "safe", "joke")
"""Words that call nobody out again."""

Answer = Literal["acknowledged", "before", "replayed", "unknown"]


async def raise_incident(
    tx: Transaction, effect: RaiseIncident, conversation_id: int, channel: str, now: datetime
) -> None:
    """Store the incident, once, and start its ladder; one about an event already told goes to those who know of it."""
    if not await tx.incidents.raise_(effect.case, conversation_id, channel, effect.photos, now):
        return
    incident = await tx.incidents.get(effect.case.incident)
    if incident is not None and not await _join(tx, incident, now):
        await climb(tx, incident, now)


async def update_incident(tx: Transaction, effect: UpdateIncident, now: datetime) -> None:
    """Bring what became known to whoever was told; a place may show that it is an event already told."""
    version = await tx.incidents.update(effect.case, effect.what, effect.words, effect.photos, now)
    incident = await tx.incidents.get(effect.case.incident) if version else None
    if incident is None:
        return
    first = await tx.linking.first_of(incident.id)
    if (first or incident).state in _CLOSED and effect.what not in _CALM:
        # Written before the citizen heard that it was closed: closed or not, somebody must look at it.
        incident = await tx.linking.stand_anew(incident, now)
        await climb(tx, incident, now, run=f"/v{incident.version}")
        return
    if first is not None:
        tx.linking.grow(first, now)
        await tell_news(tx, first, now)
        return
    if effect.what == "cancelled":
        await tell_news(tx, incident, now)
        await _pass_on(tx, incident, now)
    elif not await _join(tx, incident, now):
        await tell_news(tx, incident, now)


async def move_incident(tx: Transaction, incident_id: str, state: str, who: str, now: datetime) -> bool:
    """A person moves it on, and every caller hears of it; False when it stands there already or cannot go there."""
    first = await tx.linking.first_of(incident_id)
    if first is not None and state != "false_report":
        # One answer is for the event: whoever acknowledges a further caller acknowledges the first.
        incident_id = first.id
    incident = await tx.incidents.move(incident_id, state, who, now)
    if incident is None:
        return False
    if state in _OWN_MATTER:
        await _pass_on(tx, incident, now)
        # Heard in silence: the next cry for help in this conversation is an incident of its own.
        await _hear(tx, incident, state, who, now)
    if state in HEARD:
        for each in (incident, *await tx.linking.duplicates(incident.id)):
            await _hear(tx, each, state, who, now)
    return True


async def separate(tx: Transaction, incident_id: str, who: str, now: datetime) -> bool:
    """A person says that this caller tells of another event: it stands alone, and its own ladder starts."""
    incident = await tx.linking.unlink(incident_id, who, now)
    if incident is not None:
        await climb(tx, incident, now, run=f"/v{incident.version}")
    return incident is not None


async def answer_call(tx: Transaction, incident_id: str, who: str, call: str, now: datetime) -> Answer:
    """Somebody pressed 1 in a call of ours: what came of it. A second time in the same call is a replay."""
    if await tx.incidents.get(incident_id) is None:
        return "unknown"
    if not await tx.calls.answered(call, incident_id, now):
        return "replayed"
    return "acknowledged" if await move_incident(tx, incident_id, "acknowledged", who, now) else "before"


async def _join(tx: Transaction, incident: Incident, now: datetime) -> bool:
    """Link it to the first open incident about the same event, if there is one, and tell those who know of that."""
    if incident.state not in OPEN_INCIDENT:
        return False
    first = await tx.linking.link(incident.id, now)
    if first is None:
        return False
    await tell_news(tx, first, now)
    if first.state in _SINCE and first.acknowledged_by:
        await _hear(tx, incident, "acknowledged", first.acknowledged_by, now)
    return True


async def _pass_on(tx: Transaction, incident: Incident, now: datetime) -> None:
    """The first caller falls away; the others' danger does not: the next one's ladder starts."""
    heir = await tx.linking.promote(incident.id, now)
    if heir is not None:
        await climb(tx, heir, now, run=f"/v{heir.version}")


async def _hear(tx: Transaction, incident: Incident, state: str, who: str, now: datetime) -> None:
    event = {"is": "IncidentChanged", "incident": incident.id, "state": state, "by": who}
    key = f"{incident.id}/{state}/{now.isoformat()}"
    await tx.conversations.happened(incident.conversation_id, "desk", key, event, now)
