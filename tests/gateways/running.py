"""Starting the simulators as processes of their own, and small HTTP servers beside the test."""

from __future__ import annotations

import os
import selectors
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from bot.gateways.base import Alert, ReportToFile

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30.0


@contextmanager
def process(module: str, *arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`python -m module --port 0 ...`: its address and the process, which is stopped afterwards."""
    command = [sys.executable, "-m", module, "--port", "0", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        with selectors.DefaultSelector() as waiting:
            waiting.register(running.stdout, selectors.EVENT_READ)
            assert waiting.select(START_SECONDS), f"{module} did not start within {START_SECONDS:.0f} s"
        yield running.stdout.readline().split()[-1], running
    finally:
        running.terminate()
        try:
            running.wait(10)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait(10)
        if running.stdout is not None:
            running.stdout.close()


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The application on a free port of 127.0.0.1, in a thread of this process."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not server.started:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


class BotApi:
    """Telegram's sendMessage over real HTTP: keeps what was sent, answers what is queued in `answers`."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self.app = FastAPI()
        self.app.post("/bot{token}/sendMessage")(self._send_message)

    async def _send_message(self, token: str, request: Request) -> JSONResponse:
        form = {name: str(value) for name, value in (await request.form()).items()}
        self.sent.append({"token": token, **form})
        if self.answers:
            status, body = self.answers.pop(0)
            return JSONResponse({"ok": False, "error_code": status, **body}, status)
        chat = {"id": int(form["chat_id"]), "type": "supergroup", "title": "Petugas"}
        message = {"message_id": len(self.sent), "date": 1_700_000_000, "chat": chat, "text": form["text"]}
        return JSONResponse({"ok": True, "result": message})


def free_address() -> str:
    """An address where nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def report(**changes: Any) -> ReportToFile:
    given: dict[str, Any] = {
        "ticket": "KS-251124-A1B2", "category": "lampu_jalan", "classification": "pengaduan",
        "place_text": "depan masjid, Sangatta Utara", "kecamatan": "64.08.04", "desa": None, "lat": 0.5379,
        "lon": 117.55547, "description": "Lampu jalan mati sejak tiga hari lalu", "incident_date": date(2025, 11, 24),
        "is_anonymous": False, "is_secret": False, "reporter": "Warga Contoh", "phone": "+62 811-0000-1234",
        "channel": "whatsapp", "agency": None,
    }  # fmt: skip
    return ReportToFile(**{**given, **changes})


def alert(**changes: Any) -> Alert:
    given: dict[str, Any] = {
        "incident": "IN-20251124031500-0a1b2c3d4e5f", "version": 1, "type": "kebakaran", "level": "live",
        "words": "tolong rumah kebakaran", "at": datetime(2025, 11, 24, 3, 15, tzinfo=UTC), "channel": "telegram",
        "place_text": "Jl. Yos Sudarso, Sangatta Utara", "kecamatan": "64.08.04", "desa": None, "lat": 0.5379,
        "lon": 117.55547, "victims": None, "phone": "+62 811-0000-1234", "outside": False,
        "desk_url": "https://siaga.example.go.id/admin/112",
    }  # fmt: skip
    return Alert(**{**given, **changes})
