"""Plays a transcript against the dialogue alone and compares what the bot said and did, turn by turn.

A transcript file holds YAML documents; each is one conversation:

    rule: "1.4"                       the rule of the product that it shows
    title: ...
    unhappy: true                     something goes wrong, late, out of order or twice; default false
    start: {noticed: true, phone: ..} fields of the first state, default none
    turns:
      - citizen: lampu jalan mati     words; `as` says what they were understood as, `edits: N` names turn N
        as: {intent: lapor, category: lampu_jalan, place: {desa: ..., detail: ...}}
        bot: [notice, ask_photo]      every bubble, by key, in order
      - photo: lampu.jpg              or album: [a.jpg, b.jpg]; `caption`, `problems`, `at_place`
      - pin: {desa: ...}              `live: true` for a live location
      - tap: send                     an option id
      - sends: voice                  another kind of message; `phone` with a contact, `file` with one that is kept
      - time: 30m                     the clock; the dialogue is woken when it wanted to be
      - staff: takes | hands back | says: words
      - report: submitted             the latest ticket; `tracking`, `note`, `addressee`, `filed: true` (its own words)
      - agency: words                 an answer at LAPOR!; `sender`, `files`
      - incident: acknowledged        `by`

Beside `bot`, a turn may expect `effects` (what else was to be done, by name; none when left out), `state`
(dotted path to value; a number counts what is there) and `said` (words that must stand in a bubble).

The house's own answers come in the same breath: `similar` on a turn is the report that a search finds there
({whose: own} for the citizen's), and `searched` expects whether it was asked to search. `closed: true` beside
citizen or tap: the office is closed until the next morning at eight.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

import yaml

from bot.channels.base import Limits
from bot.texts import Texts
from flows import codec
from flows.engine import advance
from flows.model import (
    WITA,
    AgencyAnswered,
    Attachment,
    Category,
    DataFound,
    DuplicatesFound,
    Effect,
    Emergency,
    Event,
    Filed,
    IncidentChanged,
    Nearby,
    Other,
    Photos,
    Pin,
    Place,
    Ranked,
    ReportChanged,
    Say,
    SayWords,
    SearchDuplicates,
    ShowMyData,
    StaffHandedBack,
    StaffSpoke,
    StaffTook,
    State,
    Tap,
    Text,
    Tick,
    Understanding,
)  # fmt: skip

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
BEGINS: Final = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
"""Tuesday, ten in the morning in WITA."""
WHATSAPP: Final = Limits(text=1600, text_with_buttons=1024, buttons=3, button_title=20, rows=10, row_title=24)
_UNDERSTOOD: Final = {
    "intent", "category", "unsure", "place", "date", "anonymity", "no_photo", "more", "language", "live", "ask",
    "tone", "act", "faq", "over",
}  # fmt: skip
_UNITS: Final = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True)
class Transcript:
    """One conversation of a file."""

    file: str
    rule: str
    title: str
    turns: tuple[Mapping[str, Any], ...]
    start: Mapping[str, Any] = field(default_factory=dict)
    unhappy: bool = False

    @property
    def name(self) -> str:
        return f"{self.file}: {self.rule} {self.title}"


def transcripts() -> Iterator[Transcript]:
    """Every conversation of every file, in order."""
    for file in sorted(HERE.glob("*.yml")):
        for document in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            yield Transcript(
                file.stem, str(document["rule"]), document["title"], tuple(document["turns"]),
                document.get("start", {}), bool(document.get("unhappy", False)),
            )  # fmt: skip


def play(transcript: Transcript, texts: Texts) -> None:
    """Play all turns. Raises AssertionError that names the turn and shows what came instead."""
    conversation = Conversation(texts, State(**transcript.start))
    for number, turn in enumerate(transcript.turns, start=1):
        where = f"{transcript.name}, turn {number} {dict(list(turn.items())[:1])}"
        effects = conversation.happens(number, turn)
        _compare(where, turn, conversation, effects)


class Conversation:
    """One citizen's conversation: state, clock, and the events that a turn stands for."""

    def __init__(self, texts: Texts, state: State) -> None:
        self.texts = texts
        self.state = state
        self.now = BEGINS
        self.bubbles: list[str] = []
        self.searched = False
        self._similar: Mapping[str, Any] | None = None
        self._count = 0

    def happens(self, number: int, turn: Mapping[str, Any]) -> tuple[Effect, ...]:
        """Let the turn happen and return its effects; the clock moves ten seconds a turn."""
        self.now += timedelta(seconds=10)
        self.bubbles = []
        self.searched = False
        self._similar = turn.get("similar")
        if "time" in turn:
            return self._wait(str(turn["time"]))
        return self._advance(self._event(number, turn))

    def _wait(self, span: str) -> tuple[Effect, ...]:
        amount, unit = re.fullmatch(r"(\d+)([smh])", span).groups()  # type: ignore[union-attr]
        until = self.now + timedelta(seconds=int(amount) * _UNITS[unit])
        effects: tuple[Effect, ...] = ()
        while self.state.wake_at and self.state.wake_at <= until:
            self.now = max(self.now, self.state.wake_at)
            effects += self._advance(Tick(*self._stamp(0)))
        self.now = until
        return effects

    def _advance(self, event: Event) -> tuple[Effect, ...]:
        event = codec.decode_tagged(json.loads(json.dumps(codec.encode_tagged(event))))
        step = advance(self.state, event)
        stored = json.dumps(codec.encode_state(step.state))
        self.state = codec.decode_state(json.loads(stored))
        assert self.state == step.state, "the state does not survive being stored"
        for effect in step.effects:
            match effect:
                case Say():
                    self.bubbles.append(self.texts.render(effect, self.state.language, WHATSAPP).text)
                case SayWords():
                    self.bubbles.append(effect.text)
                case _:
                    codec.decode_tagged(json.loads(json.dumps(codec.encode_tagged(effect))))
        effects = tuple(e for e in step.effects if not isinstance(e, SearchDuplicates | ShowMyData))
        for asked in (e for e in step.effects if isinstance(e, SearchDuplicates | ShowMyData)):
            effects += self._house_answers(event, asked)
        return effects

    def _house_answers(self, event: Event, asked: SearchDuplicates | ShowMyData) -> tuple[Effect, ...]:
        stamp = (event.id, event.at, event.token)
        if isinstance(asked, ShowMyData):
            return self._advance(DataFound(*stamp, BEGINS - timedelta(days=3), 12, 2, name=True, phone=True))
        self.searched = True
        found = self._similar
        if found is None:
            return self._advance(DuplicatesFound(*stamp))
        own = found.get("whose") == "own"
        ticket = self.state.tickets[-1].ticket if own and self.state.tickets else found.get("ticket", "KS-261120-ABCD")
        near = Nearby(
            ticket, asked.draft.category or "lainnya", found.get("state", "in_progress"), BEGINS - timedelta(days=4),
            asked.draft.place.desa if asked.draft.place else None, found.get("street"), own,
        )  # fmt: skip
        return self._advance(DuplicatesFound(*stamp, (near,)))

    def _stamp(self, number: int) -> tuple[str, datetime, str]:
        self._count += 1
        name = f"m{number}" if number else f"t{self._count}"
        return name, self.now, hashlib.sha256(f"{name}/{self._count}".encode()).hexdigest()[:32]

    def _event(self, number: int, turn: Mapping[str, Any]) -> Event:
        stamp = self._stamp(number)
        match dict(turn):
            case {"citizen": str(words), **rest}:
                offered = self.state.question.options if self.state.question else ()
                choice = self.texts.choice(offered, words, self.state.language)
                edited = rest.pop("edits", None)
                back = self._back(rest)
                return Text(*stamp, words, understood(_rest(rest)), choice, f"m{edited}" if edited else None, back)
            case {"photo": str(name), **rest}:
                return self._photos(stamp, [name], rest)
            case {"album": list(names), **rest}:
                return self._photos(stamp, names, rest)
            case {"pin": dict(where), **rest}:
                return Pin(*stamp, replace(place(where), lat=0.5, lon=117.5), bool(rest.get("live")))
            case {"tap": str(option), **rest}:
                return Tap(*stamp, option, self._back(rest))
            case {"sends": kind, **rest}:
                caption = rest.get("caption")
                meaning = understood(_rest(rest)) if caption else None
                types = {"video": "video/mp4", "document": "application/pdf"}
                name = rest.get("file")
                file = Attachment(hashlib.sha256(name.encode()).hexdigest(), types[kind], 9000) if name else None
                return Other(*stamp, cast(Any, kind), file, rest.get("phone"), caption, meaning)
            case {"staff": "takes", **rest}:
                return StaffTook(*stamp, rest.get("by"))
            case {"staff": "hands back"}:
                return StaffHandedBack(*stamp)
            case {"staff": dict(said), **rest}:
                return StaffSpoke(*stamp, said["says"], rest.get("by"))
            case {"report": state, **rest}:
                more = (
                    *(rest.get(n) for n in ("tracking", "note", "addressee")),
                    _filed() if "filed" in rest else None,
                )
                return ReportChanged(*stamp, rest.get("ticket", self.state.tickets[-1].ticket), cast(Any, state), *more)
            case {"agency": str(words), **rest}:
                files = tuple(rest.get("files", ()))
                return AgencyAnswered(*stamp, self.state.tickets[-1].ticket, words, rest.get("sender"), files)
            case {"incident": state, **rest}:
                incident = self.state.case.incident if self.state.case else "IN-another"
                return IncidentChanged(*stamp, incident, cast(Any, state), rest.get("by"))
        raise ValueError(f"no such turn: {turn}")

    def _back(self, turn: Mapping[str, Any]) -> datetime | None:
        tomorrow = (self.now.astimezone(WITA) + timedelta(days=1)).replace(hour=8, minute=0, second=0)
        return tomorrow.astimezone(UTC) if turn.get("closed") else None

    @staticmethod
    def _photos(stamp: tuple[str, datetime, str], names: list[str], rest: Mapping[str, Any]) -> Photos:
        kept = tuple(Attachment(hashlib.sha256(n.encode()).hexdigest(), "image/jpeg", 1000) for n in names)
        caption = rest.get("caption")
        return Photos(
            *stamp, kept, tuple(rest.get("problems", ())), caption,
            understood(_rest(rest)) if caption else None, place(rest["at_place"]) if "at_place" in rest else None,
        )  # fmt: skip


