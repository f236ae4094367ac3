"""Which of the offered options a citizen names in words: by its title, or by its number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final


def _words(spaced: str) -> frozenset[str]:
    return frozenset(spaced.split())


_POLITE: Final = _words(
    "pak bu bapak ibu min kak mas mba mbak bang om bos aja saja dong deh ya yah sih lah please pls thanks"
)
_CALLS: Final = _words("pak bu bapak ibu min kak mas mba mbak bang om bos yang yg the")
_BEFORE_NUMBER: Final = _words("no nomor nomer num number opsi option pilih pilihan yang yg ke the")
_AFTER_NUMBER: Final = _POLITE | {"one"}
_LAST: Final = frozenset(["terakhir", "last"])
_NUMBERS: Final = {
    word: number
    for number, words in enumerate(
        (
            "1 satu pertama kesatu 1st one first", "2 dua kedua 2nd two second", "3 tiga ketiga 3rd three third",
            "4 empat keempat 4th four fourth", "5 lima kelima 5th five fifth", "6 enam keenam 6th six sixth",
            "7 tujuh ketujuh 7th seven seventh", "8 delapan kedelapan 8th eight eighth",
            "9 sembilan kesembilan 9th nine ninth", "10 sepuluh kesepuluh 10th ten tenth",
        ),
        start=1,
    )
    for word in words.split()
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """What an option may be called. `whole` names it outright; a word of `begins` is enough where only it fits."""

    whole: frozenset[str]
    begins: frozenset[str] = frozenset()


def plain(text: str) -> str:
    """Small letters and digits with single spaces: no emoji, punctuation, accents or width."""
    spread = unicodedata.normalize("NFKD", text).casefold()
    kept = (c if c.isalnum() else "" if unicodedata.combining(c) or c in "\u200d\ufe0f'’" else " " for c in spread)
    return " ".join("".join(kept).split())


def choose(offered: Mapping[str, Names], text: str) -> str | None:
    """The one option that these words name; None when none or more than one does.

    Numbers count from 1 in the order offered, and only where there is more than one to choose from: beside a
    lone *Lewati*, "1" is an answer to the question ("1 orang").
    """
    words = plain(text).split()
    trimmed = _trim(words)
    for said in (" ".join(words), " ".join(trimmed)):
        found = [option for option, names in offered.items() if said and said in names.whole]
        if found:
            return found[0] if len(found) == 1 else None
    number = _number(words, len(offered)) if len(offered) > 1 else None
    if number:
        return list(offered)[number - 1]
    said = " ".join(trimmed)
    begun = [option for option, names in offered.items() if _begins(names, said)]
    return begun[0] if len(begun) == 1 and len(said) > 2 else _numbered(offered, words)


def _trim(words: Sequence[str]) -> list[str]:
    """Without the small words of politeness; a leading "ya" stays, for it may be the answer itself."""
    kept = list(words)
    while len(kept) > 1 and kept[-1] in _POLITE:
        kept.pop()
    while len(kept) > 1 and kept[0] in _CALLS:
        kept.pop(0)
    return kept


def _numbered(offered: Mapping[str, Names], words: Sequence[str]) -> str | None:
    """A title copied with its number ("1. Sepaso"): both must mean the same option."""
    number, rest = _number(words[:1], len(offered)), " ".join(words[1:])
    if not number or not rest:
        return None
    option, names = list(offered.items())[number - 1]
    return option if rest in names.whole or _begins(names, rest) else None


def _begins(names: Names, said: str) -> bool:
    return any(f"{name} ".startswith(f"{said} ") for name in names.begins)


def _number(words: Sequence[str], most: int) -> int | None:
    """ "2", "no 2", "nomor dua", "yang kedua", "yang terakhir", "ke-2 aja": nothing else in the message."""
    kept = list(words)
    while kept and kept[0] in _BEFORE_NUMBER:
        kept.pop(0)
    while len(kept) > 1 and kept[-1] in _AFTER_NUMBER:
        kept.pop()
    if len(kept) != 1:
        return None
    if kept[0] in _LAST:
        return most
    digits = re.fullmatch(r"(?:no|ke)?0?(\d{1,2})", kept[0])
    number = int(digits[1]) if digits else _NUMBERS.get(kept[0])
    return number if number and 1 <= number <= most else None
