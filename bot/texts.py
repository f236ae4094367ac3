"""From keys to words: the texts of data/texts (Fluent), the names of data/labels.yml, and what fits a channel."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, cast

import babel.dates
import yaml
from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax import ast as syntax
from fluent.syntax.visitor import Visitor

from bot.channels.base import Button, Limits, Outgoing
from bot.choices import Names, choose, plain
from bot.failures import SiagaError
from bot.sentences import SENTENCES
from flows.model import WITA, Arg, Language, Name, Option, Say
from flows.options import option
from nlu.faq import Answer, Faq

LANGUAGES: Final[tuple[Language, ...]] = ("id", "en")
ELASTIC: Final = ("description", "note", "words", "detail")
"""The arguments in free words, in the order in which they give way when a text is too long for its channel."""
LONG: Final = 200
_KINDS_OF_PLACE: Final = (
    (re.compile(r"^Desa\s+"), "desa"), (re.compile(r"^Kel\.\s+"), "kelurahan"), (re.compile(r"^Kec\.\s+"), "kecamatan"),
)  # fmt: skip
_ABBREVIATED: Final = {"kelurahan": "kel", "kecamatan": "kec"}
_TITLE_OF_A_NAME: Final = ("category", "place", "change")
"""Options whose title is the name of a thing: its first words are enough ("jembatan"). An act wants its whole title."""


class TextsBroken(SiagaError):
    """The texts are not whole: the sentence names the language, the key and what is wrong."""


class Texts:
    """Everything the service can say, in every language.

    `root` is data/texts; the names of categories and emergencies are read from labels.yml beside it, the frequent
    questions from faq/. `names`
    gives a place's display name by code. Raises TextsBroken at once when a key is missing in a language, a
    file does not parse, or a text uses an argument that it is never given.
    """

    def __init__(self, root: Path, names: Callable[[str], str]) -> None:
        self._place_name = names
        self._labels = _labels(root.parent / "labels.yml")
        self._faq = _faq(root.parent / "faq")
        self._bundles = {language: _bundle(root / language, language) for language in LANGUAGES}

    def render(self, say: Say, language: Language, limits: Limits) -> Outgoing:
        """The bubble in words, no longer than the channel shows: where it must give way, free words are shortened.

        More options than the channel has buttons or list rows become numbered lines without buttons; option
        titles too long for it are numbered lines above buttons with the short titles.
        """
        buttons, lines = self._buttons(say.options, language, limits)
        most = limits.text_with_buttons if buttons else limits.text
        args = dict(say.args)
        text = self._text(say.key, args, language, lines)
        for name in ELASTIC:
            over = _size(text) - most
            if over > 0 and isinstance(words := args.get(name), str):
                args[name] = shortened(words, _size(words) - over)
                text = self._text(say.key, args, language, lines)
        return Outgoing(text, buttons, say.request, say.urgent)

    def choice(self, question_options: tuple[str, ...], text: str, language: Language) -> str | None:
        """The id of the offered option that these words name by title or number, or None.

        Titles of both languages count: whoever is answered in English may still tap and type "lewati".
        """
        del language
        return choose({option_id: self._names(option_id) for option_id in question_options}, text)

    def title(self, offered: Option, language: Language = "id", most: int | None = None) -> str:
        """The button's title; the short one where `most` characters do not hold the whole."""
        whole = self._format(offered.key, offered.args, language)
        return whole if most is None or _size(whole) <= most else self._short(offered, language, whole, most)

    def name(self, kind: str, code: str, language: Language = "id") -> str:
        """What a code is called: a category, place, state, emergency, classification or anonymity."""
        match kind:
            case "place":
                try:
                    return self._place_name(code)
                except KeyError:
                    return code
            case "category" | "emergency":
                label = self._labels[kind].get(code) or self._labels[kind]["lainnya"]
                return str(label[language])
            case _:
                return self._format(f"{kind}_{code}", {}, language)

    # --- words ---

    def _text(self, key: str, args: Mapping[str, Arg], language: Language, lines: tuple[str, ...]) -> str:
        return "\n\n".join(filter(None, (self._format(key, args, language), "\n".join(lines))))

    def _format(self, key: str, args: Mapping[str, Arg], language: Language) -> str:
        bundle = self._bundles[language]
        if not bundle.has_message(key):
            raise TextsBroken(f"Text '{key}' is missing in data/texts/{language}.")
        return _formatted(bundle, bundle.get_message(key).value, self._in_words(args, language), f"{language}: {key}")

    def _in_words(self, args: Mapping[str, Arg], language: Language) -> dict[str, str | int]:
        words: dict[str, str | int] = {}
        for name, value in args.items():
            words[f"has_{name}"] = "no" if value == "" else "yes"
            match value:
                case Name(kind="faq"):
                    answer = self._answer(value.code, language)
                    words |= {name: answer.text, f"{name}_source": answer.source}
                    words[f"{name}_day"] = _short_day(answer.checked, language)
                case Name():
                    words[name] = self.name(value.kind, value.code, language)
                case datetime():
                    local = value.astimezone(WITA)
                    clock: dict[str, Arg] = {"hour": f"{local:%H}", "minute": f"{local:%M}"}
                    words[name] = self._format("clock", clock, language)
                    words[f"{name}_day"] = _day(local.date(), language)
                case date():
                    words[name] = _day(value, language)
                case _:
                    words[name] = value
        return words

    def _answer(self, answer_id: str, language: Language) -> Answer:
        try:
            return self._faq.answer(answer_id, language)
        except KeyError:
            raise TextsBroken(f"data/faq has no answer '{answer_id}'; it was understood by another version.") from None

    # --- buttons ---

    def _buttons(
        self, offered: tuple[Option, ...], language: Language, limits: Limits
    ) -> tuple[tuple[Button, ...], tuple[str, ...]]:
        whole = [self.title(o, language) for o in offered]
        most = limits.button_title if len(offered) <= limits.buttons else limits.row_title
        lines = tuple(self._numbered(i, title, language) for i, title in enumerate(whole, start=1))
        if len(offered) > max(limits.buttons, limits.rows):
            return (), lines
        if any(o.id.startswith("place:") and _size(t) > most for o, t in zip(offered, whole, strict=True)):
            room = most - len("9. ")
            short = [self.title(o, language, room) for o in offered]
            titles = [self._numbered(i, title, language) for i, title in enumerate(short, start=1)]
            return tuple(Button(o.id, t) for o, t in zip(offered, titles, strict=True)), lines
        return tuple(Button(o.id, self.title(o, language, most)) for o in offered), ()

    def _numbered(self, number: int, title: str, language: Language) -> str:
        return self._format("numbered", {"number": number, "title": title}, language)

    def _short(self, offered: Option, language: Language, whole: str, most: int) -> str:
        kind, _, code = offered.id.partition(":")
        bundle = self._bundles[language]
        message = bundle.get_message(offered.key)
        if "short" in message.attributes:
            args = self._in_words(offered.args, language)
            short = _formatted(bundle, message.attributes["short"], args, f"{language}: {offered.key}.short")
        elif kind == "category":
            label = self._labels["category"].get(code) or {}
            short = str(label.get("short", {}).get(language, whole))
        elif kind == "place":
            village = whole.partition(",")[0]
            short = village if _size(village) <= most else _bare(village)
        else:
            short = whole
        return short if _size(short) <= most else shortened(short, most)

    def _names(self, option_id: str) -> Names:
        offered = option(option_id)
        kind, _, code = option_id.partition(":")
        whole: set[str] = set()
        begins: set[str] = set()
        for language in LANGUAGES:
            title = self.title(offered, language)
            whole |= {plain(title), plain(self.title(offered, language, 20))}
            if "short" in self._bundles[language].get_message(offered.key).attributes:
                whole.add(plain(self._short(offered, language, title, 20)))
            if kind in _TITLE_OF_A_NAME and code:
                begins.add(plain(title))
        if kind == "place" and offered.args:
            whole, begins = _place_names(self.name("place", code))
        return Names(frozenset(whole), frozenset(begins))


