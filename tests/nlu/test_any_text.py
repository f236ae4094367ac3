"""Any text at all gets an answer, never an exception: through the model, the word list, and the whole understander."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flows.model import Understanding
from nlu.places import Gazetteer
from nlu.runtime import Runtime
from nlu.understand import Guarded, understander
from nlu.wordlist import WordList
from tests.nlu.conftest import NOW

CONTROL = st.text(st.characters(categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"]), max_size=60)
EMOJI = st.text(st.sampled_from("🔥😭🙏👍🏽\u200d\ufe0f🇮🇩👨‍👩‍👧🆘"), min_size=1, max_size=40)
SCRIPTS = st.text(st.characters(categories=["L", "M", "N"], min_codepoint=0x250), max_size=120)
WORDS = st.lists(
    st.sampled_from([
        "tolong", "kebakaran", "jalan", "rusak", "di", "bengalon", "km", "5", "kemarin", "112", "?", "!", "anonim",
        "foto", "\n", "[x](detail)", "/stop", "http://a.b", "'", "de'", "2x", "aaaaaaaa", "\u0301", "０１",
    ]),
    max_size=80,
).map(" ".join)  # fmt: skip
ANY = st.one_of(st.text(max_size=500), CONTROL, EMOJI, SCRIPTS, WORDS)
QUIET = settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="session")
def whole(gazetteer: Gazetteer) -> Guarded:
    return understander(Path("data"), gazetteer, None)


def _sound(said: Understanding) -> None:
    assert said.intent
    assert 0.0 <= said.confidence <= 1.0
    assert (said.emergency.type is None) == (said.emergency.level == "none")
    assert said.emergency.level != "live" or said.over == "none"


@QUIET
@given(ANY)
@example("")
@example("\ud800")
@example("\x00\x01\x1f\x7f")
@example("🔥" * 500)
@example("a" * 20_000)
@example("tolong " * 3_000)
@example("\n" * 20_000)
@example("जलना 火事 пожар حريق")
def test_the_model_answers(runtime: Runtime, text: str) -> None:
    _sound(runtime.parse(text, NOW))


@QUIET
@given(ANY)
@example("")
@example("\ud800")
@example("a" * 20_000)
def test_the_word_list_answers(word_list: WordList, text: str) -> None:
    _sound(word_list.parse(text, NOW))


@QUIET
@given(st.lists(ANY, max_size=4))
@example([""])
@example(["\ud800", "\x00"])
@example(["a" * 20_000, "jalan rusak. " * 1_600, "?" * 20_000])
@example(["/" * 300, "satu. dua tiga empat; lima enam tujuh\n" * 500])
def test_the_whole_understander_answers_by_its_model(whole: Guarded, texts: list[str]) -> None:
    said = asyncio.run(whole.understand(texts, NOW))
    assert len(said) == len(texts)
    for one in said:
        _sound(one)
    assert whole.trouble is None, "the model did not fail and hide behind the word list"


def test_twenty_thousand_characters_take_no_longer_than_the_part_that_is_read(whole: Guarded) -> None:
    (said,) = asyncio.run(whole.understand(["tolong kebakaran di pasar bengalon " * 600], NOW))
    assert said.place.kecamatan == "64.08.09"
