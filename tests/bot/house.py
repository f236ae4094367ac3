"""A house with doubles at its edges and everything real between: database, dialogue, texts, outbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from bot.alerts import AlertHandler
from bot.effects import Effects
from bot.followups import EraseHandler, FollowHandler
from bot.gateways.base import Alert, FollowupReceipt, Photo, Receipt, ReportToFile
from bot.gateways.ladder import Rung
from bot.gateways.rota import Contact
from bot.handlers import FileHandler, SayHandler
from bot.inbound import Inbound
from bot.incoming import Reader
from bot.media import MediaFolder
from bot.settings import DATA
from bot.staff import Staff
from bot.store.outbox import Lane
from bot.store.unit_of_work import Store
from bot.texts import Texts
from bot.worker import Worker
from tests.doubles import Keywords, ListChannel, Nowhere


class MovedClock:
    """The wall clock plus what tests add to it."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class ListLapor:
    """Keeps what was filed; raises what it is told to, once each."""

    def __init__(self) -> None:
        self.filed: list[tuple[ReportToFile, list[str]]] = []
        self.uploaded: list[Photo] = []
        self.followed: list[tuple[str, str, list[str], bool]] = []
        self.failures: list[Exception] = []

    async def upload(self, photo: Photo) -> str:
        self.uploaded.append(photo)
        return str(len(self.uploaded))

    async def file(self, report: ReportToFile, attachments: list[str]) -> Receipt | None:
        if self.failures:
            raise self.failures.pop(0)
        self.filed.append((report, attachments))
        return Receipt(str(len(self.filed)), f"T{len(self.filed)}")

    async def add_followup(
        self, complaint_id: str, words: str, photos: Sequence[Photo] = (), *, is_secret: bool = False
    ) -> FollowupReceipt:
        if self.failures:
            raise self.failures.pop(0)
        self.followed.append((complaint_id, words, [photo.content_type for photo in photos], is_secret))
        return FollowupReceipt(f"F{len(self.followed)}")

    async def close(self) -> None: ...


class ListTransport:
    def __init__(self, name: str) -> None:
        self.name = name
        self.alerts: list[Alert] = []
        self.told: list[str] = []
        self.failures: list[Exception] = []

    async def alert(self, alert: Alert, to: Contact | None = None) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.alerts.append(alert)
        self.told.append(to.name if to else self.name)
        return self.name

    async def close(self) -> None: ...


@dataclass
class TestHouse:
    __test__ = False

    store: Store
    channel: ListChannel
    lapor: ListLapor
    transports: dict[str, ListTransport]
    clock: MovedClock
    inbound: Inbound
    worker: Worker
    staff: Staff
    media: MediaFolder

    async def settle(self, lanes: tuple[Lane, ...] = tuple(Lane)) -> None:
        """Read and deliver until nothing more is due."""
        for _ in range(40):
            worked = await self.inbound.drain()
            await self.inbound.settled()
            for lane in lanes:
                worked += await self.worker.work(lane)
            if not worked:
                return
        raise AssertionError("the house does not come to rest")

    async def hears(self, *messages: Any) -> list[str]:
        """Take messages in, settle, and return the words said since."""
        before = len(self.channel.sent)
        await self.inbound.take_in(messages)
        await self.settle()
        return [message.text for _, message in self.channel.sent[before:]]


@cache
def _texts(name: Callable[[str], str]) -> Texts:
    """Read once: they are the same for every house."""
    return Texts(DATA / "texts", name)


def _angled(code: str) -> str:
    return f"<{code}>"


def build(store: Store, folder: Path, ladder: tuple[Rung, ...] = (Rung("desk", "meja 112", 60),),
          name: Callable[[str], str] = _angled, lapor: Any = None) -> TestHouse:  # fmt: skip
    channel, lapor, clock = ListChannel(), lapor or ListLapor(), MovedClock()
    transports = {n: ListTransport(n) for n in ("desk", "telegram_group", "webhook", "call", "sms")}
    media = MediaFolder(folder / "media")
    texts = _texts(name)
    channels = {"webchat": channel}
    worker = Worker(
        store,
        {
            "say": SayHandler(channels, clock),
            "file": FileHandler(store, lapor, media, name, timedelta(seconds=30), clock),
            "follow": FollowHandler(store, lapor, media, timedelta(seconds=30), clock),
            "erase": EraseHandler(media, store, clock),
            "alert": AlertHandler(store, ladder, transports, name, "http://desk", clock),
        },
        clock,
    )
    effects = Effects(texts.render, {"webchat": channel.limits}, {"lampu_jalan": "Dinas Perhubungan"})
    reader = Reader(channels, Keywords(), Nowhere(), media)
    inbound = Inbound(
        store, channels, reader, effects, texts.choice, worker.deliver, clock, lambda words: "kebakaran" in words
    )
    worker.on_change = inbound.wake
    staff = Staff(store, lambda: None, clock)
    return TestHouse(store, channel, lapor, transports, clock, inbound, worker, staff, media)