def shortened(text: str, most: int) -> str:
    """The first whole words of the text and an ellipsis, at most `most` characters; the ellipsis alone at worst."""
    if _size(text) <= most:
        return text
    end = 0
    for word in re.finditer(r"\S+", text):
        if _size(text[: word.end()]) + 2 > most:
            break
        end = word.end()
    return f"{text[:end]} …".lstrip()


def _size(text: str) -> int:
    """Characters as the channels count them at most: UTF-16 units, in which an emoji is two."""
    return len(text.encode("utf-16-le")) // 2


def _day(day: date, language: Language) -> str:
    pattern = "EEEE, d MMMM y"
    return babel.dates.format_date(day, pattern, locale=language)


def _short_day(day: date, language: Language) -> str:
    return babel.dates.format_date(day, "d MMMM y", locale=language)


def _bare(place: str) -> str:
    for prefix, _ in _KINDS_OF_PLACE:
        place = prefix.sub("", place)
    return place


def _place_names(shown: str) -> tuple[set[str], set[str]]:
    """What people call "Desa Sepaso, Kec. Bengalon": all of it, "desa sepaso", "sepaso"; begun: "sepaso b"arat."""
    village = shown.partition(",")[0]
    bare = plain(_bare(village))
    kind = next((kind for prefix, kind in _KINDS_OF_PLACE if prefix.match(village)), "")
    whole = {plain(shown), plain(village), bare, f"{kind} {bare}".strip()}
    if kind in _ABBREVIATED:
        whole.add(f"{_ABBREVIATED[kind]} {bare}")
    return whole, {bare}


