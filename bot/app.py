"""The one place that wires things together: settings in, a running house out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from bot.alerts import AlertHandler
from bot.channels.base import Channel, Incoming, StaffTap
from bot.channels.telegram import TelegramChannel
from bot.channels.webchat import WebChatChannel
from bot.channels.whatsapp import WhatsAppChannel
from bot.duties import OFTEN, Duties, Duty, Every
from bot.effects import Effects
from bot.erasure_ledger import ErasureLedger, ErasuresOutside
from bot.failures import SiagaError
from bot.followups import EraseHandler, FollowHandler
from bot.gateways.base import AlertTransport, Lapor
from bot.gateways.ladder import Rung
from bot.gateways.lapor import LaporApi
from bot.gateways.lapor_assisted import LaporAssisted
from bot.gateways.lapor_terms import SIMULATOR_IDS, categories, load_ids
from bot.gateways.telegram_group import TelegramGroup
from bot.handlers import FileHandler, SayHandler
from bot.housekeeping import housekeeping
from bot.inbound import Alarm, Inbound
from bot.incoming import Reader
from bot.lapor_duties import lapor_duties, watch_of
from bot.media import MediaFolder
from bot.notices import StaffNotices
from bot.office import Office
from bot.rungs import ladder_of, transports_of
from bot.settings import DATA, Settings
from bot.spool import Spool
from bot.spooled import Spooled
from bot.staff import Staff
from bot.store import schema
from bot.store.outbox import Lane
from bot.store.sealing import Sealer
from bot.store.transaction import reading
from bot.store.unit_of_work import Store
from bot.summary import Watch
from bot.texts import Texts
from bot.undelivered import Undelivered
from bot.vigil import Vigil
from bot.webhooks import Doors
from bot.worker import LEASE, Handler, Worker
from nlu.pins import Pins
from nlu.places import Gazetteer
from nlu.port import Understander
from nlu.understand import PlacePins, understander
from nlu.wordlist import WordList

log = structlog.get_logger(__name__)

CATCH_UP = timedelta(hours=24)
LOOK_AGAIN = 600.0
"""Seconds between two looks at what Twilio holds, when nothing went wrong here."""
SOON = 5.0
"""Seconds after the first look: what came between it and our door's opening was turned away."""


@dataclass(slots=True)
class House:
    """Everything that runs, wired. Use `running()` to start and stop it."""

    settings: Settings
    store: Store
    gazetteer: Gazetteer
    texts: Texts
    understander: Understander
    media: MediaFolder
    channels: dict[str, Channel]
    lapor: Lapor
    transports: dict[str, AlertTransport]
    ladder: tuple[Rung, ...]
    inbound: Inbound
    worker: Worker
    staff: Staff
    doors: Doors
    spooled: Spooled
    duties: Duties
    watch: Watch
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _background: list[asyncio.Task[None]] = field(default_factory=list)

    async def start(self, lanes: Sequence[Lane] = tuple(Lane), reads: bool = True) -> None:
        """Open the channels and start reading and delivering. Raises OldSchema on a database of another version."""
        await schema.check(self.store)
        for channel in self.channels.values():
            await channel.start()
        if reads:
            self.tasks.append(asyncio.create_task(self.inbound.run(), name="inbound"))
        for lane in lanes:
            self.tasks.append(asyncio.create_task(self.worker.run(lane), name=f"outbox-{lane.name.lower()}"))
        if reads:
            self.tasks.append(asyncio.create_task(self.duties.run(), name="duties"))
        whatsapp = self.channels.get("whatsapp")
        if reads and isinstance(whatsapp, WhatsAppChannel):
            self.tasks.append(asyncio.create_task(self.spooled.spool.run(self.spooled.take), name="spool"))
            self._background.append(asyncio.create_task(self._catch_up(whatsapp)))
        telegram = self.channels.get("telegram")
        if reads and isinstance(telegram, TelegramChannel) and self.settings.public_url.startswith("https://"):
            self._background.append(asyncio.create_task(self._register(telegram)))

    async def _catch_up(self, whatsapp: WhatsAppChannel) -> None:
        """Twilio hardly repeats a call: after every start and outage, take in what the last day holds.

        Now and then as well: a broken line between Twilio and us leaves no trace here.
        """
        pause = SOON
        while True:
            try:
                await self.doors.take(whatsapp, list(await whatsapp.missed(datetime.now(UTC) - CATCH_UP, self._known)))
            except SiagaError as error:
                log.warning("whatsapp_catch_up_failed", reason=str(error))
            except Exception:
                log.exception("whatsapp_catch_up_failed")
            else:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self.doors.refused.wait()
                self.doors.refused.clear()
                if pause == SOON:
                    pause = LOOK_AGAIN
                    continue
            await asyncio.sleep(30)

    async def _known(self, ids: Sequence[str]) -> set[str]:
        async with reading(self.store) as tx:
            return await tx.conversations.known_ids("whatsapp", ids)

    async def _register(self, telegram: TelegramChannel) -> None:
        """Have Telegram call our public address; until it does, say so and try again."""
        while True:
            try:
                await telegram.set_webhook(f"{self.settings.public_url}/webhooks/telegram")
            except SiagaError as error:
                log.warning("telegram_webhook_not_set", reason=str(error))
                await asyncio.sleep(60)
            else:
                return

    async def stop(self) -> None:
        """Stop after the step under way; what is not done stays in the database."""
        everything = [*self.tasks, *self._background]
        for task in everything:
            task.cancel()
        for task in everything:
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task
        await self.doors.close()
        ports: list[Channel | AlertTransport | Lapor] = [*self.channels.values(), *self.transports.values(), self.lapor]
        for port in ports:
            with contextlib.suppress(Exception):
                await port.close()
        await self.store.close()