def _rest(turn: Mapping[str, Any]) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", turn.get("as", {}))


def understood(given: Mapping[str, Any]) -> Understanding:
    """The short form of a transcript: `category` sure, `unsure` the best three, `live` or `ask` a type of danger."""
    strange = set(given) - _UNDERSTOOD
    assert not strange, f"not a part of an understanding: {strange}"
    category, emergency = Category(), Emergency()
    if "unsure" in given:
        ranking = tuple(Ranked(code, 0.4 - i / 10) for i, code in enumerate(given["unsure"]))
        category = Category(ranking[0].code, 0.4, ranking, "doubtful")
    if "category" in given:
        category = Category(given["category"], 0.9, (Ranked(given["category"], 0.9),), "sure")
    if "live" in given:
        emergency = Emergency("live", given["live"], 0.95)
    if "ask" in given:
        emergency = Emergency("ask", given["ask"], 0.5)
    day = given.get("date")
    return Understanding(
        intent="darurat" if "live" in given else given.get("intent", "luar_topik"),
        confidence=0.9,
        emergency=emergency,
        category=category,
        place=place(given.get("place", {})),
        date=day if isinstance(day, date) else None,
        anonymity=given.get("anonymity", "none"),
        no_photo=given.get("no_photo", False),
        more=tuple(codec.decode_tagged({"is": "Problem", **problem}) for problem in given.get("more", ())),
        language=given.get("language", "id"),
        tone=given.get("tone", "none"),
        act=given.get("act", "none"),
        faq=given.get("faq"),
        over=given.get("over", "none"),
    )


