"""What the LAPOR! simulator received, in memory and, where a file is given, on disk."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import IO, Any, Final

from bot.failures import SiagaError
from bot.gateways.lapor_terms import SIMULATOR_IDS, LaporIds, load_ids

STATUS_CODES: Final = {
    name: number
    for number, name in enumerate(
        ("Belum Terverifikasi", "Terverifikasi", "Dalam Proses", "Selesai", "Tunda", "Bukan Wewenang", "Diarsipkan",
         "Ditolak", "Ditutup oleh Sistem"),
        1,
    )
}  # fmt: skip
_FIRST_COMPLAINT: Final = 7_000_001
_FIRST_UPLOAD: Final = 30_001
_JAKARTA: Final = timezone(timedelta(hours=7))


class BadState(SiagaError):
    """The state file is not one of ours; `str()` names the line."""


@dataclass(slots=True)
class Complaint:
    """A complaint and what became of it; times as LAPOR! writes them, d-m-Y H:i:s."""

    id: str
    body: dict[str, Any]
    disposition_name: str
    status_name: str = "Belum Terverifikasi"
    logs: list[dict[str, Any]] = field(default_factory=list)
    followups: list[dict[str, Any]] = field(default_factory=list)


class Book:
    """Everything that happened, in order. Each entry is on the disk before its call is answered.

    A last line that a killed process left half-written is cut off: its call was never answered.
    Raises BadState when the file holds anything else.
    """

    def __init__(self, state: Path | None) -> None:
        self.complaints: dict[str, Complaint] = {}
        self._uploads: list[dict[str, Any]] = []
        self._followups: list[dict[str, Any]] = []
        self._ids: LaporIds = load_ids(SIMULATOR_IDS)
        self._file: IO[bytes] | None = None
        if state is not None:
            self._file = _opened(state)
            for number, line in enumerate(self._file.read().splitlines(), 1):
                try:
                    self._happen(json.loads(line))
                except (ValueError, KeyError, TypeError):
                    raise BadState(f"line {number} of {state} is not an entry of the LAPOR! simulator") from None

    @property
    def upload_ids(self) -> set[str]:
        return {str(upload["id"]) for upload in self._uploads}

    def institutions(self) -> dict[int, str]:
        """LAPOR!'s ids and names of the agencies."""
        return {number: name for name, number in self._ids.agencies.items()}

    def masters(self) -> dict[str, list[dict[str, Any]]]:
        """LAPOR!'s lists: agencies, templates, categories, places."""
        ids = self._ids
        named = {
            "categories": {row.category_id: code for code, row in ids.categories.items()},
            "locations": {ids.location_fallback: "Kutai Timur"} | {n: code for code, n in ids.locations.items()},
            "institutions": self.institutions(),
        }  # fmt: skip
        templates = [{"code": "terima", "name": "Laporan diterima"}, {"code": "selesai", "name": "Laporan selesai"}]
        lists = {kind: [{"id": i, "name": name} for i, name in rows.items()] for kind, rows in named.items()}
        return {**lists, "templates": templates}

    def add_complaint(self, body: dict[str, Any]) -> str:
        complaint_id = str(_FIRST_COMPLAINT + len(self.complaints))
        self._record({"is": "complaint", "id": complaint_id, "body": body, "at": _now()})
        return complaint_id

    def add_upload(self, name: str, size: int) -> str:
        upload_id = str(_FIRST_UPLOAD + len(self._uploads))
        self._record({"is": "upload", "id": upload_id, "name": name, "bytes": size})
        return upload_id

    def move(self, complaint: Complaint, status_name: str, note: str | None, agency: str | None) -> None:
        entry = {"is": "status", "id": complaint.id, "status_name": status_name, "note": note, "agency": agency}
        self._record({**entry, "at": _now()})

    def follow_up(self, complaint: Complaint, sender: str, content: str, files: list[Any]) -> dict[str, Any]:
        entry = {"is": "followup", "id": complaint.id, "sender": sender, "content": content, "files": files}
        self._record({**entry, "number": len(self._followups) + 1, "at": _now()})
        return complaint.followups[-1]

    def received(self) -> dict[str, Any]:
        """Complaints, uploads and follow-ups as they came in."""
        complaints = [{"id": complaint.id, "body": complaint.body} for complaint in self.complaints.values()]
        return {"complaints": complaints, "uploads": self._uploads, "followups": self._followups}

    def _record(self, entry: dict[str, Any]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        self._happen(entry)

    def _happen(self, entry: dict[str, Any]) -> None:
        match entry["is"]:
            case "complaint":
                body = entry["body"]
                agency = self.institutions().get(body["disposition_id"], str(body["disposition_id"]))
                complaint = Complaint(entry["id"], body, agency)
                self.complaints[complaint.id] = complaint
                complaint.logs.append({"status_name": complaint.status_name, "content": "", "created_at": entry["at"]})
            case "upload":
                self._uploads.append({"id": entry["id"], "name": entry["name"], "bytes": entry["bytes"]})
            case "status":
                complaint = self.complaints[entry["id"]]
                complaint.status_name = entry["status_name"]
                complaint.disposition_name = entry["agency"] or complaint.disposition_name
                log = {"status_name": entry["status_name"], "content": entry["note"] or "", "created_at": entry["at"]}
                complaint.logs.append(log)
            case "followup":
                complaint = self.complaints[entry["id"]]
                complaint.followups.append(_followup(entry, complaint.disposition_name))
                self._followups.append({
                    "id": str(entry["number"]), "complaint_id": entry["id"], "content": entry["content"],
                    "sender": entry["sender"], "files": entry["files"],
                })  # fmt: skip
            case other:
                raise ValueError(other)


def _followup(entry: dict[str, Any], agency: str) -> dict[str, Any]:
    return {
        "id": entry["number"],
        "created_at": entry["at"],
        "institution_from_name": entry["sender"],
        "institution_to_name": agency if entry["sender"] == "Pelapor" else "Pelapor",
        "template_content": None,
        "content": entry["content"],
        "attachments": entry["files"],
    }


def _opened(state: Path) -> IO[bytes]:
    """The file for reading from the start and appending, without a half-written last line."""
    state.parent.mkdir(parents=True, exist_ok=True)
    file = state.open("a+b")
    file.seek(0)
    whole = file.read()
    file.truncate(whole.rfind(b"\n") + 1)
    file.seek(0)
    return file


def _now() -> str:
    return f"{datetime.now(UTC).astimezone(_JAKARTA):%d-%m-%Y %H:%M:%S}"
