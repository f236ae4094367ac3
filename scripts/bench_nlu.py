"""How fast messages are understood: in process, and by a Rasa server with the same pipeline, on the same utterances.

The server is started from Rasa's environment with the archive that `make train` left in var/rasa, asked over
127.0.0.1, and stopped; where either is missing that part is left out and the table says so.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
from rich.console import Console
from rich.table import Table

from bot.settings import DATA
from nlu.labelled import read

ROOT: Final = DATA.parent
RASA: Final = ROOT / ".venv-rasa" / "bin" / "python"
ARCHIVE: Final = ROOT / "var" / "rasa" / "nlu.tar.gz"
START_S: Final = 180.0
AT_ONCE: Final = 8


@dataclass(frozen=True)
class Row:
    """`took`: milliseconds a message, one at a time; `rate`: messages a second, as fast as it goes."""

    name: str
    took: Sequence[float]
    rate: float
    memory_mb: float
    start_s: float

    def cells(self) -> tuple[str, ...]:
        ordered = sorted(self.took)
        p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
        return (
            self.name, f"{statistics.median(ordered):.2f}", f"{p99:.2f}", f"{self.rate:,.0f}", f"{self.memory_mb:.0f}",
            f"{self.start_s:.2f}",
        )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench_nlu", description=__doc__)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--in-process", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    texts = utterances(given.messages)
    if given.in_process:
        print(json.dumps(_in_process(texts)))
        return 0
    rows, notes = [in_process(given.messages)], []
    if not RASA.is_file():
        notes.append("Rasa server left out: Rasa's environment is not there (`make rasa`).")
    elif not ARCHIVE.is_file():
        notes.append("Rasa server left out: no trained archive in var/rasa (`make train`).")
    else:
        rows.append(over_rasa(texts))
    table = Table(title=f"Understanding {len(texts):,} messages")
    for column in ("", "p50 ms", "p99 ms", "messages/s", "resident MB", "start s"):
        table.add_column(column, justify="left" if not column else "right")
    for row in rows:
        table.add_row(*row.cells())
    console = Console()
    console.print(table)
    for note in notes:
        console.print(note)
    return 0


def utterances(count: int) -> list[str]:
    """Evenly chosen lines of all our labelled messages."""
    found = [message.text for message in read([DATA / "nlu", *sorted((DATA / "nlu").glob("dev"))])]
    return found[:: max(1, len(found) // count)][:count]


def in_process(count: int) -> Row:
    """In a process of its own, so that start and memory are those of understanding alone."""
    command = [sys.executable, "-m", "scripts.bench_nlu", "--in-process", "--messages", str(count)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603 - ourselves
    said = json.loads(done.stdout.splitlines()[-1])
    return Row("in process", said["took"], said["rate"], said["memory_mb"], said["start_s"])


def _in_process(texts: Sequence[str]) -> dict[str, object]:
    started = time.perf_counter()
    from nlu.places import Gazetteer
    from nlu.runtime import Runtime

    runtime = Runtime.load(DATA / "model", Gazetteer.load(DATA / "places"))
    start_s = time.perf_counter() - started
    now = datetime.now(UTC)
    took = []
    begun = time.perf_counter()
    for text in texts:
        before = time.perf_counter()
        runtime.parse(text, now)
        took.append((time.perf_counter() - before) * 1000)
    whole = time.perf_counter() - begun
    return {"took": took, "rate": len(texts) / whole, "memory_mb": resident_mb(os.getpid()), "start_s": start_s}


def over_rasa(texts: Sequence[str]) -> Row:
    """A Rasa server of our own on a free port of 127.0.0.1; stopped whatever happens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(RASA), "-W", "ignore", "-m", "rasa", "run", "--enable-api", "--model", str(ARCHIVE),
        "--interface", "127.0.0.1", "--port", str(port), "--endpoints", os.devnull,
    ]  # fmt: skip
    quiet = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "LOG_LEVEL": "ERROR"}
    started = time.perf_counter()
    server = subprocess.Popen(  # noqa: S603 - our own environment
        command, cwd=ROOT, env=quiet, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        return asyncio.run(_asked(f"http://127.0.0.1:{port}", texts, server, started))
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(timeout=20)


async def _asked(root: str, texts: Sequence[str], server: subprocess.Popen[bytes], started: float) -> Row:
    async with httpx.AsyncClient(base_url=root, timeout=30.0) as client:
        while not await _ready(client):
            if server.poll() is not None:
                raise SystemExit(f"The Rasa server ended by itself with {server.returncode}.")
            if time.perf_counter() - started > START_S:
                raise SystemExit(f"The Rasa server was not ready after {START_S:.0f} s.")
            await asyncio.sleep(0.2)
        start_s = time.perf_counter() - started
        took = []
        for text in texts:
            before = time.perf_counter()
            await _parse(client, text)
            took.append((time.perf_counter() - before) * 1000)
        begun = time.perf_counter()
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(text: str) -> None:
            async with turn:
                await _parse(client, text)

        await asyncio.gather(*(one(text) for text in texts))
        rate = len(texts) / (time.perf_counter() - begun)
        return Row("Rasa server", took, rate, resident_mb(server.pid), start_s)


async def _ready(client: httpx.AsyncClient) -> bool:
    try:
        status = (await client.get("/status")).json()
    except (httpx.HTTPError, ValueError):
        return False
    return bool(status.get("model_file"))


async def _parse(client: httpx.AsyncClient, text: str) -> None:
    # Rasa takes a leading slash for the name of an intent.
    answer = await client.post("/model/parse", json={"text": text.lstrip("/") or "-"})
    answer.raise_for_status()


def resident_mb(pid: int) -> float:
    """Resident memory of a process (Linux), in MB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    sys.exit(main())
