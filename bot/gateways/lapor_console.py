"""LAPOR! on the terminal: shows what would be filed, for trying things out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count

from bot.gateways.base import FollowupReceipt, Photo, Receipt, ReportToFile
from bot.gateways.lapor_terms import content_of, redact, title_of


class LaporConsole:
    """Prints each complaint and answers as if LAPOR! had taken it. Ids count up from 1 and are not kept."""

    def __init__(self, print: Callable[[str], object] = print) -> None:
        self._print = print
        self._uploads = count(1)
        self._complaints = count(1)

    async def upload(self, photo: Photo) -> str:
        """The next number."""
        number = next(self._uploads)
        self._print(f"LAPOR! foto {number}: {photo.file_name} ({len(photo.content)} bytes)")
        return str(number)

    async def file(self, report: ReportToFile, attachments: list[str]) -> Receipt | None:
        """Print the title, the content and the photos; the receipt's id is KONSOL-<number>."""
        complaint_id = f"KONSOL-{next(self._complaints)}"
        photos = f"\nFoto: {', '.join(attachments)}" if attachments else ""
        self._print(f"LAPOR! {complaint_id}: {title_of(report)}\n{content_of(report)}{photos}")
        return Receipt(complaint_id, complaint_id)

    async def add_followup(
        self, complaint_id: str, words: str, photos: Sequence[Photo] = (), *, is_secret: bool = False
    ) -> FollowupReceipt | None:
        """Print what is added."""
        self._print(f"LAPOR! {complaint_id}, tindak lanjut: {redact(words)} ({len(photos)} foto)")
        return FollowupReceipt()

    async def close(self) -> None:
        return None
