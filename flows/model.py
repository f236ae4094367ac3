"""The words of the dialogue: what was understood, what happened, where we stand, what to do.

Everything here is a frozen dataclass of plain values, so a step can be replayed, stored and compared.
Times are timezone-aware UTC. What one message means stands in flows.understanding, what happens in flows.events;
both are named here as well, so that one import is enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Literal

from flows.events import (
    AgencyAnswered,
    Attachment,
    DataFound,
    DuplicatesFound,
    Event,
    Filed,
    IncidentChanged,
    Nearby,
    Other,
    OtherKind,
    PhotoProblem,
    Photos,
    Pin,
    ReportChanged,
    ReportState,
    StaffHandedBack,
    StaffSpoke,
    StaffTook,
    Tap,
    Text,
    Tick,
)  # fmt: skip
from flows.understanding import (
    Act,
    Anonymity,
    Category,
    Certainty,
    Emergency,
    Language,
    Level,
    Over,
    Place,
    Problem,
    Ranked,
    Tone,
    Understanding,
)  # fmt: skip

__all__ = [
    "Act", "AgencyAnswered", "Anonymity", "Attachment", "Category", "Certainty", "DataFound", "DuplicatesFound",
    "Emergency", "Event", "Filed", "IncidentChanged", "Language", "Level", "Nearby", "Other", "OtherKind", "Over",
    "PhotoProblem", "Photos", "Pin", "Place", "Problem", "Ranked", "ReportChanged", "ReportState", "StaffHandedBack",
    "StaffSpoke", "StaffTook", "Tap", "Text", "Tick", "Tone", "Understanding",
]  # fmt: skip
# What stands in the two other files is named here as well; everything below belongs to them.

WITA = timezone(timedelta(hours=8), "WITA")
"""The citizen's clock (Asia/Makassar, no daylight saving): ticket dates and words like "tadi malam" mean it."""

Classification = Literal["pengaduan", "aspirasi", "permintaan_informasi"]
Slot = Literal["category", "place", "date", "anonymity", "reporter", "photo"]

# --- State: where a conversation stands ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """Words the citizen gave for the description, and the message they came in (an edit replaces them)."""

    message: str
    words: str


@dataclass(frozen=True, slots=True)
class Given:
    """Which message gave a slot; `was` is the place before it, so that an edit can take it back."""

    slot: Slot
    message: str
    was: Place | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A report being gathered. None or empty means not yet known; `*_settled` that it is not asked again.

    `place_asked` counts the answers that did not settle the place. `files` are videos and documents. `given` is in
    the order in which the messages came. `searched`: duplicates were looked for; `similar`: one was found, and the
    citizen has not said which it is.
    """

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
    files: tuple[Attachment, ...] = ()
    given: tuple[Given, ...] = ()
    searched: bool = False
    similar: Nearby | None = None

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

    `raised`: the incident is with the desk. `asked` holds the names of the questions already put. `over`: the
    citizen has since said that all is safe, or that it was a joke; only a person closes it.
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
    over: Over = "none"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A report this citizen filed, as far as the conversation knows.

    `attachments` (hashes) and `messages` (ids) are remembered of the latest one only: what still belongs to it.
    """

    ticket: str
    category: str
    state: ReportState
    filed_at: datetime
    tracking_id: str | None = None
    note: str | None = None
    attachments: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked last, and the option ids on its buttons in their order; `about` a ticket where it is one's."""

    name: str
    options: tuple[str, ...] = ()
    about: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """Everything the dialogue remembers of one conversation.

    `noticed`: the first-contact notice was given. `shelf`: a draft put aside by *batal*, silence or an
    emergency. `wake_at`: when the dialogue wants a Tick. `held_by`: the petugas who holds the conversation.
    `supported`: tickets of others that this citizen supports. `muted_until`: advertising is not answered before;
    `insulted_at`: when abuse was last answered. `asked`: the frequent question answered last, as a draft that
    is filed only on the citizen's wish.
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
    supported: tuple[str, ...] = ()
    muted_until: datetime | None = None
    insulted_at: datetime | None = None
    asked: Draft | None = None


# --- Effects: what to do ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Name:
    """A code to be shown by its name in the reader's language: ("category", "jalan"), ("place", "64.08.09")."""

    kind: Literal["category", "place", "state", "emergency", "classification", "anonymity", "faq"]
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
    """Tell the desk more; `what` names the change. `safe` and `joke`: the citizen calls it over, a person decides."""

    case: Case
    what: Literal["place", "victims", "phone", "words", "photo", "confirmed", "cancelled", "safe", "joke"]
    words: str | None = None
    photos: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class HandOver:
    """A person is wanted in this conversation."""

    reason: Literal["asked", "trouble"]


@dataclass(frozen=True, slots=True)
class HandBack:
    """The bot holds the conversation again."""


@dataclass(frozen=True, slots=True)
class AddToReport:
    """Add photos, files or words to a filed report: they go along with it, or follow it to LAPOR!.

    `reopens`: the citizen says that what was called done is not done.
    """

    ticket: str
    attachments: tuple[Attachment, ...] = ()
    words: str | None = None
    reopens: bool = False


@dataclass(frozen=True, slots=True)
class SearchDuplicates:
    """Look for reports of the same thing; the house answers at once with DuplicatesFound."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class SupportReport:
    """Count this citizen's support on another's report, once."""

    ticket: str


@dataclass(frozen=True, slots=True)
class ShowMyData:
    """Count what is kept of this citizen; the house answers at once with DataFound."""


@dataclass(frozen=True, slots=True)
class EraseCitizen:
    """Forget this citizen: everything but what LAPOR! or the 112 desk still needs, and that without a name."""


Effect = (
    Say | SayWords | FileReport | RaiseIncident | UpdateIncident | HandOver | HandBack
    | AddToReport | SearchDuplicates | SupportReport | ShowMyData | EraseCitizen
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """The answer of the engine: the new state and what to do, in order."""

    state: State
    effects: tuple[Effect, ...] = ()
