"""The assisted way to LAPOR!: a petugas files on the site by hand, so nothing is sent from here."""

from __future__ import annotations

from collections.abc import Sequence

from bot.gateways.base import FollowupReceipt, Photo, Receipt, ReportToFile


class LaporAssisted:
    """Leaves the report to a person. The admin web shows the form to copy and takes the tracking ID back."""

    async def upload(self, photo: Photo) -> str:
        """Nothing is uploaded: the petugas takes the photo from the form. Always ""."""
        return ""

    async def file(self, report: ReportToFile, attachments: list[str]) -> Receipt | None:
        """Always None: a person files it."""
        return None

    async def add_followup(
        self, complaint_id: str, words: str, photos: Sequence[Photo] = (), *, is_secret: bool = False
    ) -> FollowupReceipt | None:
        """Always None: a person adds it."""
        return None

    async def close(self) -> None:
        return None
