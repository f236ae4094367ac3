"""The words of the dialogue: what was understood, what happened, where we stand, what to do.

Everything here is a frozen dataclass of plain values, so a step can be replayed, stored and compared.
Times are timezone-aware UTC; coordinates are WGS 84 degrees; place codes are those of
data/places/wilayah.csv; intents, categories and emergency types those of data/labels.yml.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Literal

WITA = timezone(timedelta(hours=8), "WITA")
"""The citizen's clock (Asia/Makassar, no daylight saving): ticket dates and words like "tadi malam" mean it."""

Level = Literal["none", "ask", "live"]
Anonymity = Literal["none", "anonim", "rahasia"]
Classification = Literal["pengaduan", "aspirasi", "permintaan_informasi"]
Language = Literal["id", "en"]
Certainty = Literal["sure", "doubtful", "unknown"]
OtherKind = Literal["voice", "sticker", "video", "document", "contact", "unsupported"]
PhotoProblem = Literal["not_a_picture", "too_big", "too_many_pixels", "unavailable"]
ReportState = Literal[
    "queued", "filing", "filing_unknown", "failed", "submitted", "verified", "in_progress",
    "need_info", "transferred", "done", "closed", "archived", "rejected",
]  # fmt: skip

# --- Understanding ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ranked:
    """One candidate: a code and how likely it is, 0 to 1."""

    code: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Emergency:
    """Whether someone is in danger now. `score` is 0 to 1; `level` its band."""

    level: Level = "none"
    type: str | None = None
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Category:
    """The ranked category. `sure`: may be taken silently; `doubtful`: offer the best three; `unknown`: ask."""

    code: str | None = None
    confidence: float = 0.0
    ranking: tuple[Ranked, ...] = ()
    certainty: Certainty = "unknown"


@dataclass(frozen=True, slots=True)
class Place:
    """A place as read from words or from a pin.

    `sure`: show it in the summary; `doubtful`: ask which of `candidates` (desa or kecamatan codes, best
    first) is meant; `unknown`: nothing of the gazetteer was recognised (`detail` may still hold words).
    `outside` names the place beyond Kutai Timur, or is None. `lat`, `lon` only with a pin.
    """

    kecamatan: str | None = None
    desa: str | None = None
    detail: str | None = None
    outside: str | None = None
    candidates: tuple[Ranked, ...] = ()
    certainty: Certainty = "unknown"
    lat: float | None = None
    lon: float | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing at all is known of the place."""
        return not (self.kecamatan or self.detail or self.outside or self.candidates or self.has_pin)

    @property
    def has_pin(self) -> bool:
        return self.lat is not None and self.lon is not None


@dataclass(frozen=True, slots=True)
class Problem:
    """A further problem found in the same message: its own words and likely category."""

    text: str
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Understanding:
    """What one message means; the record of `siaga nlu parse`."""

    intent: str = "luar_topik"
    confidence: float = 0.0
    emergency: Emergency = field(default_factory=Emergency)
    category: Category = field(default_factory=Category)
    place: Place = field(default_factory=Place)
    date: date | None = None
    anonymity: Anonymity = "none"
    no_photo: bool = False
    more: tuple[Problem, ...] = ()
    language: Language = "id"


# --- Events: what happened -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attachment:
    """A stored file: `hash` is the SHA-256 of its cleaned bytes. `gps` is what its EXIF said before removal."""

    hash: str
    content_type: str
    size: int
    gps: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """Words of the citizen. `choice` is the offered option that they name by title or number, if any."""

    id: str
    at: datetime
    token: str
    text: str
    understanding: Understanding
    choice: str | None = None
    edit_of: str | None = None


@dataclass(frozen=True, slots=True)
class Tap:
    """A button: `option` is its id as sent, whenever that was."""

    id: str
    at: datetime
    token: str
    option: str


@dataclass(frozen=True, slots=True)
class Photos:
    """One photo or a whole album, already fetched, checked and stored; `problems` are those that were not.

    `caption` comes with its understanding, as text would. `place` is what the first photo's GPS resolves to.
    """

    id: str
    at: datetime
    token: str
    photos: tuple[Attachment, ...]
    problems: tuple[PhotoProblem, ...] = ()
    caption: str | None = None
    understanding: Understanding | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Pin:
    """A location, resolved against the gazetteer. A live location is a pin whose `live` is true."""

    id: str
    at: datetime
    token: str
    place: Place
    live: bool = False


@dataclass(frozen=True, slots=True)
class Other:
    """Something that is neither words, photo nor pin. `phone` only with a shared contact."""

    id: str
    at: datetime
    token: str
    kind: OtherKind
    attachment: Attachment | None = None
    phone: str | None = None
    caption: str | None = None
    understanding: Understanding | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed: `State.wake_at` was reached."""

    id: str
    at: datetime
    token: str


@dataclass(frozen=True, slots=True)
class ReportChanged:
    """The report's way to LAPOR! went on; `note` is LAPOR!'s or the petugas's words, `addressee` an agency."""

    id: str
    at: datetime
    token: str
    ticket: str
    state: ReportState
    tracking_id: str | None = None
    note: str | None = None
    addressee: str | None = None


