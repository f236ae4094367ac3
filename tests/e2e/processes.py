"""Real processes for the tests: the service and the other sides, on free ports, waited for, always stopped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, TypeVar

import httpx

from bot.settings import load
from bot.store import schema
from bot.store.accounts import Accounts, hashed
from bot.store.sealing import Sealer
from bot.store.transaction import Transaction, reading
from bot.store.unit_of_work import Store
from tests.channels.ear import ACCOUNT, AUTH_TOKEN, SECRET, SENDER, TOKEN, StandIn
from tests.conftest import SECRET as SECRET_KEY

ROOT: Final = Path(__file__).resolve().parents[2]
START_SECONDS: Final = 60.0
STAFF_CHAT: Final = -1009990000001
EMERGENCY_SECRET: Final = "rahasia-uji-sistem-112"
LAPOR_SECRETS: Final = ("nilai-auth-uji-lapor", "token-uji-lapor")
PASSWORD: Final = "kata-sandi-uji-saja"
OFFICERS: Final = {
    "petugas112": ("petugas_112", "Petugas Satu"), "operator": ("operator", "Operator Uji"),
    "admin": ("admin", "Admin Uji"), "pengaman": ("operator", "Operator Berpengaman"),
}  # fmt: skip
LADDER: Final = """
- {transport: desk, name: Meja 112, seconds: 1}
- {transport: telegram_group, name: Grup petugas, seconds: 1}
- {transport: webhook, name: Sistem 112, seconds: 120}
"""

BYTECODE: Final = tempfile.TemporaryDirectory(prefix="siaga-e2e-")
"""Compiled modules of this run, beside the checkout: a service in use does not compile itself at every start."""
STARTED: list[Process] = []
"""Every process of this test run, so that a failing test can show what they wrote."""

Found = TypeVar("Found")


def _end_all(number: int, _frame: object) -> None:
    """A test run that is told to end takes its processes along: theirs are sessions of their own."""
    for process in STARTED:
        process.leave_nothing()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


signal.signal(signal.SIGTERM, _end_all)


def eventually(probe: Callable[[], Found], what: str, seconds: float = 20.0) -> Found:
    """What the probe gives once it gives something true. Fails, naming `what`, when it never does."""
    until = time.monotonic() + seconds
    pause = 0.02
    while True:
        found = probe()
        if found:
            return found
        assert time.monotonic() < until, f"not within {seconds:.0f} s: {what}"
        time.sleep(pause)
        # Looking costs the processes that are looked at.
        pause = min(0.3, pause * 1.4)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def clean_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Ours alone: no setting of the machine's, but its paths, so that the code of this checkout runs."""
    dropped = ("SIAGA_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    paths = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(ROOT)]))
    return {**kept, "PYTHONPATH": paths, "PYTHONUNBUFFERED": "1", "PYTHONPYCACHEPREFIX": BYTECODE.name, **settings}


def run(folder: Path, settings: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """`siaga ...` to its end, a minute at most."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments], cwd=folder, env=clean_environment(settings), capture_output=True,
        text=True, timeout=60, stdin=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


@dataclass
class Process:
    """One process with a session of its own; what it writes goes to `log`, restart after restart."""

    name: str
    arguments: list[str]
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    _running: subprocess.Popen[bytes] | None = None
    _out: IO[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def pid(self) -> int:
        assert self._running is not None
        return self._running.pid

    def start(self) -> None:
        if self._out is not None:
            self._out.close()
        self._out = self.log.open("ab")
        self._running = subprocess.Popen(
            [sys.executable, "-m", *self.arguments], cwd=self.folder, env=clean_environment(self.settings),
            stdin=subprocess.DEVNULL, stdout=self._out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        if self not in STARTED:
            STARTED.append(self)

    def ended_with(self) -> int | None:
        """How it ended, negative when by a signal; None while it runs."""
        assert self._running is not None
        return self._running.poll()

    def until(self, ready: Callable[[], Found], seconds: float = START_SECONDS) -> Found:
        """Wait until it is ready; fails at once when it has ended instead."""

        def look() -> Found:
            assert self._running is not None
            assert self._running.poll() is None, f"{self.name} ended with {self._running.returncode}:\n{self.tail()}"
            return ready()

        return eventually(look, f"{self.name} is ready\n{self.tail()}", seconds)

    def ask_to_end(self, by: signal.Signals) -> None:
        """End it as an operator would, and wait until it has."""
        assert self._running is not None
        self._running.send_signal(by)
        self._running.wait(20)

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """End it and whatever it started; what does not end in 15 s is killed."""
        assert self._running is not None
        if self._running.poll() is None:
            self._running.send_signal(by)
            try:
                self._running.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()
        return self._ended()

    def kill(self) -> None:
        """kill -9, as a crash or a power cut."""
        assert self._running is not None
        if self._running.poll() is None:
            self._running.kill()
        self._running.wait(15)
        self._ended()

    def leave_nothing(self) -> None:
        """End what is left of its session: itself, and whatever it started and left behind."""
        if self._running is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._running.pid, signal.SIGKILL)

    def _ended(self) -> int:
        assert self._running is not None
        self.leave_nothing()
        if self._out is not None:
            self._out.close()
            self._out = None
        return int(self._running.wait(15))

    def written(self) -> str:
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def tail(self, lines: int = 60) -> str:
        return "\n".join(self.written().splitlines()[-lines:])


class OtherSide(StandIn):
    """A stand-in with its process."""

    def __init__(self, process: Process, url: str) -> None:
        super().__init__(url)
        self.process = process

    def get(self, path: str) -> Any:
        answer = httpx.get(f"{self.url}{path}", timeout=30, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def forget_script(self) -> None:
        httpx.delete(f"{self.url}/_next", timeout=30, trust_env=False)


@dataclass(frozen=True)
class World:
    """Everybody the service talks to."""

    telegram: OtherSide
    twilio: OtherSide
    lapor: OtherSide
    emergency: OtherSide

    def complaints(self) -> list[dict[str, Any]]:
        """What LAPOR! holds, oldest first: the bodies with their id."""
        return [{**c["body"], "id": str(c["id"])} for c in self.lapor.get("/_received")["complaints"]]

    def incidents(self) -> list[dict[str, Any]]:
        """What the 112 system behind the webhook was told."""
        told: list[dict[str, Any]] = self.emergency.get("/_received")["incidents"]
        return told


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """The four stand-ins, started side by side."""
    given = {
        "telegram": ["--token", TOKEN],
        "twilio": ["--auth-token", AUTH_TOKEN, "--account-sid", ACCOUNT, "--sender", SENDER],
        "lapor": [],
        "emergency": ["--secret", EMERGENCY_SECRET],
    }
    with ExitStack() as open_:
        sides = {}
        for name, arguments in given.items():
            process = Process(name, [f"bot.simulators.{name}", "--port", "0", *arguments], folder)
            process.start()
            # What a test left hanging in a stand-in is of no use to anybody: no graceful end.
            open_.callback(process.kill)
            sides[name] = process
        yield World(**{name: OtherSide(process, _address(process)) for name, process in sides.items()})


def _address(process: Process) -> str:
    """The first line of a simulator ends with its address."""

    def told() -> str | None:
        found = re.search(r"^\S.* (http://127\.0\.0\.1:\d+)$", process.written(), re.MULTILINE)
        return found[1] if found else None

    found = process.until(told)
    assert found
    return found


class House(Process):
    """`siaga serve` with its settings; killed and started again it keeps its port and its database."""

    def __init__(self, folder: Path, database_url: str, outside: World, **settings: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.database_url = database_url
        ladder = folder / "ladder.yml"
        ladder.write_text(LADDER)
        given = {
            "SIAGA_DATABASE_URL": database_url, "SIAGA_MEDIA_DIR": str(folder / "media"), "SIAGA_PUBLIC_URL": self.url,
            "SIAGA_SECRET_KEY": SECRET_KEY, "SIAGA_SECOND_FACTOR": "optional",
            "SIAGA_TELEGRAM_TOKEN": TOKEN, "SIAGA_TELEGRAM_SECRET": SECRET,
            "SIAGA_TELEGRAM_API_URL": outside.telegram.url, "SIAGA_TWILIO_ACCOUNT_SID": ACCOUNT,
            "SIAGA_TWILIO_AUTH_TOKEN": AUTH_TOKEN, "SIAGA_TWILIO_FROM": SENDER,
            "SIAGA_TWILIO_API_URL": outside.twilio.url, "SIAGA_LAPOR_MODE": "api", "SIAGA_LAPOR_URL": outside.lapor.url,
            "SIAGA_LAPOR_AUTH_VALUE": LAPOR_SECRETS[0], "SIAGA_LAPOR_TOKEN": LAPOR_SECRETS[1],
            "SIAGA_LAPOR_USER_ID": "1", "SIAGA_STAFF_TELEGRAM_CHAT": str(STAFF_CHAT),
            "SIAGA_EMERGENCY_LADDER": str(ladder), "SIAGA_EMERGENCY_WEBHOOK_URL": f"{outside.emergency.url}/incidents",
            "SIAGA_EMERGENCY_WEBHOOK_SECRET": EMERGENCY_SECRET, "SIAGA_LOG_LEVEL": "DEBUG", "SIAGA_LOG_FORMAT": "json",
            **settings,
        }  # fmt: skip
        super().__init__("siaga", ["bot", "serve", "--port", str(port)], folder, given)
        self.outside = outside

    def siaga(self, *arguments: str) -> str:
        """A command of the same house; its standard output. Fails when it ends with an error."""
        ended = run(self.folder, self.settings, *arguments)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    async def _rows(self, ask: Callable[[Transaction], Awaitable[Found]]) -> Found:
        store = self.store()
        try:
            async with reading(store) as tx:
                return await ask(tx)
        finally:
            await store.close()

    def store(self) -> Store:
        """Its database, seen from outside."""
        return Store(load(database_url=self.database_url, secret_key=SECRET_KEY).database_url, Sealer(SECRET_KEY))

    def stored(self, ask: Callable[[Transaction], Awaitable[Found]]) -> Found:
        """What a question to its database answers."""
        return asyncio.run(self._rows(ask))

    def prepare(self) -> None:
        """The schema, and officers who can sign in: what `siaga db upgrade` and `siaga user add` do."""

        async def do() -> None:
            store = self.store()
            await schema.upgrade(store)
            async with store.write() as session:
                accounts = Accounts(session)
                await accounts.seed_roles()
                for username, (role, name) in OFFICERS.items():
                    await accounts.add_user(username, name, await hashed(PASSWORD), role, datetime.now(UTC))
            await store.close()

        asyncio.run(do())

    def begin(self) -> None:
        """Start, and wait until /readyz says yes."""
        self.start()
        self.until(lambda: answers(f"{self.url}/readyz"))

    def open_doors(self) -> None:
        """Tell the stand-ins where updates and forms go."""
        self.outside.telegram.post("/_webhook", {"url": f"{self.url}/webhooks/telegram", "secret": SECRET})
        self.outside.twilio.post("/_webhook", {"url": f"{self.url}/webhooks/twilio"})


@contextmanager
def serving(folder: Path, database_url: str, outside: World, **settings: str) -> Iterator[House]:
    """A migrated house that runs, and is stopped afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    house = House(folder, database_url, outside, **settings)
    house.prepare()
    house.begin()
    try:
        yield house
    finally:
        house.stop()


def answers(url: str) -> bool:
    """Whether a GET is answered with 200."""
    try:
        return httpx.get(url, timeout=5, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
