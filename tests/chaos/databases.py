"""A database of the run's own, which the run may take away for some seconds."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, Protocol

import pytest

from tests.e2e.processes import free_port

_DEBIAN: Final = "/usr/lib/postgresql"
_SETTINGS: Final = "max_connections = 200\nlisten_addresses = '127.0.0.1'\nlogging_collector = off\n"


_RUNNING: Final[list[PostgresServer]] = []
_before = signal.getsignal(signal.SIGTERM)


def _end_servers(number: int, frame: FrameType | None) -> None:
    """A run that is told to end takes its servers along: they are in a session of their own."""
    for server in list(_RUNNING):
        server.remove()
    if callable(_before):
        _before(number, frame)
    raise SystemExit(128 + number)


signal.signal(signal.SIGTERM, _end_servers)


class Database(Protocol):
    """`url` as SIAGA_DATABASE_URL takes it."""

    url: str

    def leave(self, seconds: float) -> None:
        """Be away for about so long; returns when it is back."""
        ...


class SqliteFile:
    """One file; away means that somebody else writes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "siaga.db"
        self.url = f"sqlite:///{self._path}"

    def leave(self, seconds: float) -> None:
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            time.sleep(seconds)
            connection.execute("ROLLBACK")
        finally:
            connection.close()


class PostgresServer:
    """A server of the run's own; away means stopped as by a power cut, and started again.

    As root it runs as the user postgres, because PostgreSQL refuses to run as root.
    """

    def __init__(self) -> None:
        self._data = Path(tempfile.mkdtemp(prefix="siaga-postgres-"))
        self._port = free_port()
        self.url = f"postgresql://kacau@127.0.0.1:{self._port}/postgres"

    def create(self) -> None:
        _RUNNING.append(self)
        if os.getuid() == 0:
            shutil.chown(self._data, "postgres", "postgres")
        self._run("initdb", "-D", str(self._data), "-U", "kacau", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        settings = self._data / "postgresql.conf"
        settings.write_text(f"{settings.read_text()}\nport = {self._port}\n{_SETTINGS}unix_socket_directories = ''\n")
        self._control("start")

    def leave(self, seconds: float) -> None:
        self._control("stop", "-m", "immediate")
        time.sleep(seconds)
        self._control("start")

    def remove(self) -> None:
        if (self._data / "postmaster.pid").exists():
            self._control("stop", "-m", "immediate")
        shutil.rmtree(self._data, ignore_errors=True)
        if self in _RUNNING:
            _RUNNING.remove(self)

    def _control(self, what: str, *more: str) -> None:
        log = self._data / "server.log"
        self._run("pg_ctl", "-D", str(self._data), "-l", str(log), "-w", "-t", "60", *more, what)

    def _run(self, program: str, *arguments: str) -> None:
        found = program_of_postgres(program)
        assert found, f"there is no {program}"
        command = [found, *arguments]
        if os.getuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        # Not capture_output: the server that pg_ctl starts would hold the pipe open for as long as it lives.
        ended = subprocess.run(
            command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=90
        )
        assert ended.returncode == 0, f"{program} {' '.join(arguments)} ended with {ended.returncode}"


def program_of_postgres(name: str) -> str | None:
    """The path of a program of PostgreSQL's server; Debian keeps them out of PATH."""
    there = sorted(Path(_DEBIAN).glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    return str(there[-1]) if there else shutil.which(name)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[Database]:
    """A database of this kind in this folder. Skips the test where PostgreSQL's server is not installed."""
    if kind == "sqlite":
        yield SqliteFile(folder)
        return
    if program_of_postgres("initdb") is None:
        pytest.skip("no PostgreSQL server programs (initdb): `make test` installs them on Debian")
    server = PostgresServer()
    try:
        server.create()
        yield server
    finally:
        server.remove()