@dataclass(frozen=True, slots=True)
class IncidentChanged:
    """A person (`by`, as shown to the citizen) moved the incident on, or a rung of the ladder ran out."""

    id: str
    at: datetime
    token: str
    incident: str
    state: Literal["acknowledged", "dispatched", "on_scene", "resolved", "not_emergency", "unanswered"]
    by: str | None = None


@dataclass(frozen=True, slots=True)
class StaffSpoke:
    """A petugas who holds (or by this takes) the conversation writes to the citizen."""

    id: str
    at: datetime
    token: str
    text: str
    by: str | None = None


@dataclass(frozen=True, slots=True)
class StaffTook:
    """A petugas takes the conversation: the bot is silent until handed back."""

    id: str
    at: datetime
    token: str
    by: str | None = None


@dataclass(frozen=True, slots=True)
class StaffHandedBack:
    """The bot holds the conversation again."""

    id: str
    at: datetime
    token: str


Event = (
    Text | Tap | Photos | Pin | Other | Tick
    | ReportChanged | IncidentChanged | StaffSpoke | StaffTook | StaffHandedBack
)  # fmt: skip

# --- State: where a conversation stands ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """Words the citizen gave for the description, and the message they came in (an edit replaces them)."""

    message: str
    words: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A report being gathered. None or empty means not yet known; `*_settled` that it is not asked again."""

    started_at: datetime
    parts: tuple[Part, ...] = ()
    classification: Classification = "pengaduan"
    category: str | None = None
    ranking: tuple[str, ...] = ()
    place: Place | None = None
    place_asked: int = 0
    place_settled: bool = False
    place_uncertain: bool = False
    date: date | None = None
    photos: tuple[Attachment, ...] = ()
    photo_settled: bool = False
    anonymity: Anonymity = "none"
    reporter: str | None = None

    @property
    def description(self) -> str:
        return "\n".join(part.words for part in self.parts)

    @property
    def is_complete(self) -> bool:
        """Nothing that LAPOR! needs is missing, and nothing is left to ask."""
        return bool(self.parts and self.category and self.place_settled and self.photo_settled)


@dataclass(frozen=True, slots=True)
class Case:
    """The emergency this conversation is about; `unconfirmed` while the *ask* question is unanswered.

    `raised`: the incident is with the desk. `asked` holds the names of the questions already put.
    """

    incident: str
    type: str
    opened_at: datetime
    level: Literal["live", "unconfirmed"]
    words: str
    ranking: tuple[str, ...] = ()
    raised: bool = False
    place: Place | None = None
    victims: str | None = None
    phone: str | None = None
    asked: tuple[str, ...] = ()
    acknowledged_by: str | None = None
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Ticket:
    """A report this citizen filed, as far as the conversation knows."""

    ticket: str
    category: str
    state: ReportState
    filed_at: datetime
    tracking_id: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked last, and the option ids on its buttons in their order."""

    name: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """Everything the dialogue remembers of one conversation.

    `noticed`: the first-contact notice was given. `shelf`: a draft put aside by *batal*, silence or an
    emergency. `wake_at`: when the dialogue wants a Tick. `held_by`: the petugas who holds the conversation.
    """

    noticed: bool = False
    language: Language = "id"
    reporter: str | None = None
    phone: str | None = None
    draft: Draft | None = None
    shelf: Draft | None = None
    further: tuple[Problem, ...] = ()
    case: Case | None = None
    question: Question | None = None
    tickets: tuple[Ticket, ...] = ()
    held_by: str | None = None
    held_since: datetime | None = None
    waiting_for_staff: bool = False
    reminded: bool = False
    last_citizen_at: datetime | None = None
    wake_at: datetime | None = None


# --- Effects: what to do ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Name:
    """A code to be shown by its name in the reader's language: ("category", "jalan"), ("place", "64.08.09")."""

    kind: Literal["category", "place", "state", "emergency", "classification", "anonymity"]
    code: str


Arg = str | int | Name | datetime | date


@dataclass(frozen=True, slots=True)
class Option:
    """One button: its id, and the text key (with arguments) of its title."""

    id: str
    key: str
    args: Mapping[str, Arg] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Say:
    """A bubble: a text key of data/texts with its arguments, buttons, and what the channel may ask natively."""

    key: str
    args: Mapping[str, Arg] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    request: Literal["location", "contact"] | None = None
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class SayWords:
    """A bubble whose words a petugas wrote."""

    text: str


@dataclass(frozen=True, slots=True)
class FileReport:
    """File this draft under this ticket. It is complete: the engine emits nothing less."""

    ticket: str
    draft: Draft


@dataclass(frozen=True, slots=True)
class RaiseIncident:
    """Alert 112 with what is known. The same incident id is never raised twice."""

    case: Case
    photos: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class UpdateIncident:
    """Tell the desk more; `what` names the change: place, victims, phone, words, photo, confirmed, cancelled."""

    case: Case
    what: Literal["place", "victims", "phone", "words", "photo", "confirmed", "cancelled"]
    words: str | None = None
    photos: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class HandOver:
    """A person is wanted in this conversation."""

    reason: Literal["asked", "trouble"]


@dataclass(frozen=True, slots=True)
class HandBack:
    """The bot holds the conversation again."""


Effect = (
    Say | SayWords | FileReport | RaiseIncident | UpdateIncident | HandOver | HandBack
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """The answer of the engine: the new state and what to do, in order."""

    state: State
    effects: tuple[Effect, ...] = ()
