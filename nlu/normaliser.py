"""What a citizen wrote, as understanding reads it: one spelling for each word, nothing lost that carries meaning.

Pure Python, the same code in training (Python 3.10, inside Rasa) and in the service.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

MAX_CHARS = 4000
"""Longer messages are read up to here; WhatsApp and Telegram carry no more than 4,096 characters in one."""

_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]*)?(?:\d(?!\d))?|\d+|[?!]|[^\w\s.,;:()\[\]{}\"'`´‘’“”/\\|<>@#$%^&*+=~_-]")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_APOSTROPHES = str.maketrans("‘’ʼ´`", "'''''")
_KEPT_NUMBERS = frozenset({"110", "112", "113", "115", "119", "118"})
_NOT_DOUBLED = frozenset(
    [
        "rt",
        "rw",
        "km",
        "gg",
        "sp",
        "sd",
        "sdn",
        "smp",
        "smpn",
        "sma",
        "smk",
        "tk",
        "no",
        "blok",
        "jalur",
        "unit",
        "trans",
        "tahap",
        "kelas",
        "gang",
        "jl",
        "jalan",
        "lt",
        "l",
        "p",
        "k",
        "c",
        "d",
    ]
)


_COMMAND = re.compile(r"\s*/(?:help|menu|start|bantuan)(?:@\w+)?(?=\s|$)", re.IGNORECASE)


def spoken_command(text: str) -> str:
    """A messenger's command for help as the word people say, or it would read as a cry for it; else the text."""
    return _COMMAND.sub("menu", text, count=1) if _COMMAND.match(text) else text


@dataclass(frozen=True)
class Normaliser:
    """`standard` maps a spelling of the region to the standard word (data/words/slang.yml, turned round)."""

    standard: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, spellings: Mapping[str, Sequence[str]]) -> Normaliser:
        """From the file's form: standard word to its other spellings."""
        return cls({other: word for word, others in spellings.items() for other in others})

    def tokens(self, text: str) -> list[str]:
        """Words in order, lower case, spelt one way; digits become zeros of the same count, marks ? and ! stay.

        Never raises; reads at most MAX_CHARS characters.
        """
        clean = unicodedata.normalize("NFKC", spoken_command(text[:MAX_CHARS])).lower().translate(_APOSTROPHES)
        clean = _STRETCHED.sub(r"\1", clean)
        out: list[str] = []
        for token in _TOKEN.findall(clean):
            out.extend(self._standard(token))
        return out

    def _standard(self, token: str) -> list[str]:
        if token in self.standard:
            return self.standard[token].split()
        if token.isdigit():
            return [token if token in _KEPT_NUMBERS else "0" * min(len(token), 6)]
        if token[-1].isdigit():
            word, digit = token[:-1], token[-1]
            if digit == "2" and len(word) > 2 and word not in _NOT_DOUBLED:
                return [*self._word(word), *self._word(word)]
            return [*self._word(word), "0"]
        return self._word(token)

    def _word(self, word: str) -> list[str]:
        if word in self.standard:
            return self.standard[word].split()
        return [word.rstrip("'") or word]