def place(given: Mapping[str, Any]) -> Place:
    """A place of a transcript: sure when a code is given, doubtful when candidates are."""
    desa = given.get("desa")
    kecamatan = given.get("kecamatan") or (desa.rpartition(".")[0] if desa else None)
    candidates = tuple(Ranked(code, 0.5) for code in given.get("maybe", ()))
    certainty = "doubtful" if candidates else "sure" if kecamatan else "unknown"
    return Place(kecamatan, desa, given.get("detail"), given.get("outside"), candidates, cast(Any, certainty))


def _compare(where: str, turn: Mapping[str, Any], conversation: Conversation, effects: tuple[Effect, ...]) -> None:
    assert "bot" in turn, f"{where}: says nothing of what the bot answers"
    keys = [e.key if isinstance(e, Say) else "staff words" for e in effects if isinstance(e, Say | SayWords)]
    done = [type(e).__name__ for e in effects if not isinstance(e, Say | SayWords)]
    shown = "\n".join(conversation.bubbles)
    assert keys == turn["bot"], f"{where}: bot said {keys}, expected {turn['bot']}\n{shown}"
    assert done == turn.get("effects", []), f"{where}: bot did {done}, expected {turn.get('effects', [])}"
    if "searched" in turn:
        assert conversation.searched is turn["searched"], f"{where}: searched is {conversation.searched}"
    for path, expected in turn.get("state", {}).items():
        found = _look(conversation.state, path)
        assert found == expected, f"{where}: {path} is {found!r}, expected {expected!r}"
    for words in [turn["said"]] if isinstance(turn.get("said"), str) else turn.get("said", []):
        assert words in shown, f"{where}: {words!r} was not said, but:\n{shown}"


def _look(state: State, path: str) -> Any:
    value: Any = state
    for name in path.split("."):
        value = None if value is None else getattr(value, name)
    return len(value) if isinstance(value, tuple) else value


def _filed() -> Filed:
    """What an archived report had said."""
    where = Place("64.08.12", "64.08.12.2003", "dekat pasar", certainty="sure")
    return Filed("lampu mati dekat pasar", "lampu_jalan", "pengaduan", where, date(2026, 11, 24))
