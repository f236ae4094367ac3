"""Every transcript of tests/transcripts, played against the dialogue."""

from __future__ import annotations

import csv

import pytest

from bot.texts import Texts
from scripts import rules_table
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


@pytest.mark.parametrize("rule", [f"1.{n}" for n in range(1, 21)] + ["3.4"])
def test_every_rule_is_shown_on_both_sides(rule: str) -> None:
    found = [t for t in ALL if t.rule == rule]
    assert len(found) >= 2
    assert any(t.unhappy for t in found), "nothing goes wrong, late, out of order or twice"
    assert not all(t.unhappy for t in found), "the straight way is missing"


def test_the_table_of_rules_is_current() -> None:
    assert rules_table.FILE.read_text(encoding="utf-8") == rules_table.table(), "run scripts/rules_table.py"


def test_a_wrong_expectation_fails(texts: Texts) -> None:
    """The runner notices: the first transcript with its first answer left out must fail."""
    first = ALL[0]
    broken = ({**first.turns[0], "bot": []}, *first.turns[1:])
    with pytest.raises(AssertionError, match="turn 1"):
        play(Transcript(first.file, first.rule, first.title, broken, first.start), texts)
