"""Splitting long words, numbering options, reading phone numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Button
from bot.channels.layout import numbered, parts, units
from bot.channels.phone import e164, phone_of_vcard

words = st.text(st.sampled_from("ab \n😀"), max_size=300)


@given(words, st.integers(2, 60))
def test_pieces_fit_and_lose_nothing_but_white_space(text: str, most: int) -> None:
    pieces = parts(text, most)
    assert all(units(piece) <= most for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    if units(text) <= most:
        assert pieces == [text]


def test_a_paragraph_is_kept_whole_when_it_can_be() -> None:
    assert parts("satu dua tiga\n\nempat lima enam", 20) == ["satu dua tiga", "empat lima enam"]
    assert parts("satu dua tiga empat", 10) == ["satu dua", "tiga empat"]
    assert parts("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]


def test_an_emoji_counts_twice_as_at_the_providers() -> None:
    assert units("😀a") == 3
    assert parts("😀😀😀", 4) == ["😀😀", "😀"]


def test_options_are_numbered_below_the_text() -> None:
    assert numbered("Kirim?", [Button("send", "Kirim"), Button("edit", "Ubah")]) == "Kirim?\n\n1. Kirim\n2. Ubah"
    assert numbered("Halo", []) == "Halo"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0811-0000-1234", "+6281100001234"),
        ("6281100001234", "+6281100001234"),
        ("+62 811-0000-1234", "+6281100001234"),
        ("bukan nomor", None),
        ("", None),
        (None, None),
        ("12", None),
    ],
)
def test_phone_numbers(written: str | None, read: str | None) -> None:
    assert e164(written) == read


def test_the_number_on_a_contact_card() -> None:
    card = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Warga\r\nitem1.TEL;waid=6281100001234:+62 811-0000-1234\r\nEND:VCARD\r\n"
    assert phone_of_vcard(card) == "+6281100001234"
    assert phone_of_vcard(b"BEGIN:VCARD\r\nTEL:1\r\nEND:VCARD") is None
