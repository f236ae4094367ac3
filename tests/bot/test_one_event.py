"""Several people cry for help about one fire: one incident, one ladder, and every caller hears what comes of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.alerts import AlertHandler
from bot.failures import TemporaryFailure
from bot.gateways.ladder import Rung
from bot.gateways.rota import Contact, Rota
from bot.store.tables import Incident, Outbox
from bot.store.transaction import reading, writing
from bot.store.unit_of_work import Store
from bot.vigil import Vigil
from tests.bot.house import TestHouse, build
from tests.doubles import button, text

LADDER = (Rung("telegram_group", "grup", 60), Rung("webhook", "sistem", 60))


@pytest.fixture
def house(store: Store, tmp_path: Path) -> TestHouse:
    return build(store, tmp_path, LADDER)


async def incidents(house: TestHouse) -> list[Incident]:
    """All, oldest first."""
    async with reading(house.store) as tx:
        return (await tx.incidents.listing())[::-1]


async def timeline(house: TestHouse, incident: str) -> list[str]:
    async with reading(house.store) as tx:
        return [step.what for step in await tx.incidents.steps(incident)]


def heard_by(house: TestHouse, who: str) -> str:
    return "\n".join(message.text for to, message in house.channel.sent if to == who)


async def test_a_second_caller_joins_the_first(house: TestHouse) -> None:
    await house.hears(text("kebakaran dekat masjid", "1", "c1"))
    house.clock.ahead += timedelta(minutes=5)
    await house.hears(text("tolong kebakaran besar masjid", "2", "c2"))
    first, second = await incidents(house)
    assert (second.state, second.duplicate_of, first.duplicate_of) == ("duplicate", first.id, None)
    group = house.transports["telegram_group"]
    assert group.alerts[-1].incident == first.id, "whoever was told is told more, of the same incident"
    assert "tolong kebakaran besar masjid" in group.alerts[-1].extra["Pelapor ke-2"]
    assert group.alerts[-1].news == "update"
    assert all(alert.incident == first.id for alert in group.alerts), "no ladder of its own"
    assert "alerted" not in await timeline(house, second.id)
    assert "caller" in await timeline(house, first.id)

    assert await house.staff.move_incident(first.id, "acknowledged", "Budi")
    await house.settle()
    for who in ("c1", "c2"):
        assert "dibaca oleh Budi" in heard_by(house, who), who
    before = len(group.alerts)
    house.clock.ahead += timedelta(hours=1)
    await house.settle()
    assert len(group.alerts) == before, "the acknowledgement stops the ladder"


async def test_the_desk_may_answer_either_caller(house: TestHouse) -> None:
    await house.hears(text("kebakaran dekat masjid", "1", "c1"))
    await house.hears(text("kebakaran masjid", "2", "c2"))
    first, second = await incidents(house)
    assert await house.staff.move_incident(second.id, "acknowledged", "Budi")
    assert [i.acknowledged_by for i in await incidents(house)] == ["Budi", None]
    await house.settle()
    assert "dibaca oleh Budi" in heard_by(house, "c1")
    # Whoever calls later about what is known already hears that somebody has it.
    await house.hears(text("kebakaran di masjid", "3", "c3"))
    assert "dibaca oleh Budi" in heard_by(house, "c3")
    assert (await incidents(house))[2].duplicate_of == first.id


@pytest.mark.parametrize(("words", "minutes"), [("kebakaran di pasar", 0), ("kebakaran dekat masjid", 61)])
async def test_elsewhere_or_later_is_another_event(house: TestHouse, words: str, minutes: int) -> None:
    await house.hears(text("kebakaran dekat masjid", "1", "c1"))
    house.clock.ahead += timedelta(minutes=minutes)
    await house.hears(text(words, "2", "c2"))
    assert [i.duplicate_of for i in await incidents(house)] == [None, None]


async def test_a_place_told_later_links_it_then(house: TestHouse) -> None:
    await house.hears(text("kebakaran dekat masjid", "1", "c1"))
    await house.hears(text("kebakaran", "2", "c2"))
    assert (await incidents(house))[1].duplicate_of is None
    await house.hears(text("dekat masjid", "3", "c2"))
    first, second = await incidents(house)
    assert second.duplicate_of == first.id
    webhook = house.transports["webhook"]
    house.clock.ahead += timedelta(seconds=61)
    await house.settle()
    assert {alert.incident for alert in webhook.alerts} == {first.id}, "the second one's ladder has stopped"


async def test_a_person_separates_what_is_not_one_event(house: TestHouse) -> None:
    await house.hears(text("kebakaran dekat masjid", "1", "c1"))
    await house.hears(text("kebakaran masjid", "2", "c2"))
    _, second = await incidents(house)
    assert await house.staff.separate_incident(second.id, "Budi")
    assert not await house.staff.separate_incident(second.id, "Budi"), "it stands alone already"
    await house.settle()
    assert house.transports["telegram_group"].alerts[-1].incident == second.id
    assert next((i.state, i.duplicate_of) for i in await incidents(house) if i.id == second.id) == ("handed_off", None)
    await house.hears(text("masih di dekat masjid", "3", "c2"))
    assert (await incidents(house))[1].duplicate_of is None, "what a person separated stays so"
    house.clock.ahead += timedelta(seconds=61)
    await house.settle()
    assert {alert.incident for alert in house.transports["webhook"].alerts} >= {second.id}, "its ladder climbs on"


async def test_the_first_caller_called_false_leaves_the_others_in_danger(house: TestHouse) -> None:
    await house.hears(text("kebakaran dekat masjid", "1", "c1"))
    await house.hears(text("kebakaran masjid", "2", "c2"))
    await house.hears(text("kebakaran di masjid", "3", "c3"))
    first, second, third = await incidents(house)
    assert await house.staff.move_incident(first.id, "acknowledged", "Budi")
    assert await house.staff.move_incident(first.id, "false_report", "Budi")
    await house.settle()
    assert house.transports["telegram_group"].alerts[-1].incident == second.id
    states = {i.id: (i.state, i.duplicate_of) for i in await incidents(house)}
    assert states == {first.id: ("false_report", None), second.id: ("handed_off", None),
                      third.id: ("duplicate", second.id)}  # fmt: skip


# --- who is told, and when ---------------------------------------------------------------------------


async def test_a_desk_with_nobody_on_shift_is_not_waited_for(store: Store, tmp_path: Path) -> None:
    ladder = (Rung("desk", "meja", 60), Rung("telegram_group", "grup", 60))
    house = build(store, tmp_path, ladder)
    await house.hears(text("kebakaran", "1"))
    assert len(house.transports["telegram_group"].alerts) == 1
    assert "belum dibaca" not in heard_by(house, "c1"), "nobody has waited yet"


async def test_the_end_of_the_ladder_is_its_beginning(store: Store, tmp_path: Path) -> None:
    house = build(store, tmp_path, (Rung("telegram_group", "grup", 60),))
    await house.hears(text("kebakaran", "1"))
    for _ in range(2):
        house.clock.ahead += timedelta(seconds=121)
        await house.settle()
    assert len(house.transports["telegram_group"].alerts) == 3
    incident = (await incidents(house))[0]
    assert incident.rounds == 3
    assert (await timeline(house, incident.id)).count("unanswered") == 3


async def test_calls_go_to_those_on_duty_and_one_who_answers_is_enough(store: Store, tmp_path: Path) -> None:
    never = Rota(days=frozenset())
    people = (
        Contact("Ani", "+6281100000001"),
        Contact("Budi", "+6281100000002", never),
        Contact("Cici", "+6281100000003"),
    )
    ladder = (Rung("call", "malam", 60, people[1:2]), Rung("call", "piket", 60, people), Rung("webhook", "sistem", 60))
    house = build(store, tmp_path, ladder)
    house.transports["call"].failures = [RuntimeError("busy")]
    await house.hears(text("kebakaran", "1"))
    assert house.transports["call"].told == ["Cici"]
    incident = (await incidents(house))[0]
    async with reading(store) as tx:
        steps = [(s.what, s.who, s.note) for s in await tx.incidents.steps(incident.id)]
    assert ("off_duty", "malam", None) in steps
    assert ("alerted", "piket", "Cici") in steps
    assert ("handoff_failed", "Ani", "RuntimeError") in steps
    await house.hears(button("emergency:skip", "2"))
    assert house.transports["call"].told == ["Cici"], "nobody is called again for a further word"


# --- nobody is forgotten -----------------------------------------------------------------------------


async def test_a_cry_after_a_false_report_is_raised_anew(house: TestHouse) -> None:
    await house.hears(text("kebakaran dekat masjid", "1", "c1"))
    (first,) = await incidents(house)
    assert await house.staff.move_incident(first.id, "acknowledged", "Budi")
    assert await house.staff.move_incident(first.id, "false_report", "Budi")
    await house.settle()
    before = len(house.channel.sent)
    await house.hears(text("tolong kebakaran besar masjid", "2", "c1"))
    second = (await incidents(house))[1]
    assert (second.state, second.duplicate_of) == ("handed_off", None)
    assert len(house.channel.sent) > before


async def test_what_reaches_a_closed_incident_calls_people_again(house: TestHouse) -> None:
    await house.hears(text("kebakaran dekat masjid", "1", "c1"))
    await house.hears(text("kebakaran masjid", "2", "c2"))
    first, second = await incidents(house)
    group = house.transports["telegram_group"]
    async with writing(house.store) as tx:
        assert await tx.incidents.move(first.id, "resolved", "Budi", house.clock())
    await house.hears(text("tolong kebakaran besar masjid", "3", "c2"))
    assert [i.state for i in await incidents(house)] == ["resolved", "handed_off"]
    assert (group.alerts[-1].incident, group.alerts[-1].news) == (second.id, "alert")


async def test_a_ladder_that_broke_off_is_begun_anew(house: TestHouse) -> None:
    vigil = Vigil(house.store, lambda: None)
    await house.hears(text("kebakaran dekat masjid", "1", "c1"))
    assert await vigil.work(house.clock()) == "every open incident has its next rung"
    async with house.store.write() as session:
        await session.execute(sa.update(Outbox).where(Outbox.kind == "alert").values(state="parked"))
    group = house.transports["telegram_group"]
    before = len(group.alerts)
    assert await vigil.work(house.clock()) == "1 ladders begun anew"
    assert await vigil.work(house.clock()) == "every open incident has its next rung"
    await house.settle()
    assert len(group.alerts) == before + 1


async def test_a_ladder_made_shorter_is_climbed_on(store: Store, tmp_path: Path) -> None:
    house = build(store, tmp_path, (*LADDER, Rung("telegram_group", "grup lain", 60)))
    await house.hears(text("kebakaran dekat masjid", "1", "c1"))
    house.clock.ahead += timedelta(seconds=61)
    await house.settle()
    shorter = AlertHandler(store, LADDER, house.transports, str, "", house.clock)
    house.worker._handlers = {**house.worker._handlers, "alert": shorter}
    for _ in range(3):
        before = sum(len(transport.alerts) for transport in house.transports.values())
        house.clock.ahead += timedelta(minutes=16)
        await house.settle()
        assert sum(len(transport.alerts) for transport in house.transports.values()) > before


async def test_a_contact_that_wants_us_to_wait_is_not_waited_for(house: TestHouse) -> None:
    house.transports["telegram_group"].failures += [TemporaryFailure("later", 3600.0)] * 3
    await house.hears(text("kebakaran dekat masjid", "1", "c1"))
    for _ in range(4):
        house.clock.ahead += timedelta(seconds=7)
        await house.settle()
    assert house.transports["webhook"].alerts
