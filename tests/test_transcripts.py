"""Every transcript of tests/transcripts, played against the dialogue."""

from __future__ import annotations

import csv

import pytest

from bot.texts import Texts
from tests.transcripts.runner import ROOT, Transcript, play, transcripts

ALL = list(transcripts())


@pytest.fixture(scope="module")
def texts() -> Texts:
    with (ROOT / "data" / "places" / "wilayah.csv").open(encoding="utf-8", newline="") as file:
        names = {row["code"]: row["name"] for row in csv.DictReader(file)}
    return Texts(ROOT / "data" / "texts", names.__getitem__)


@pytest.mark.parametrize("transcript", ALL, ids=lambda t: t.name)
def test_transcript(transcript: Transcript, texts: Texts) -> None:
    play(transcript, texts)


def test_there_are_many_and_each_names_its_rule() -> None:
    assert len(ALL) >= 40
    assert all(t.rule and t.turns for t in ALL)
    assert len({t.name for t in ALL}) == len(ALL)


def test_a_wrong_expectation_fails(texts: Texts) -> None:
    """The runner notices: the first transcript with its first answer left out must fail."""
    first = ALL[0]
    broken = ({**first.turns[0], "bot": []}, *first.turns[1:])
    with pytest.raises(AssertionError, match="turn 1"):
        play(Transcript(first.file, first.rule, first.title, broken, first.start), texts)
