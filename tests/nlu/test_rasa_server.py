"""One contract for every understander; and a Rasa server that fails never loses an emergency."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from flows.model import Understanding
from nlu.labelled import read
from nlu.port import Understander
from nlu.rasa_server import Breaker, RasaServer
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


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_breaker_opens_after_failures_in_a_row_and_tries_again_after_a_pause() -> None:
    clock = Clock()
    breaker = Breaker(failures=3, pause_s=30.0, clock=clock)
    for _ in range(2):
        breaker.failed()
    breaker.answered()
    for _ in range(2):
        assert breaker.allows()
        breaker.failed()
    assert breaker.allows()
    breaker.failed()
    assert not breaker.allows()
    clock.now += 29.9
    assert not breaker.allows()
    clock.now += 0.2
    assert breaker.allows(), "one is let through after the pause"
    assert not breaker.allows(), "but one only"
    breaker.failed()
    clock.now += 29.9
    assert not breaker.allows()
    clock.now += 0.2
    assert breaker.allows()
    breaker.answered()
    assert breaker.allows()
    assert breaker.allows()


async def test_a_broken_server_is_left_alone_and_found_again(address: str, word_list: WordList, now: datetime) -> None:
    clock = Clock()
    asked: list[str] = []

    async def count(request: httpx.Request) -> None:
        asked.append(request.url.path)

    client = httpx.AsyncClient(timeout=5.0, event_hooks={"request": [count]})
    rasa = RasaServer(address, word_list, client, breaker=Breaker(failures=2, pause_s=30.0, clock=clock))
    for _ in range(2):
        await rasa.understand(["galat 500"], now)
    assert len(asked) == 2
    said = await rasa.understand(["tolong rumah kebakaran", "jalan rusak"], now)
    assert said == [word_list.parse("tolong rumah kebakaran", now), word_list.parse("jalan rusak", now)]
    assert said[0].emergency.level == "live"
    assert len(asked) == 2, "nobody waits for it"
    assert rasa.trouble is not None
    clock.now += 31
    assert (await rasa.understand(["jalan rusak di bengalon"], now))[0].category.ranking
    assert rasa.trouble is None
    await rasa.understand(["jalan rusak di bengalon"], now)
    assert len(asked) == 4
    await rasa.close()
