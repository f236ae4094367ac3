"""What does not arrive: windows, templates, blocks, paces, late words of the provider, and a person's hand in it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.channels.base import Limits, Outgoing
from bot.failures import AwaitsContact, Rejected, TemporaryFailure, TooFast, UnknownOutcome
from bot.mailroom import Mailroom, NotByHand
from bot.pace import Pace
from bot.store.desk import Desk
from bot.store.outbox import Lane
from bot.store.reported import DeliveryWord, Verdict
from bot.store.tables import Audit, Delivery, Outbox
from bot.store.transaction import reading, writing
from bot.store.undelivered import EXPIRED, Unsent
from bot.store.unit_of_work import Store
from bot.undelivered import Undelivered
from tests.bot.emptied import emptied, migrated
from tests.bot.house import MovedClock, TestHouse, build
from tests.doubles import text

WINDOW = timedelta(hours=24)
REFUSED = "pesan bebas tidak lagi diterima"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    return migrated(request.param, str(tmp_path_factory.mktemp("undelivered")))


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with emptied(url) as store:
        yield store


@pytest.fixture
def house(store: Store, tmp_path: Path) -> TestHouse:
    """A house whose one channel takes free text for a day, as WhatsApp does."""
    built = build(store, tmp_path)
    built.channel.limits = Limits(window=WINDOW)
    return built


async def filed(house: TestHouse, who: str = "c1") -> str:
    for n, words in enumerate(("lampu jalan mati depan masjid", "lewati", "kirim")):
        await house.hears(text(words, f"{who}-{n}", who))
    async with reading(house.store) as tx:
        return (await tx.reports.listing())[0].ticket


async def moved(house: TestHouse, ticket: str, *states: str) -> None:
    for state in states:
        await house.staff.note_status(ticket, state, None, "Ani")
        await house.settle()


async def unsent(house: TestHouse) -> list[Unsent]:
    async with reading(house.store) as tx:
        return await tx.undelivered.listing()


async def states(house: TestHouse) -> list[str]:
    return [item.state for item in reversed(await unsent(house))]


def refusing_free_text(house: TestHouse, template: bool = False) -> list[Outgoing]:
    """The channel behaves as WhatsApp outside its window; returns what went out by template."""
    by_template: list[Outgoing] = []
    send = house.channel.send

    async def sent(address: str, message: Outgoing) -> str:
        if message.closed and not template:
            raise AwaitsContact(REFUSED)
        if message.closed:
            by_template.append(message)
        return await send(address, message)

    house.channel.send = sent  # type: ignore[method-assign]
    return by_template


def heard(house: TestHouse, since: int) -> list[str]:
    return [message.text for _, message in house.channel.sent[since:]]


# --- the window ---


async def test_news_outside_the_window_waits_and_comes_in_order_before_the_answer(house: TestHouse) -> None:
    ticket = await filed(house)
    refusing_free_text(house)
    house.clock.ahead += timedelta(hours=30)
    before = len(house.channel.sent)
    await moved(house, ticket, "verified", "in_progress")
    assert heard(house, before) == []
    assert [(i.state, i.reason, i.lane) for i in await unsent(house)] == [("waiting", REFUSED, "notification")] * 2
    house.clock.ahead += timedelta(hours=5)
    await house.settle()
    assert await states(house) == ["waiting", "waiting"], "nothing but the citizen's word frees them"

    await house.inbound.take_in([text("petugas", "w1")])
    await house.settle()
    said = heard(house, before)
    assert len(said) == 3
    assert all(ticket in words for words in said[:2])
    assert "sedang dikerjakan" in said[1]
    assert ticket not in said[2]
    assert await unsent(house) == []


async def test_with_a_template_news_goes_out_at_once_and_names_its_ticket(house: TestHouse) -> None:
    ticket = await filed(house)
    by_template = refusing_free_text(house, template=True)
    house.clock.ahead += timedelta(hours=30)
    await moved(house, ticket, "verified")
    assert [message.subject for message in by_template] == [ticket]
    assert await unsent(house) == []


async def test_inside_the_window_news_is_free_text(house: TestHouse) -> None:
    ticket = await filed(house)
    by_template = refusing_free_text(house, template=True)
    house.clock.ahead += timedelta(hours=23)
    await moved(house, ticket, "verified")
    assert by_template == []
    assert await unsent(house) == []


async def test_who_writes_while_the_refusal_is_under_way_is_not_waited_for(house: TestHouse) -> None:
    ticket = await filed(house)
    house.clock.ahead += timedelta(hours=30)
    send, before = house.channel.send, len(house.channel.sent)

    async def refused(address: str, message: Outgoing) -> str:
        house.channel.send = send  # type: ignore[method-assign]
        await house.inbound.take_in([text("petugas", "now")])
        await house.inbound.drain()
        raise AwaitsContact(REFUSED)

    house.channel.send = refused  # type: ignore[method-assign]
    await moved(house, ticket, "verified")
    assert await unsent(house) == []
    assert any(ticket in words for words in heard(house, before))


async def test_news_that_waited_a_week_is_not_sent_and_says_so(house: TestHouse) -> None:
    ticket = await filed(house)
    refusing_free_text(house)
    house.clock.ahead += timedelta(hours=30)
    await moved(house, ticket, "verified")
    house.clock.ahead += timedelta(days=7)
    assert await Undelivered(house.store).work(house.clock()) == "0 late words heard, 1 messages expired"
    assert [(i.state, i.reason) for i in await unsent(house)] == [("parked", EXPIRED)]
    before = len(house.channel.sent)
    await house.hears(text("petugas", "w1"))
    assert not any(ticket in words for words in heard(house, before))
    assert await Undelivered(house.store).work(house.clock()) == "nothing was due"


async def test_old_news_is_not_sent_even_when_the_channel_was_down_all_week(house: TestHouse) -> None:
    ticket = await filed(house)
    house.channel.failures = [TemporaryFailure("down")] * 2
    await moved(house, ticket, "verified")
    house.clock.ahead += timedelta(days=6)
    await house.settle()
    assert await states(house) == ["pending"], "after six days it is still tried"
    house.clock.ahead += timedelta(days=1, minutes=10)
    await house.settle()
    assert [(i.state, i.reason) for i in await unsent(house)] == [("parked", EXPIRED)]


async def test_a_citizen_who_blocked_the_bot_gets_a_fresh_answer_when_they_write_again(house: TestHouse) -> None:
    house.channel.failures = [AwaitsContact("warga memblokir bot")]
    await house.hears(text("lampu jalan mati depan masjid", "1"))
    first = (await unsent(house))[-1]
    assert (first.state, first.reason) == ("waiting", "warga memblokir bot")
    async with reading(house.store) as tx:
        outcomes = list(await tx.session.scalars(sa.select(Delivery.outcome)))
    assert "rejected" in outcomes
    said = await house.hears(text("petugas", "2"))
    assert len(said) >= 2
    assert await unsent(house) == []


async def test_an_answer_that_waited_for_a_day_is_not_read_any_more(house: TestHouse) -> None:
    house.channel.failures = [AwaitsContact("warga memblokir bot")]
    await house.hears(text("kebakaran di pasar", "1"))
    waiting = [i for i in await unsent(house) if i.state == "waiting"]
    assert [i.lane for i in waiting] == ["emergency"]
    house.clock.ahead += timedelta(hours=2)
    await Undelivered(house.store).work(house.clock())
    assert EXPIRED in [i.reason for i in await unsent(house)]


async def test_news_takes_no_answer_s_place(house: TestHouse) -> None:
    ticket = await filed(house)
    await house.staff.note_status(ticket, "verified", None, "Ani")
    await house.inbound.drain()
    [news] = [i for i in await unsent(house) if i.kind == "say"]
    assert (news.lane, news.attempts) == ("notification", 0)


# --- the provider's later words ---


async def last_reference(house: TestHouse) -> str:
    async with reading(house.store) as tx:
        query = sa.select(Delivery.reference).where(Delivery.reference.is_not(None)).order_by(Delivery.id.desc())
        return str(await tx.session.scalar(query.limit(1)))


async def hear(house: TestHouse, reference: str, state: str, verdict: Verdict = "arrives") -> None:
    async with writing(house.store) as tx:
        reason = None if verdict == "arrives" else f"because {state}"
        await tx.reported.hear(DeliveryWord(reference, state, verdict, reason), house.clock())


async def outcome_of(house: TestHouse, reference: str) -> tuple[str, str]:
    async with reading(house.store) as tx:
        found = await tx.session.execute(
            sa.select(Delivery.outcome, Outbox.state).join(Outbox, Outbox.id == Delivery.outbox_id)
            .where(Delivery.reference == reference)
        )  # fmt: skip
        row = found.one()
        return row[0], row[1]


async def test_words_may_come_in_any_order(house: TestHouse) -> None:
    for n, order in enumerate(itertools.permutations(("sent", "delivered", "read"))):
        await house.hears(text("data saya", f"{n}"))
        reference = await last_reference(house)
        for state in order:
            await hear(house, reference, state)
        assert await outcome_of(house, reference) == ("read", "done"), order


_FATES: tuple[tuple[list[tuple[str, Verdict]], tuple[str, str]], ...] = (
    ([("failed", "parked"), ("sent", "arrives")], ("failed", "parked")),
    ([("sent", "arrives"), ("undelivered", "parked")], ("undelivered", "parked")),
    ([("undelivered", "parked"), ("delivered", "arrives")], ("delivered", "done")),
    ([("delivered", "arrives"), ("failed", "parked")], ("delivered", "done")),
    ([("queued", "arrives"), ("queued", "arrives")], ("queued", "done")),
    ([("failed", "again")], ("failed", "pending")),
)


async def test_what_did_not_arrive_is_not_done(house: TestHouse) -> None:
    for n, (words, ends) in enumerate(_FATES):
        await house.hears(text("data saya", f"{n}", f"c{n}"))
        reference = await last_reference(house)
        for state, verdict in words:
            await hear(house, reference, state, verdict)
        assert await outcome_of(house, reference) == ends, words


async def test_a_word_before_our_own_mark_is_heard_later(house: TestHouse) -> None:
    reference = f"sent-{len(house.channel.sent) + 1}"
    await hear(house, reference, "undelivered", "parked")
    await hear(house, "SM-unknown", "delivered")
    await house.hears(text("data saya", "1"))
    assert (await outcome_of(house, reference))[0] == "done"
    assert await Undelivered(house.store).work(house.clock()) == "1 late words heard, 0 messages expired"
    assert await outcome_of(house, reference) == ("undelivered", "parked")
    assert await Undelivered(house.store).work(house.clock()) == "nothing was due"
    late = house.clock() + timedelta(days=2)
    assert await Undelivered(house.store).work(late) == "1 late words heard, 0 messages expired"


async def test_refused_afterwards_it_goes_by_template_or_waits(house: TestHouse) -> None:
    ticket = await filed(house)
    by_template = refusing_free_text(house, template=True)
    await moved(house, ticket, "verified")
    await hear(house, await last_reference(house), "undelivered", "closed")
    await house.settle()
    assert [message.subject for message in by_template] == [ticket]

    refusing_free_text(house)
    await moved(house, ticket, "in_progress")
    await hear(house, await last_reference(house), "failed", "closed")
    await house.settle()
    assert await states(house) == ["waiting"]
    await house.hears(text("petugas", "w1"))
    assert await unsent(house) == []


# --- the pace ---


def test_a_pause_is_obeyed_by_chat_and_by_account() -> None:
    clock = MovedClock()
    pace = Pace(clock)
    pace.told("telegram", "a", TooFast("slow down", 30))
    with pytest.raises(TooFast) as caught:
        pace.check("telegram", "a", Lane.REPLY)
    assert 29 <= (caught.value.retry_after or 0) <= 31
    pace.check("telegram", "b", Lane.REPLY)
    pace.check("whatsapp", "a", Lane.REPLY)

    pace.told("telegram", "x", TooFast("slow down", 40, everywhere=True))
    for lane in (Lane.REPLY, Lane.NOTIFICATION):
        with pytest.raises(TooFast):
            pace.check("telegram", "b", lane)
    pace.check("telegram", "b", Lane.EMERGENCY)
    clock.ahead += timedelta(seconds=41)
    pace.check("telegram", "b", Lane.NOTIFICATION)


def test_many_chats_held_at_once_are_the_account() -> None:
    pace = Pace(MovedClock())
    for chat in "abc":
        pace.check("telegram", "z", Lane.REPLY)
        pace.told("telegram", chat, TooFast("slow down", 10))
    with pytest.raises(TooFast):
        pace.check("telegram", "z", Lane.REPLY)


async def test_nothing_is_sent_to_a_chat_that_asked_for_a_pause(house: TestHouse) -> None:
    house.channel.failures = [TooFast("slow down", 60)]
    await house.inbound.take_in([text("petugas", "1"), text("petugas", "2", "c2")])
    await house.settle()
    assert {address for address, _ in house.channel.sent} == {"c2"}
    house.clock.ahead += timedelta(seconds=30)
    await house.hears(text("petugas", "3"))
    assert {address for address, _ in house.channel.sent} == {"c2"}, "its next message waits as well"
    house.clock.ahead += timedelta(seconds=60)
    await house.settle()
    house.clock.ahead += timedelta(seconds=60)
    await house.settle()
    assert await unsent(house) == []


# --- a person's hand ---


async def audit(house: TestHouse, item: int) -> list[str]:
    async with reading(house.store) as tx:
        return list(await tx.session.scalars(sa.select(Audit.action).where(Audit.object == f"outbox:{item}")))


async def test_a_parked_message_goes_out_when_a_person_wants_it(house: TestHouse) -> None:
    mailroom = Mailroom(house.store, "https://siaga", clock=house.clock)
    house.channel.failures = [Rejected("refused")]
    await house.hears(text("petugas", "1"))
    [item] = await unsent(house)
    await mailroom.retry(item.id, 7)
    await house.settle()
    assert await unsent(house) == []
    with pytest.raises(NotByHand, match="sudah terkirim"):
        await mailroom.retry(item.id, 7)
    with pytest.raises(NotByHand, match="tidak ada"):
        await mailroom.retry(99_999, 7)
    assert (await audit(house, item.id))[-1] == "outbox_retry"


async def test_a_waiting_message_can_be_held_with_a_reason(house: TestHouse) -> None:
    mailroom = Mailroom(house.store, "https://siaga", clock=house.clock)
    house.channel.failures = [TemporaryFailure("down")]
    await house.hears(text("petugas", "1"))
    item = (await unsent(house))[-1]
    with pytest.raises(NotByHand, match="Alasan"):
        await mailroom.park(item.id, "  ", None)
    await mailroom.park(item.id, "nomor salah", None)
    house.clock.ahead += timedelta(hours=1)
    await house.settle()
    assert [(i.id, i.state, i.reason) for i in await unsent(house)] == [(item.id, "parked", "nomor salah")]
    assert (await audit(house, item.id))[-1] == "outbox_park"


async def test_a_filing_in_unknown_is_never_made_due(house: TestHouse) -> None:
    mailroom = Mailroom(house.store, "https://siaga", clock=house.clock)
    house.lapor.failures = [UnknownOutcome("no answer")]
    ticket = await filed(house)
    [item] = [i for i in await unsent(house) if i.kind == "file"]
    assert item.state == "unknown"
    # SQLite gives the numbers of an emptied table away again, and the audit keeps its rows.
    before = await audit(house, item.id)
    with pytest.raises(NotByHand, match=f"https://siaga/admin/laporan/{ticket}"):
        await mailroom.retry(item.id, 1)
    with pytest.raises(NotByHand, match="tidak dapat ditahan"):
        await mailroom.park(item.id, "alasan", 1)
    await house.settle()
    assert house.lapor.filed == []
    assert await audit(house, item.id) == before


async def test_an_alert_is_settled_at_its_incident(house: TestHouse) -> None:
    await house.hears(text("kebakaran di pasar", "1"))
    alert = next(i for i in await unsent(house) if i.kind == "alert")
    with pytest.raises(NotByHand, match="/admin/112/"):
        await Mailroom(house.store, "https://siaga", clock=house.clock).retry(alert.id, 1)


async def test_the_transcript_shows_why_a_line_did_not_arrive(house: TestHouse) -> None:
    ticket = await filed(house)
    refusing_free_text(house)
    house.clock.ahead += timedelta(hours=30)
    await moved(house, ticket, "verified")
    async with house.store.read() as session:
        whose = (await unsent(house))[0].conversation_id
        view = await Desk(session, house.store.sealer).conversation(whose)
    assert view
    troubles = [line.trouble for line in view.lines if line.trouble]
    assert [(t.state, t.reason) for t in troubles] == [("waiting", REFUSED)]


async def test_each_state_is_listed_and_counted(house: TestHouse) -> None:
    for n in range(3):
        await house.hears(text("petugas", f"m{n}", f"c{n}"))
    for n, failure in enumerate((Rejected("no"), AwaitsContact("later"), TemporaryFailure("down"))):
        house.channel.failures = [failure]
        await house.inbound.take_in([text("data saya", f"n{n}", f"c{n}")])
        await house.inbound.drain()
        await house.inbound.settled()
    async with reading(house.store) as tx:
        counts = await tx.undelivered.counts()
        assert {state: count for state, count in counts.items() if count} == {"parked": 1, "waiting": 1, "pending": 1}
        for state in ("parked", "waiting", "pending"):
            assert [i.state for i in await tx.undelivered.listing((state,))] == [state]
        assert len(await tx.undelivered.listing(most=2)) == 2
    assert datetime.now(UTC) >= (await unsent(house))[0].created_at