# --- loading -----------------------------------------------------------------------------------------


def _labels(file: Path) -> dict[str, dict[str, dict[str, Any]]]:
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        labels = {"category": data["categories"], "emergency": data["emergency_types"]}
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise TextsBroken(f"{file.name} cannot be read: {error}") from error
    for kind, codes in labels.items():
        for code, label in codes.items():
            missing = [language for language in LANGUAGES if not label.get(language)]
            if missing:
                raise TextsBroken(f"{file.name}: {kind} '{code}' has no name in '{missing[0]}'.")
    return labels


def _faq(folder: Path) -> Faq:
    try:
        return Faq.load(folder)
    except (OSError, ValueError) as error:
        raise TextsBroken(f"data/faq: {error}") from error


def _bundle(folder: Path, language: Language) -> Any:
    bundle = FluentBundle([language], use_isolating=False)
    seen: set[str] = set()
    for file in sorted(folder.glob("*.ftl")):
        resource = FluentResource(file.read_text(encoding="utf-8"))
        for entry in resource.body:
            _check_entry(entry, f"data/texts/{language}/{file.name}", seen)
        bundle.add_resource(resource)
    missing = sorted(set(SENTENCES) - seen)
    if missing:
        raise TextsBroken(f"Text '{missing[0]}' is missing in data/texts/{language} ({len(missing)} missing in all).")
    return bundle


def _check_entry(entry: Any, file: str, seen: set[str]) -> None:
    if isinstance(entry, syntax.Junk):
        first = str(entry.content).strip().partition("\n")[0]
        raise TextsBroken(f"{file} does not parse at: {first}")
    if not isinstance(entry, syntax.Message):
        return
    key = entry.id.name
    if key in seen:
        raise TextsBroken(f"{file}: text '{key}' is there twice.")
    if key not in SENTENCES:
        raise TextsBroken(f"{file}: text '{key}' is never said; remove it or add it to bot/sentences.py.")
    if entry.value is None:
        raise TextsBroken(f"{file}: text '{key}' is empty.")
    seen.add(key)
    used = _Arguments()
    used.visit(entry)
    given = {form for name in SENTENCES[key] for form in (name, f"has_{name}", f"{name}_day", f"{name}_source")}
    strange = sorted(used.names - given)
    if strange:
        raise TextsBroken(f"{file}: text '{key}' uses ${strange[0]}, which it is never given.")
    parts = {attribute.id.name for attribute in entry.attributes}
    lost = sorted(str(ref) for ref in used.references if ref[0] != key or ref[1] not in parts)
    if lost:
        raise TextsBroken(f"{file}: text '{key}' refers to {lost[0]}, which is not a part of it.")


class _Arguments(Visitor):  # type: ignore[misc]
    """Collects the arguments and references that a text uses, in all of its variants."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.references: set[tuple[str, str]] = set()

    def visit_VariableReference(self, node: Any) -> None:  # noqa: N802 - the visitor's own naming
        self.names.add(node.id.name)

    def visit_MessageReference(self, node: Any) -> None:  # noqa: N802
        self.references.add((node.id.name, node.attribute.name if node.attribute else ""))

    def visit_TermReference(self, node: Any) -> None:  # noqa: N802
        self.references.add((f"-{node.id.name}", ""))


def _formatted(bundle: Any, pattern: Any, args: Mapping[str, str | int], what: str) -> str:
    # Fluent refuses arguments longer than a page, and a citizen may write one: those are put in afterwards.
    long = {name: value for name, value in args.items() if isinstance(value, str) and len(value) > LONG}
    marked = {**args, **{name: f"\ue000{name}\ue001" for name in long}}
    text, errors = bundle.format_pattern(pattern, marked)
    if errors:
        raise TextsBroken(f"Text {what} cannot be said: {errors[0]}")
    lines = (line.rstrip() for line in cast(str, text).split("\n"))
    tidy = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return re.sub("\ue000(\\w+)\ue001", lambda mark: long.get(mark[1], ""), tidy)
