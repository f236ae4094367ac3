"""Corrections into the training data: read before they are merged, never twice, never against what authors wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.__main__ import app
from bot.catalogue import standard
from bot.corrections import Example, as_yaml, example, examples_of, merge
from bot.failures import SiagaError
from bot.store.review import Verdict

LAMP = Verdict("lapor", "lampu_jalan", kecamatan="64.08.04")
FIRE = Verdict("darurat", None, True, "kebakaran")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as data/nlu is: one author, one held-back author."""
    (tmp_path / "dev").mkdir()
    authored = [Example("jalan rusak parah", Verdict("lapor", "jalan")), Example("halo min", Verdict("salam"))]
    (tmp_path / "pak.yml").write_text(as_yaml(authored), encoding="utf-8")
    (tmp_path / "dev" / "bu.yml").write_text(as_yaml([Example("rahasia ya", Verdict("anonim"))]), encoding="utf-8")
    return tmp_path


def test_what_is_written_can_be_read_again() -> None:
    odd = [
        Example('kata "orang" \\ begini: {x} # y', LAMP), Example("tolong api 🔥", FIRE), Example("- null", LAMP),
        Example("64.08", LAMP), Example("ya", Verdict("setuju")),
    ]  # fmt: skip
    again = examples_of(as_yaml(odd), "x.yml", standard())
    assert {(e.text, e.verdict) for e in again} == {(e.text, e.verdict) for e in odd}
    assert as_yaml(again) == as_yaml(odd)
    assert examples_of(as_yaml([]), "x.yml", standard()) == []


@pytest.mark.parametrize(
    ("words", "name", "expected"),
    [
        ("saya Siti Rahma di sini", "Siti Rahma", "saya Fulan di sini"),
        ("bu siti mau lapor", "Siti Rahma", "bu Fulan mau lapor"),
        ("hubungi 0811 0000 0011 ya", None, "hubungi 0811-0000-0000 ya"),
        ("surel saya a.b@contoh.id", None, "surel saya nama@contoh.id"),
        ("NIK 6408010101010001", None, "NIK 0811-0000-0000"),
        ("lihat [ini](x)\n  ya", "Al", "lihat (ini)(x) ya"),
    ],
)
def test_personal_data_is_replaced_by_something_that_reads_alike(words: str, name: str | None, expected: str) -> None:
    assert example(words, LAMP, name).text == expected


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{emergency: 0, category: api}", "unknown category"),
        ("{emergency: 1}", "together"),
        ("{emergency: 0, emergency_type: medis}", "together"),
        ('{emergency: 0, kec: "1"}', "unknown kec"),
        ('{emergency: 0, kec: "64.08.04", desa: "64.08.18.2002"}', "not in its kec"),
        ("3", "no text or no metadata"),
    ],
)
def test_a_label_that_is_none_is_named(line: str, why: str) -> None:
    content = f'nlu:\n- intent: lapor\n  examples:\n  - text: "lampu"\n    metadata: {line}\n'
    with pytest.raises(SiagaError, match=why):
        examples_of(content, "x.yml", standard())


@pytest.mark.parametrize("content", ["", "a: 1", "nlu: 3", "nlu:\n- intent: lapor\n", "{", "- x"])
def test_what_is_no_such_file_is_refused(content: str) -> None:
    with pytest.raises(SiagaError, match="is not a file of corrections"):
        examples_of(content, "x.yml", standard())


def test_a_merge_knows_what_is_there_and_refuses_contradictions(folder: Path) -> None:
    target = folder / "koreksi.yml"
    new = [
        Example("Lampu  mati", LAMP), Example("JALAN rusak parah", Verdict("lapor", "jalan", kecamatan="64.08.04")),
        Example("halo min", Verdict("terima_kasih")), Example("rahasia ya", Verdict("anonim")),
    ]  # fmt: skip
    first = merge(new, target, standard())
    assert (first.added, first.changed, first.known) == (1, 0, 1)
    assert [(text, why.split()[0]) for text, why in first.left_out] == [
        ("halo min", "contradicts"),
        ("rahasia ya", "is"),
    ]
    target.write_text(first.content, encoding="utf-8")
    assert merge(new[:1], target, standard()).content == first.content, "a second time changes nothing"
    later = merge([Example("lampu mati", Verdict("aspirasi", "lampu_jalan"))], target, standard())
    assert (later.added, later.changed) == (0, 1)
    assert "-- intent: lapor" in later.diff
    assert "+- intent: aspirasi" in later.diff
    assert later.content.count("text:") == 1


def test_the_command_shows_asks_and_says_what_is_due(folder: Path) -> None:
    file, target = folder / "unduhan.txt", folder / "koreksi.yml"
    file.write_text(as_yaml([Example("lampu mati", LAMP)]), encoding="utf-8")
    command = ["nlu", "import-corrections", str(file), "--into", str(target)]
    refused = CliRunner().invoke(app, command, input="n\n")
    assert '+  - text: "lampu mati"' in refused.output
    assert "nothing was changed" in refused.output
    assert not target.exists()
    taken = CliRunner().invoke(app, [*command, "--yes"])
    assert "make train" in taken.output
    assert target.read_text(encoding="utf-8").count("lampu mati") == 1
    assert "nothing to merge" in CliRunner().invoke(app, [*command, "--yes"]).output
    broken = CliRunner().invoke(app, ["nlu", "import-corrections", str(folder / "tidak-ada.yml")])
    assert isinstance(broken.exception, SiagaError)
