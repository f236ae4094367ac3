"""The terminal: every line of `siaga chat --json`, and what is printed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.channels.base import Button, Incoming, Malformed, Media, Outgoing, WebhookRequest
from bot.channels.console import ConsoleChannel
from bot.failures import Rejected


def read(line: Any) -> list[Any]:
    body = line if isinstance(line, bytes) else json.dumps(line).encode()
    return list(ConsoleChannel(print).receive(WebhookRequest("", {}, body)))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ({"text": "halo"}, {"kind": "text", "text": "halo"}),
        ({"text": "bukan", "edit_of": "m0"}, {"kind": "text", "edit_of": "c1:m0"}),
        ({"photo": "a/b.jpg", "caption": "ini", "group": "g1"},
         {"kind": "photo", "text": "ini", "album": "g1", "media": (Media("a/b.jpg", "image/jpeg", name="b.jpg"),)}),
        ({"pin": [0.5, 117.5]}, {"kind": "pin", "pin": (0.5, 117.5), "live": False}),
        ({"pin": [0.5, 117.5], "live": True}, {"kind": "pin", "live": True}),
        ({"button": "yes"}, {"kind": "button", "button": "yes"}),
        ({"kind": "voice", "path": None}, {"kind": "voice", "media": ()}),
        ({"kind": "document", "path": "surat.pdf"},
         {"kind": "document", "media": (Media("surat.pdf", "application/pdf", name="surat.pdf"),)}),
        ({"kind": "contact", "phone": "+6281100001234"}, {"kind": "contact", "phone": "+6281100001234"}),
    ],
)  # fmt: skip
def test_lines(line: dict[str, Any], expected: dict[str, Any]) -> None:
    (found,) = read({"from": "c1", "id": "m1", **line})
    assert {name: getattr(found, name) for name in expected} == expected
    assert (found.address, found.message_id, found.own_id) == ("c1", "c1:m1", "c1:m1")


def test_bare_words_are_a_message_and_an_empty_line_is_none() -> None:
    (found,) = read(b"lampu mati")
    assert isinstance(found, Incoming)
    assert found.text == "lampu mati"
    assert read(b"  \n") == []


@pytest.mark.parametrize("line", [b"{", b"\xff", {"id": "m1"}, {"from": "c1"}, {"from": "c1", "id": "m1"},
                                  {"from": "c1", "id": "m1", "pin": ["a", "b"]},
                                  {"from": "c1", "id": "m1", "kind": "bau"}])  # fmt: skip
def test_wrong_lines_are_malformed(line: Any) -> None:
    with pytest.raises(Malformed):
        read(line)


async def test_what_is_printed() -> None:
    lines: list[str] = []
    message = Outgoing("Kirim?", (Button("send", "Kirim"),))
    await ConsoleChannel(lines.append).send("c1", message)
    await ConsoleChannel(lines.append, as_json=True).send("c1", message)
    assert lines[0] == "Kirim?\n\n1. Kirim"
    assert json.loads(lines[1]) == {
        "to": "c1", "text": "Kirim?", "buttons": [{"id": "send", "title": "Kirim"}], "image": None,
    }  # fmt: skip
    with pytest.raises(Rejected):
        await ConsoleChannel(lines.append).send("", message)
