"""The judge is judged: counts, intervals, floors."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from flows.model import Category, Emergency, Place, Ranked, Understanding
from nlu import evaluate
from nlu.labelled import Labelled, read
from nlu.measures import Pair, calibration, measures, per_intent, wilson

FIRE = Labelled("rumah terbakar", "darurat", emergency=True, emergency_type="kebakaran", kec="64.08.09")
PAST = Labelled("kebakaran lalu", "lapor", category="lainnya", lookalike="lampau")
ROAD = Labelled("jalan rusak", "lapor", category="jalan")


def _said(
    intent: str, level: str = "none", kind: str | None = None, *codes: str, kec: str | None = None
) -> Understanding:
    ranking = tuple(Ranked(code, 0.9 / (i + 1)) for i, code in enumerate(codes))
    place = Place(kecamatan=kec, certainty="sure") if kec else Place()
    category = Category(codes[0] if codes else None, 0.9, ranking, "sure" if codes else "unknown")
    return Understanding(intent, 0.9, Emergency(level, kind, 0.5), category, place)  # type: ignore[arg-type]


def test_each_goal_counts_what_it_says() -> None:
    pairs: list[Pair] = [
        (FIRE, _said("darurat", "live", "kebakaran", kec="64.08.09")),
        (FIRE, _said("lapor", "ask", "medis", kec="64.08.01")),
        (PAST, _said("darurat", "live", "kebakaran", "jalan", "sampah", "listrik")),
        (ROAD, _said("lapor", "none", None, "jalan")),
        (ROAD, _said("lapor", "ask", "kecelakaan", "drainase", "jalan")),
    ]
    counted = {m.name: (m.hits, m.total) for m in measures(pairs)}
    assert counted["emergency_any"] == (2, 2)
    assert counted["emergency_live"] == (1, 2)
    assert counted["emergency_type"] == (1, 2)
    assert counted["lookalike_live"] == (1, 1)
    assert counted["ordinary_live"] == (0, 2)
    assert counted["ordinary_ask"] == (1, 2)
    assert counted["intent"] == (3, 5)
    assert counted["intent_lowest"] == (1, 2)
    assert counted["category"] == (1, 3)
    assert counted["category_three"] == (2, 3)
    assert counted["kecamatan"] == (1, 2)
    assert counted["wrong_place"] == (1, 5)
    assert sum(row[1] for row in calibration(pairs)) == 3
    assert {row.label: (row.said, row.hits) for row in per_intent(pairs)} == {"darurat": (2, 1), "lapor": (3, 2)}


def test_wilson() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(6, 2000)
    assert (round(low, 4), round(high, 4)) == (0.0014, 0.0065)
    assert math.isclose(wilson(10, 10)[1], 1.0)


def test_floors_decide_the_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "few.jsonl"
    file.write_text('{"text":"batal","intent":"batal"}\n{"text":"petugas","intent":"ulang"}\n', encoding="utf-8")
    assert evaluate.main([file], {"intent": 0.5}) == 0
    assert evaluate.main([file], {"intent": 0.6}) == 1
    assert evaluate.main([file], {"ordinary_live": 0.0}) == 0
    assert evaluate.main([file], {"nonsense": 0.6}) == 1
    assert "nonsense" in capsys.readouterr().err


def test_files_without_labels_are_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"text":"a"}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"broken\.jsonl, line 1"):
        read([broken])


def test_cross_validation_without_its_environment_says_what_to_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate.folded([Path("data/nlu")], 5, {}, tmp_path / "data", 0) == 1
    assert "make rasa" in capsys.readouterr().err


def test_cross_validation_runs_where_its_environment_is(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    python = tmp_path / ".venv-rasa" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$@"\nexit 7\n', encoding="utf-8")
    python.chmod(0o755)
    assert evaluate.folded([tmp_path / "a.yml"], 3, {"intent": 0.9}, tmp_path / "data", 5) == 7
    said = capfd.readouterr().out.split()
    assert said[:5] == ["-W", "ignore", "-m", "nlu.learning.cross", "--folds"]
    assert said[5:] == ["3", "--errors", "5", "--floor", "intent=0.9", str(tmp_path / "a.yml")]
