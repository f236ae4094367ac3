"""A stop is not held by open pages: their streams end when the signal comes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.gateways.running import ROOT, free_address


def test_open_streams_do_not_hold_a_stop(tmp_path: Path) -> None:
    address = free_address()
    port = address.rpartition(":")[2]
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "SIAGA_SECRET_KEY": "k" * 40, "SIAGA_PUBLIC_URL": address,
        "SIAGA_DATABASE_URL": f"sqlite:///{tmp_path}/siaga.db", "SIAGA_MEDIA_DIR": str(tmp_path / "media"),
    }  # fmt: skip
    siaga = [sys.executable, "-m", "bot"]
    subprocess.run([*siaga, "db", "upgrade"], env=environment, cwd=tmp_path, check=True, timeout=60)
    service = subprocess.Popen([*siaga, "serve", "--port", port], env=environment, cwd=tmp_path)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{address}/healthz").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        with httpx.stream("GET", f"{address}/chat/events", timeout=30) as stream:
            lines = stream.iter_lines()
            next(lines)
            began = time.monotonic()
            service.send_signal(signal.SIGTERM)
            for _ in lines:
                pass
            assert time.monotonic() - began < 3
        service.wait(6)
        assert time.monotonic() - began < 6
    finally:
        service.kill()
        service.wait(10)
