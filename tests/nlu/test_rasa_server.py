"""One contract for every understander; and a Rasa server that fails never loses an emergency."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from flows.model import Understanding
from nlu.labelled import read
from nlu.port import Understander
from nlu.rasa_server import RasaServer
from nlu.runtime import Runtime
from nlu.wordlist import WordList


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A stand-in Rasa server in a process of its own, stopped with the module."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.nlu.rasa_stand_in"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)
        process.stdout.close()


@pytest.fixture
async def server(address: str, word_list: WordList) -> AsyncIterator[RasaServer]:
    rasa = RasaServer(address, word_list)
    yield rasa
    await rasa.close()


@pytest.fixture(params=["runtime", "rasa_server", "word_list"])
def any_understander(
    request: pytest.FixtureRequest, runtime: Runtime, server: RasaServer, word_list: WordList
) -> Understander:
    twins: dict[str, Understander] = {"runtime": runtime, "rasa_server": server, "word_list": word_list}
    return twins[request.param]


async def test_contract(any_understander: Understander, now: datetime) -> None:
    texts = [
        "",
        "batal",
        "tolong rumah kebakaran",
        "jalan rusak di bengalon",
        "x" * 20_000,
        "\x00",
        "🔥",
        "kebakaran minggu lalu",
    ]
    said = await any_understander.understand(texts, now)
    assert len(said) == len(texts)
    assert all(isinstance(one, Understanding) for one in said)
    assert said[1].intent == "batal"
    assert (said[2].emergency.level, said[2].intent) == ("live", "darurat")
    assert said[3].place.kecamatan == "64.08.09"
    assert said[7].date is not None
    assert said[7].emergency.level != "live"
    assert await any_understander.understand([], now) == []


async def test_over_http_the_answers_are_those_of_the_runtime(
    server: RasaServer, runtime: Runtime, now: datetime
) -> None:
    texts = [message.text for message in read([Path("data/nlu/dev")])[::29]]
    assert await server.understand(texts, now) == await runtime.understand(texts, now)
    assert server.trouble is None


@pytest.mark.parametrize("text", ["galat 500", "galat json", "galat bentuk"])
async def test_a_faulty_answer_falls_back_to_the_word_list(
    server: RasaServer, word_list: WordList, now: datetime, text: str
) -> None:
    assert await server.understand([text], now) == [word_list.parse(text, now)]
    assert server.trouble is not None
    await server.understand(["halo"], now)
    assert server.trouble is None


async def test_no_server_at_all_still_sees_danger(word_list: WordList, now: datetime) -> None:
    rasa = RasaServer("http://127.0.0.1:9", word_list, timeout_s=1.0)
    said = await rasa.understand(["tolong rumah kebakaran"], now)
    assert said[0].emergency.level == "live"
    await rasa.close()