@asynccontextmanager
async def running(house: House) -> AsyncIterator[House]:
    await house.start()
    try:
        yield house
    finally:
        await house.stop()


def build(
    settings: Settings,
    extra: Mapping[str, Channel] | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    polls: bool = True,
) -> House:
    """Wire the house that these settings describe; `extra` channels (the terminal) come on top."""  # fmt: skip
    store = Store(settings.database_url, Sealer(settings.secret_key.get_secret_value()))
    gazetteer = Gazetteer.load(DATA / "places")
    texts = Texts(DATA / "texts", gazetteer.name)
    pins = PlacePins(Pins(gazetteer, settings.boundaries))
    understands = understander(DATA, gazetteer, settings.nlu_url)
    media = MediaFolder(settings.media_dir)
    received: list[Callable[[Channel, list[Incoming | StaffTap]], Awaitable[None]]] = []

    async def polled(messages: Sequence[Incoming | StaffTap]) -> None:
        await received[0](channels["telegram"], list(messages))

    ours = _channels(settings, store.sealer, polled if polls and settings.telegram_polls else None)
    channels: dict[str, Channel] = {**ours, **(extra or {})}
    transports = transports_of(settings, clock)
    place_name = partial(texts.name, "place")
    ladder = ladder_of(settings, transports)
    lapor, lease = lapor_gateway(settings)
    worker = Worker(
        store,
        _handlers(settings.public_url, store, channels, lapor, lease, media, place_name, ladder, transports, clock),
        clock,
        {**LEASE, Lane.FILING: lease},
    )
    agencies = {code: category.agency for code, category in categories().items()}
    effects = Effects(texts.render, {name: c.limits for name, c in channels.items()}, agencies)
    office = Office.load(DATA / "office_hours.yml")
    reader = Reader(channels, understands, pins, media, office.back_at)
    inbound = Inbound(
        store, channels, reader, effects, texts.choice, worker.deliver, clock, _alarm(WordList.load(DATA, gazetteer))
    )
    worker.on_change = inbound.wake

    def wake() -> None:
        inbound.wake()
        worker.wake()

    staff = Staff(store, wake, clock, settings.lapor_tracking_pattern)
    spooled = Spooled(Spool(settings.spool_dir, store.sealer), store, inbound.take_in)
    doors = Doors(channels, inbound, staff, spooled)
    received.append(doors.take)
    watch = watch_of(settings)
    about_lapor = lapor_duties(settings, store, lapor, watch, wake, clock)
    nightly = housekeeping(store, media, settings.periods)
    duties = Duties(
        store,
        [
            *_duties(store, transports, office, ErasureLedger(settings.erasures_file, store.sealer), worker.wake),
            *about_lapor,
            *nightly,
        ],
        clock,
    )
    return House(
        settings, store, gazetteer, texts, understands, media, channels, lapor, transports, ladder, inbound, worker,
        staff, doors, spooled, duties, watch,
    )  # fmt: skip


