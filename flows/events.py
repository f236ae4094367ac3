"""What happens to a conversation: the citizen speaks, time passes, LAPOR!, the desk or a petugas moves on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from flows.understanding import Anonymity, Place, Understanding

OtherKind = Literal["voice", "sticker", "video", "document", "contact", "unsupported"]
PhotoProblem = Literal["not_a_picture", "too_big", "too_many_pixels", "unavailable"]
ReportState = Literal[
    "queued", "filing", "filing_unknown", "failed", "submitted", "verified", "in_progress",
    "need_info", "transferred", "done", "closed", "archived", "rejected",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attachment:
    """A stored file: `hash` is the SHA-256 of its cleaned bytes. `gps` is what its EXIF said before removal."""

    hash: str
    content_type: str
    size: int
    gps: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """Words of the citizen. `choice` is the offered option that they name by title or number, if any.

    `edit_of` names the message that these words replace. `back_at`: outside office hours, when petugas are back.
    """

    id: str
    at: datetime
    token: str
    text: str
    understanding: Understanding
    choice: str | None = None
    edit_of: str | None = None
    back_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tap:
    """A button: `option` is its id as sent, whenever that was. `back_at` as in Text."""

    id: str
    at: datetime
    token: str
    option: str
    back_at: datetime | None = None


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
    """Something that is neither words, photo nor pin. `phone` only with a shared contact.

    `attachment`: a video or PDF that was stored as it came; None when it could not be kept.
    """

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
class Filed:
    """What a report said when it was filed, so that it can be written anew."""

    description: str
    category: str
    classification: Literal["pengaduan", "aspirasi", "permintaan_informasi"]
    place: Place
    date: date | None = None
    photos: tuple[Attachment, ...] = ()
    files: tuple[Attachment, ...] = ()
    anonymity: Anonymity = "none"


@dataclass(frozen=True, slots=True)
class ReportChanged:
    """The report's way to LAPOR! went on; `note` is LAPOR!'s or the petugas's words, `addressee` an agency.

    `filed` comes with an archived report: what it said, so that the citizen can be offered to write it anew.
    """

    id: str
    at: datetime
    token: str
    ticket: str
    state: ReportState
    tracking_id: str | None = None
    note: str | None = None
    addressee: str | None = None
    filed: Filed | None = None


@dataclass(frozen=True, slots=True)
class AgencyAnswered:
    """An agency wrote on the report at LAPOR!. `files` are the names of what it attached."""

    id: str
    at: datetime
    token: str
    ticket: str
    words: str
    sender: str | None = None
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IncidentChanged:
    """A person (`by`, as shown to the citizen) moved the incident on, or a rung of the ladder ran out.

    `false_report` is never told: a further cry is an incident of its own.
    """

    id: str
    at: datetime
    token: str
    incident: str
    state: Literal["acknowledged", "dispatched", "on_scene", "resolved", "not_emergency", "unanswered", "false_report"]
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


@dataclass(frozen=True, slots=True)
class Nearby:
    """A report that may be about the same thing, with no more of it than any citizen may see.

    `place` is a desa or kecamatan code, `street` the name of a street alone; `own`: this citizen filed it.
    """

    ticket: str
    category: str
    state: ReportState
    filed_at: datetime
    place: str | None = None
    street: str | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class DuplicatesFound:
    """The house answers SearchDuplicates, in the same breath: the likeliest first, none when there is none."""

    id: str
    at: datetime
    token: str
    reports: tuple[Nearby, ...] = ()


@dataclass(frozen=True, slots=True)
class DataFound:
    """The house answers ShowMyData, in the same breath: what it keeps of this citizen, and since when."""

    id: str
    at: datetime
    token: str
    since: datetime
    messages: int
    photos: int
    name: bool = False
    phone: bool = False


Event = (
    Text | Tap | Photos | Pin | Other | Tick
    | ReportChanged | AgencyAnswered | IncidentChanged | StaffSpoke | StaffTook | StaffHandedBack
    | DuplicatesFound | DataFound
)  # fmt: skip
