"""`siaga chat`: the terminal for people, and JSON lines for programs."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.citizens import sentence
from tests.e2e.pictures import NOT_A_PICTURE, street
from tests.e2e.processes import clean_environment, run
from tests.e2e.test_emergency import CALL_112, FIRE
from tests.e2e.test_report import LAMP

Turn = list[dict[str, Any]]


class Terminal:
    """`siaga chat --json`: a line in, and what was said until the turn's end."""

    def __init__(self, folder: Path) -> None:
        self.settings = {"SIAGA_SECRET_KEY": "k" * 40, "SIAGA_DATABASE_URL": f"sqlite:///{folder}/chat.db",
                         "SIAGA_MEDIA_DIR": str(folder / "media")}  # fmt: skip
        self.folder = folder
        self.errors = (folder / "chat.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bot", "chat", "--json"], cwd=folder, env=clean_environment(self.settings),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True, start_new_session=True,
        )  # fmt: skip
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self._number = 0

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def writes(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def sends(self, **event: Any) -> str:
        """Write an event without waiting; its id."""
        self._number += 1
        given = {"id": f"m{self._number}", **event}
        self.writes(json.dumps(given))
        return str(given["id"])

    def until_end_of(self, wanted: str | None) -> Turn:
        said: Turn = []
        while True:
            line = self.next_line()
            if "turn_end" in line and line["turn_end"] == wanted:
                return said
            said.append(line)

    def turn(self, **event: Any) -> Turn:
        return self.until_end_of(self.sends(**event))

    def next_line(self) -> Any:
        line = self._lines.get(timeout=30)
        assert line, f"siaga chat ended:\n{(self.folder / 'chat.log').read_text()[-3000:]}"
        return json.loads(line)

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            assert self._process.wait(20) == 0
        finally:
            self._process.kill()
            self._process.wait(10)
            self.errors.close()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    started = Terminal(tmp_path)
    yield started
    started.stop()


def texts(turn: Turn) -> list[str]:
    return [line["text"] for line in turn]


def options(turn: Turn) -> list[str]:
    return [button["id"] for line in turn for button in line["buttons"]]


def to_the_photo(terminal: Terminal, who: str) -> None:
    turn = terminal.turn(**{"from": who, "text": LAMP})
    while "photo:skip" not in options(turn):
        turn = terminal.turn(**{"from": who, "button": options(turn)[0]})


def test_every_event_of_the_interface(terminal: Terminal, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(street(ord(name[0])))
    (tmp_path / "c.jpg").write_bytes(NOT_A_PICTURE)
    to_the_photo(terminal, "c1")

    bad = terminal.turn(**{"from": "c1", "photo": str(tmp_path / "c.jpg"), "caption": None})
    assert texts(bad)[0] == sentence("photo_not_a_picture")
    first = terminal.sends(**{"from": "c1", "photo": str(tmp_path / "a.jpg"), "group": "g1"})
    second = terminal.sends(**{"from": "c1", "photo": str(tmp_path / "b.jpg"), "group": "g1"})
    assert terminal.until_end_of(first) == [], "an album is answered with its last piece"
    summary = terminal.until_end_of(second)
    assert len(summary) == 1
    assert "Foto: 2" in texts(summary)[0]
    assert set(summary[0]) == {"to", "text", "buttons", "image"}

    reminder = terminal.turn(advance_seconds=1900)
    assert texts(reminder)[0] == sentence("reminder")
    filed = terminal.turn(**{"from": "c1", "button": "send"})
    assert "KS-" in texts(filed)[0]


def test_a_button_by_its_title_and_a_message_twice(terminal: Terminal) -> None:
    to_the_photo(terminal, "c1")
    summary = terminal.turn(**{"from": "c1", "button": "Lewati"})
    assert "send" in options(summary)
    repeated = {"from": "c1", "text": "kirim", "id": "sama"}
    assert any("KS-" in words for words in texts(terminal.turn(**repeated)))
    assert terminal.turn(**repeated) == [], "a repeat says nothing, and ends its turn"


def test_an_edit_corrects_and_a_pin_places(terminal: Terminal) -> None:
    asked = terminal.turn(**{"from": "c1", "text": "lampu jalan mati", "id": "asal"})
    assert "place:skip" in options(asked)
    live = terminal.turn(**{"from": "c1", "pin": [0.538, 117.555], "live": True})
    while "photo:skip" not in options(live):
        live = terminal.turn(**{"from": "c1", "button": options(live)[0]})
    edited = terminal.turn(**{"from": "c1", "text": "lampu jalan mati dan tiangnya miring", "edit_of": "asal"})
    assert "photo:skip" in options(edited)
    summary = terminal.turn(**{"from": "c1", "text": "lewati"})
    assert "tiangnya miring" in texts(summary)[-1]
    assert "titik peta" in texts(summary)[-1]


@pytest.mark.parametrize("kind", ["voice", "sticker", "video", "document", "contact"])
def test_nothing_a_citizen_sends_meets_silence(terminal: Terminal, kind: str) -> None:
    assert texts(terminal.turn(**{"from": "c1", "kind": kind, "path": None}))


def test_an_emergency_and_the_petugas(terminal: Terminal) -> None:
    danger = terminal.turn(**{"from": "c1", "text": FIRE})
    assert texts(danger)[0].startswith(CALL_112)
    unanswered = terminal.turn(advance_seconds=61)
    assert any(words.startswith(CALL_112) for words in texts(unanswered)), "nobody answered: told again to call"
    acknowledged = terminal.turn(staff="acknowledge", to="c1")
    assert any("dibaca oleh Petugas 112" in words for words in texts(acknowledged))
    assert {line["to"] for line in acknowledged} == {"c1"}
    terminal.writes(json.dumps({"staff": "acknowledge", "to": "c1", "id": "lagi"}))
    assert "error" in terminal.next_line(), "there is nothing left to acknowledge"

    listed = run(terminal.folder, terminal.settings, "incidents", "list", "--json")
    incident = json.loads(listed.stdout.splitlines()[0])
    assert (incident["from"], incident["words"], incident["state"]) == ("c1", FIRE, "acknowledged")


def test_a_petugas_takes_the_conversation(terminal: Terminal) -> None:
    to_the_photo(terminal, "c1")
    words = "Tim kami sedang melihat laporan ini."
    reply = terminal.turn(staff="reply", to="c1", text=words)
    assert words in texts(reply)
    assert terminal.turn(**{"from": "c1", "text": "baik pak, ditunggu"}) == [], "the bot is silent"
    back = terminal.turn(staff="handback", to="c1")
    assert "photo:skip" in options(back), "and comes back with the pending question"


def test_lines_that_cannot_be_read_are_told(terminal: Terminal) -> None:
    for line in ("{", "[]", '{"from": "c1"}', '{"from": "c1", "id": "x"}', '{"staff": "reply", "to": "niemand"}'):
        terminal.writes(line)
        assert set(terminal.next_line()) == {"error"}
    assert texts(terminal.turn(**{"from": "c1", "text": "halo"})), "and the talk goes on"


def test_people_talk_in_plain_words(tmp_path: Path) -> None:
    settings = {"SIAGA_SECRET_KEY": "k" * 40, "SIAGA_DATABASE_URL": f"sqlite:///{tmp_path}/chat.db",
                "SIAGA_MEDIA_DIR": str(tmp_path / "media")}  # fmt: skip
    talk = subprocess.run(
        [sys.executable, "-m", "bot", "chat"], input=f"{FIRE}\n", cwd=tmp_path, env=clean_environment(settings),
        capture_output=True, text=True, timeout=60, start_new_session=True,
    )  # fmt: skip
    assert talk.returncode == 0, talk.stderr
    assert CALL_112 in talk.stdout
    assert talk.stderr == ""
