"""Words that do not fit: split into bubbles, and options as a numbered list."""

from __future__ import annotations

from collections.abc import Sequence

from bot.channels.base import Button


def units(text: str) -> int:
    """Length as the providers count it: UTF-16 code units, so an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parts(text: str, most: int) -> list[str]:
    """Split into pieces of at most `most` UTF-16 units: between paragraphs, else lines, else words.

    Only a word longer than a whole piece is cut. Nothing but white space at the cuts is lost; a text that is
    short enough comes back unchanged.
    """
    if units(text) <= most:
        return [text]
    pieces: list[str] = []
    rest = text.strip()
    while units(rest) > most:
        cut = _cut(rest, _fitting(rest, most))
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*pieces, rest] if rest else pieces


def numbered(text: str, buttons: Sequence[Button]) -> str:
    """The text with its options below it as "1. ...", for where no buttons can be shown."""
    if not buttons:
        return text
    rows = "\n".join(f"{number}. {button.title}" for number, button in enumerate(buttons, 1))
    return f"{text}\n\n{rows}" if text else rows


def _fitting(text: str, most: int) -> int:
    """How many characters of the beginning fit into `most` units."""
    size = min(len(text), most)
    while (over := units(text[:size]) - most) > 0:
        size -= (over + 1) // 2
    return max(size, 1)


def _cut(text: str, size: int) -> int:
    for mark in ("\n\n", "\n", " "):
        # A paragraph that ends right at the beginning would leave a bubble of a few words.
        if (at := text.rfind(mark, 0, size + len(mark))) > size // 3:
            return at
    at = max(text.rfind("\n", 0, size + 1), text.rfind(" ", 0, size + 1))
    return at if at > 0 else size
