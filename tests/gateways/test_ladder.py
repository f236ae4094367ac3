"""The ladder's file: what it may say, and the sentence for everything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.gateways.ladder import BadLadder, Rung, load_ladder


def test_without_a_file_the_desk_has_a_minute() -> None:
    assert load_ladder(None) == (Rung("desk", "desk", 60.0),)


def test_the_rungs_in_their_order(tmp_path: Path) -> None:
    file = tmp_path / "tangga.yml"
    file.write_text(
        "# siapa dulu\n- transport: desk\n  name: Meja 112\n  seconds: 0\n"
        "- {transport: telegram_group, name: Grup Piket, seconds: 45}\n- {transport: webhook, seconds: 60.5}\n",
        encoding="utf-8",
    )
    assert load_ladder(file) == (
        Rung("desk", "Meja 112", 0.0), Rung("telegram_group", "Grup Piket", 45.0), Rung("webhook", "webhook", 60.5),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1, must be a list"),
        ("[]", "line 1, must be a list"),
        ("transport: desk", "line 1, must be a list"),
        ("- {transport: desk, seconds: 60}\n- [1]", "line 2, is not an entry"),
        ("- {transport: desk, seconds: 60}\n- teks", "line 2, is not an entry"),
        ("- {transport: desk, seconds: 60}\n- {transport: merpati, seconds: 5}", "line 2, needs a transport out of"),
        ("- {seconds: 60}", "line 1, needs a transport"),
        ("- {transport: desk}", "line 1, needs seconds from 0 to 3600"),
        ("- {transport: desk, seconds: -1}", "line 1, needs seconds"),
        ("- {transport: desk, seconds: .nan}", "line 1, needs seconds"),
        ("- {transport: desk, seconds: yes}", "line 1, needs seconds"),
        ('- {transport: desk, seconds: "60"}', "line 1, needs seconds"),
        ("- {transport: [desk], seconds: 60}", "line 1, needs a transport"),
        ("- {transport: desk, seconds: 60, wait: 5}", "line 1, has wait"),
        ("- {transport: desk, seconds: 9}\n\n- {transport: desk, seconds: 9}", "line 3, repeats the name desk"),
        ("- {transport: desk, seconds: 0}", "has no entry that waits"),
        ("- {transport: desk\n- {", "is not YAML at line"),
        ("- {transport: desk, seconds: 2025-13-45}", "line 1, is not an entry"),
    ],
)
def test_a_mistake_is_one_sentence_with_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "tangga.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadLadder) as failed:
        load_ladder(file)
    assert said in str(failed.value)
    assert str(file) in str(failed.value)
    assert "\n" not in str(failed.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadLadder, match="cannot be read"):
        load_ladder(tmp_path / "tidak-ada.yml")
