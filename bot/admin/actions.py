"""What the admin pages ask of the service, so that they know neither dialogue, outbox nor gateways."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Actions(Protocol):
    """Every change a petugas can make; each is one transaction, and the citizen hears of it through the dialogue.

    `user` is the petugas's shown name. Each method looks at the present state inside its transaction and raises a
    SiagaError whose words are one Indonesian sentence when the change does not fit (someone else was faster).
    """

    async def file_assisted(self, ticket: str, tracking_id: str, user: str) -> None:
        """The report was filed by hand and has this tracking ID. Refused when another report has it."""
        ...

    async def settle_unknown(self, ticket: str, tracking_id: str | None, user: str) -> None:
        """A filing of unknown outcome was looked up: it is there under this ID, or (None) it is sent again."""
        ...

    async def retry_filing(self, ticket: str, user: str) -> None:
        """Send a refused report again."""
        ...

    async def note_status(
        self, ticket: str, state: str, note: str | None, user: str, addressee: str | None = None
    ) -> None:
        """LAPOR!'s site shows this state now (a flows.model.ReportState); `note` is for the citizen, `addressee` the
        agency that has it now."""
        ...

    async def file_without(self, ticket: str, user: str) -> None:
        """File the report without the attachments that LAPOR! does not take."""
        ...

    async def seen_to(self, ticket: str, user: str) -> None:
        """What a person was asked to do about this report is done."""
        ...

    async def move_incident(self, incident_id: str, state: str, user: str) -> bool:
        """Acknowledge, dispatch, resolve ...; False when the incident stood there already or cannot go there."""
        ...

    async def separate_incident(self, incident_id: str, user: str) -> bool:
        """This caller tells of an event of their own; False when it was linked to no other."""
        ...

    async def reply(self, conversation_id: int, text: str, user: str) -> None:
        """Write to the citizen; by this the petugas holds the conversation."""
        ...

    async def take(self, conversation_id: int, user: str) -> None:
        """Hold the conversation: the bot is silent."""
        ...

    async def hand_back(self, conversation_id: int, user: str) -> None:
        """The bot holds the conversation again."""
        ...

    async def erase(self, conversation_id: int) -> None:
        """Erase this citizen, who asked for it elsewhere than in the conversation."""
        ...


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of LAPOR!'s form as it is to be copied; `long` ones are several lines, `hint` is for the petugas."""

    label: str
    value: str
    hint: str | None = None
    long: bool = False


AssistedForm = Callable[[str], Awaitable[Sequence[FormField]]]
"""Ticket -> the fields of LAPOR!'s form, without any phone or identity number."""

Name = Callable[[str, str], str]
"""(kind, code) -> what it is called in Indonesian; kinds: category, place, emergency, classification, anonymity."""

ReadPhoto = Callable[[str], Awaitable[bytes]]
"""Hash -> the bytes of a stored photo. Raises FileNotFoundError."""