def _duties(
    store: Store, transports: Mapping[str, AlertTransport], office: Office, ledger: ErasureLedger,
    wake: Callable[[], None],
) -> list[Duty]:  # fmt: skip
    """What comes back by itself; each says in its own file what it does."""
    group = transports.get("telegram_group")
    notices = StaffNotices(store, group if isinstance(group, TelegramGroup) else None, office)
    return [
        Duty(name, Every(timedelta(seconds=15)), work, OFTEN)
        for name, work in (
            ("vigil", Vigil(store, wake).work),
            ("staff_notices", notices.work),
            ("undelivered", Undelivered(store).work),
            ("erasure_ledger", ErasuresOutside(store, ledger).work),
        )
    ]


def _alarm(words: WordList) -> Alarm:
    """Who is to be read first is decided by the word list: it costs a fraction of a millisecond."""
    return lambda text: words.alarm(words.words.normaliser.tokens(text)).level != "none"


def _channels(
    settings: Settings, sealer: Sealer, polled: Callable[[Sequence[Incoming | StaffTap]], Awaitable[None]] | None
) -> dict[str, Channel]:
    channels: dict[str, Channel] = {
        "webchat": WebChatChannel(sealer.sign, settings.media_dir / "incoming", settings.public_url),
    }
    if settings.telegram_token and settings.telegram_secret:
        channels["telegram"] = TelegramChannel(
            settings.telegram_token.get_secret_value(), settings.telegram_secret.get_secret_value(),
            settings.telegram_api_url, settings.staff_telegram_chat, polled,
        )  # fmt: skip
    if settings.twilio_account_sid and settings.twilio_auth_token and settings.twilio_from:
        channels["whatsapp"] = WhatsAppChannel(
            settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value(), settings.twilio_from,
            settings.twilio_api_url, settings.twilio_templates,
            f"{settings.public_url}/webhooks/twilio/status" if settings.public_url.startswith("https://") else None,
        )  # fmt: skip
    return channels


def lapor_gateway(settings: Settings) -> tuple[Lapor, timedelta]:
    """The gateway, and how long a request of its may take before its outcome counts as unknown."""
    if settings.lapor_mode == "assisted":
        return LaporAssisted(), timedelta(minutes=1)
    assert settings.lapor_url
    assert settings.lapor_auth_value
    assert settings.lapor_token
    ids = load_ids(settings.lapor_ids or SIMULATOR_IDS)
    api = LaporApi(
        settings.lapor_url, settings.lapor_auth_header, settings.lapor_auth_value.get_secret_value(),
        settings.lapor_token.get_secret_value(), ids, settings.lapor_user_id, settings.lapor_reporter,
        timeout=settings.lapor_timeout,
    )  # fmt: skip
    return api, timedelta(seconds=settings.lapor_timeout + 15)


def _handlers(
    public_url: str, store: Store, channels: Mapping[str, Channel], lapor: Lapor, lease: timedelta,
    media: MediaFolder, place_name: Callable[[str], str], ladder: tuple[Rung, ...],
    transports: Mapping[str, AlertTransport], clock: Callable[[], datetime],
) -> dict[str, Handler]:  # fmt: skip
    return {
        "say": SayHandler(channels, clock),
        "file": FileHandler(store, lapor, media, place_name, lease, clock),
        "follow": FollowHandler(store, lapor, media, lease, clock),
        "erase": EraseHandler(media, store, clock),
        "alert": AlertHandler(store, ladder, transports, place_name, f"{public_url}/admin/112", clock),
    }
