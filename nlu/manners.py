"""What a message is besides its matter: abuse, advertising, a wish about one's own data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nlu.emergency_features import phrases_of
from nlu.normaliser import Normaliser
from nlu.words import read_lists, spelt

Tone = Literal["none", "insult", "advert"]
Act = Literal["none", "show_data", "erase_data"]
_SHORT = 8
"""Words up to which a message may be nothing but a wish about one's own data."""


@dataclass(frozen=True)
class Manners:
    """The lists of manners.yml."""

    phrases: Mapping[str, frozenset[str]]

    @classmethod
    def load(cls, folder: Path, normaliser: Normaliser) -> Manners:
        """Read the lists; raises OSError or ValueError naming the file."""
        written = read_lists(folder / "manners.yml")
        # Connectors are looked for in the text as it was written.
        lists = {**spelt(written, normaliser), "further": written["further"]}
        return cls({name: frozenset(said) for name, said in lists.items()})

    def act(self, tokens: Sequence[str], intent: str) -> Act:
        """The wish to see or erase one's own data, said plainly; erasing counts where both are named."""
        if intent != "privasi" and len(tokens) > _SHORT:
            return "none"
        said = set(phrases_of(tokens))
        if said & self.phrases["erase_data"]:
            return "erase_data"
        return "show_data" if said & self.phrases["show_data"] else "none"

    def tone(self, tokens: Sequence[str], text: str) -> Tone:
        """Abuse or advertising. A single doubtful sign is none: the dialogue goes on as usual."""
        said = set(phrases_of(tokens))
        signs = len(said & self.phrases["advert"])
        linked = any(sign in text.lower() for sign in ("http", "www.", "bit.ly", "wa.me", "t.me/"))
        if signs >= 3 or (signs >= 1 and linked):
            return "advert"
        words = [t for t in tokens if t.isalpha()]
        alone = bool(words) and len(words) <= 3 and bool(set(words) & self.phrases["insult_alone"])
        return "insult" if alone or said & self.phrases["insult"] else "none"
