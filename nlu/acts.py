"""What is said besides the matter: global words, the wish to stay unnamed, no photo, the language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from nlu.emergency_features import phrases_of
from nlu.normaliser import Normaliser
from nlu.words import read_lists, spelt

Anonymity = Literal["none", "anonim", "rahasia"]
Over = Literal["none", "safe", "joke"]
_LONGEST_GLOBAL = 5
_LONGEST_OVER = 14
_LONGEST_ANSWER = 4
_ENGLISH_SHARE = 0.45
_AS_WRITTEN = ("english", "indonesian")
"""Lists that are compared with a message's words before they are spelt one way."""


@dataclass(frozen=True)
class Acts:
    """The lists of acts.yml and global.yml."""

    globals: Mapping[str, str]
    phrases: Mapping[str, frozenset[str]]
    raw_words: Normaliser = field(default_factory=Normaliser)

    @classmethod
    def load(cls, folder: Path, normaliser: Normaliser) -> Acts:
        """Read the lists; raises OSError or ValueError naming the file."""
        by_intent = spelt(read_lists(folder / "global.yml"), normaliser)
        written = read_lists(folder / "acts.yml")
        phrases = {**spelt(written, normaliser), **{name: written[name] for name in _AS_WRITTEN}}
        return cls(
            {phrase: intent for intent, said in by_intent.items() for phrase in said},
            {act: frozenset(said) for act, said in phrases.items()},
        )

    def global_intent(self, tokens: Sequence[str]) -> str | None:
        """The intent of a message that is nothing but a global word; marks and address ("pak", "dong") do not count."""
        words = [word for word in tokens if word not in ("?", "!")]
        if not words or len(words) > _LONGEST_GLOBAL or "?" in tokens:
            return None
        found = self.globals.get(" ".join(words))
        if found is None:
            found = self.globals.get(" ".join(word for word in words if word not in self.phrases["address"]))
        return found

    def anonymity(self, tokens: Sequence[str]) -> Anonymity:
        """`rahasia` hides the content, `anonim` the name; a message that wishes both is rahasia."""
        said = set(phrases_of(tokens))
        if said & self.phrases["anonimity_not"]:
            return "none"
        if said & self.phrases["rahasia"]:
            return "anonim" if said & _OF_A_NAME else "rahasia"
        return "anonim" if said & self.phrases["anonim"] else "none"

    def no_photo(self, tokens: Sequence[str]) -> bool:
        """The citizen says that there is no photo."""
        return bool(set(phrases_of(tokens)) & self.phrases["no_photo"])

    def over(self, tokens: Sequence[str]) -> Over:
        """The danger told before is over (`safe`), or was never one (`joke`); a long message is neither."""
        if len(tokens) > _LONGEST_OVER or "?" in tokens:
            return "none"
        said = set(phrases_of(tokens))
        if said & self.phrases["over_joke"] and not said & self.phrases["over_joke_not"]:
            return "joke"
        if said & self.phrases["over_safe"] and not said & self.phrases["over_safe_not"]:
            return "safe"
        return "none"

    def names_nothing(self, tokens: Sequence[str]) -> bool:
        """A few words that only say whose or where ("rumah bapak"): an answer, never a danger by itself."""
        return 0 < len(tokens) <= _LONGEST_ANSWER and self.phrases["bare_answer"].issuperset(tokens)

    def language(self, text: str) -> Literal["id", "en"]:
        """`en` when it is plainly English: most words are, and hardly any is Indonesian."""
        words = [token for token in self.raw_words.tokens(text) if token.isalpha() or "'" in token]
        english = sum(word in self.phrases["english"] for word in words)
        indonesian = sum(word in self.phrases["indonesian"] for word in words)
        if not words or indonesian * 3 > english:
            return "id"
        return "en" if english / len(words) >= _ENGLISH_SHARE or (english >= 3 and indonesian == 0) else "id"


_OF_A_NAME = frozenset({"nama", "namaku", "namanya", "identitas", "identitasku", "nomor", "nomorku", "pelapor"})
