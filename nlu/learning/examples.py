"""A labelled message as learning reads it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from nlu.labelled import Labelled
from nlu.noise import noisy
from nlu.normaliser import Normaliser

ABOUT_SOMETHING = ("lapor", "aspirasi", "tanya_informasi")
"""The intents whose messages have a category, or none because they name no problem yet."""


@dataclass(frozen=True)
class Example:
    """`tokens`: its normalised words; `noisy`: a mistyped copy of `original`, which teaches but never judges.

    `emergency` is None where nobody judged it.
    """

    text: str
    tokens: tuple[str, ...]
    intent: str
    author: str = ""
    category: str | None = None
    emergency: bool | None = None
    emergency_type: str | None = None
    lookalike: str | None = None
    noisy: bool = False
    original: str = ""

    @classmethod
    def of(cls, message: Labelled, normaliser: Normaliser) -> Example:
        return cls(
            message.text, tuple(normaliser.tokens(message.text)), message.intent, message.author or "",
            message.category, message.emergency, message.emergency_type, message.lookalike, original=message.text,
        )  # fmt: skip

    @property
    def names_a_matter(self) -> bool:
        """It teaches categories: it has one, or is a bare wish to report."""
        return bool(self.category) or self.intent in ABOUT_SOMETHING


def with_copies(examples: Sequence[Example], normaliser: Normaliser, copies: int) -> list[Example]:
    """The examples, then `copies` mistyped ones of each."""
    return [*examples, *(_copy(e, normaliser, number) for e in examples for number in range(copies))]


def clean(examples: Iterable[Example]) -> list[Example]:
    """Without the mistyped copies."""
    return [example for example in examples if not example.noisy]


def _copy(example: Example, normaliser: Normaliser, number: int) -> Example:
    text = noisy(example.text, number)
    return replace(example, text=text, tokens=tuple(normaliser.tokens(text)), noisy=True)
