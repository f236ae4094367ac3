"""One spelling for each word, and nothing that can stop it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.normaliser import MAX_CHARS, Normaliser
from nlu.words import Words, read_lists

WORDS = Words.load(Path("data/words"))
SLANG = read_lists(Path("data/words/slang.yml"))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Jln RUSAK bgt!!", "jalan rusak sangat ! !"),
        ("tolooooong", "tolong"),
        ("anak2 sy ga bangun2", "anak anak saya tidak bangun bangun"),
        ("lampu-lampu mati", "lampu lampu mati"),
        ("kada bisa liwat", "tidak bisa lewat"),
        ("RT05 gg 3", "rt 00 gg 0"),
        ("smp2 sangatta", "smp 0 sangatta"),
        ("telp 112 aja, 0811", "telp 112 saja 0000"),
        ("ＴＯＬＯＮＧ", "tolong"),
        ("api 🔥", "api 🔥"),
        ("jum’at", "jum'at"),
        ("", ""),
        ("...", ""),
    ],
)
def test_reads_as(written: str, read: str) -> None:
    assert " ".join(WORDS.normaliser.tokens(written)) == read


@pytest.mark.parametrize("word", ["gg", "kel", "mati", "jl", "kec", "bansos", "padam", "no", "ki", "mi"])
def test_words_that_mean_something_else_here_stay(word: str) -> None:
    assert WORDS.normaliser.tokens(word) == [word]


def test_no_spelling_has_two_meanings_and_no_standard_word_is_rewritten() -> None:
    spellings = [other for others in SLANG.values() for other in others]
    assert len(spellings) == len(set(spellings))
    rewritten = {word for standard in SLANG for word in standard.split() if word in WORDS.normaliser.standard}
    assert not rewritten


def test_reads_no_further_than_stated() -> None:
    assert WORDS.normaliser.tokens("a b " * MAX_CHARS) == WORDS.normaliser.tokens("a b " * (MAX_CHARS // 4))


@given(st.text(max_size=300))
def test_any_text_gives_words_without_spaces(text: str) -> None:
    tokens = WORDS.normaliser.tokens(text)
    assert all(token and " " not in token for token in tokens)


def test_without_a_list_words_stay_as_they_are() -> None:
    assert Normaliser().tokens("yg kada") == ["yg", "kada"]


def test_a_misshapen_list_is_named(tmp_path: Path) -> None:
    (tmp_path / "slang.yml").write_text("ya: [yes, yup]\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"slang\.yml"):
        read_lists(tmp_path / "slang.yml")
