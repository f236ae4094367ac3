"""Reading LAPOR!'s answers, in all the shapes they have been seen in."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from bot.gateways.base import FollowupReceipt, Receipt
from bot.gateways.lapor_terms import local_state
from flows.model import ReportState

_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]*>")
_BREAK: Final = re.compile(r"<br\s*/?>|</p>|</li>|</div>", re.IGNORECASE)
_JAKARTA: Final = timezone(timedelta(hours=7), "WIB")
"""LAPOR! gives its times without a zone; it is run from Jakarta, so they are taken for WIB."""


@dataclass(frozen=True, slots=True)
class ComplaintStatus:
    """Where a complaint stands: LAPOR!'s own name, our state (None for a name we do not know).

    `agency` is who holds it by name, `agency_id` by LAPOR!'s number, `note` the last words of its log, `log` all of
    that last entry as words; `tracking_id` the public number where given.
    """

    name: str
    state: ReportState | None
    agency: str | None = None
    note: str | None = None
    tracking_id: str | None = None
    agency_id: str | None = None
    log: str | None = None


@dataclass(frozen=True, slots=True)
class Followup:
    """Something written on a complaint. `at` is UTC, None when unreadable; `attachments` are names, addresses or ids.

    `id` is LAPOR!'s; a row without one gets an id made of its words and time, the same every time it is read.
    """

    id: str
    at: datetime | None
    sender: str | None
    addressee: str | None
    content: str
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Master:
    """A row of one of LAPOR!'s lists."""

    id: str
    name: str


def upload_id_of(body: Any) -> str | None:
    """The id of an uploaded file: pictures and documents are answered in separate lists."""
    results = _under(body, "results")
    for kind in ("images", "docs"):
        rows = results.get(kind)
        for row in rows if isinstance(rows, list) else ():
            if (found := _text(_mapping(row).get("id"))) is not None:
                return found
    return None


def receipt_of(body: Any) -> Receipt | None:
    """The id of a new complaint, from every shape seen; None when there is none.

    Where the answer has no public number of its own, the complaint's id is the only one the citizen can be told.
    """
    top, results, data = _mapping(body), _under(body, "results"), _under(body, "data")
    complaint = _under(results, "complaint")
    places = ((top, "complaint_id"), (complaint, "id"), (data, "complaint_id"), (results, "complaint_id"))
    complaint_id = next((found for row, name in places if (found := _text(row.get(name))) is not None), None)
    if complaint_id is None:
        return None
    rows = (top, complaint, data, results)
    tracking = next((found for row in rows if (found := _text(row.get("tracking_id"))) is not None), None)
    return Receipt(complaint_id, tracking or complaint_id)


def status_of(body: Any, numbers: Mapping[int, str]) -> ComplaintStatus | None:
    """The status by name, else by number with the name that `numbers` gives it; None when neither is there."""
    results = _under(body, "results")
    data = _under(results, "data")
    name = _text(data.get("status_name"))
    code = _text(data.get("status_code"))
    if name is None and code is not None:
        name = numbers.get(int(code), code) if code.isdecimal() else code
    if name is None:
        return None
    logs = results.get("data_logs") or data.get("status_logs")
    last = _mapping(logs[-1]) if isinstance(logs, list) and logs else {}
    note = next((found for key in ("content", "note", "reason") if (found := _words(last.get(key)))), None)
    entry = "; ".join(f"{key}={found}" for key in sorted(last) if (found := _text(last[key])) is not None)
    return ComplaintStatus(
        name, local_state(name), _words(data.get("disposition_name")), note, _text(data.get("tracking_id")),
        _text(data.get("disposition_id")), entry or None,
    )  # fmt: skip


def followups_of(body: Any) -> tuple[Followup, ...] | None:
    """The follow-ups of one page; None when the page has no list of them."""
    rows = _under(body, "results").get("data")
    if not isinstance(rows, list):
        return None
    return tuple(_followup(row) for row in rows if isinstance(row, Mapping))


def followup_receipt_of(body: Any) -> FollowupReceipt:
    """The id of a follow-up that was taken, where the answer has one."""
    top, results, data = _mapping(body), _under(body, "results"), _under(body, "data")
    places = (
        (_under(results, "followup"), "id"), (top, "followup_id"), (results, "followup_id"), (data, "followup_id"),
        (_under(data, "followup"), "id"),
    )  # fmt: skip
    return FollowupReceipt(next((found for row, name in places if (found := _text(row.get(name))) is not None), None))


def masters_of(body: Any) -> tuple[Master, ...] | None:
    """The rows of one page of a list, without those that have no id or name; None when the page has no list."""
    results = _mapping(body).get("results")
    rows = results if isinstance(results, list) else _mapping(results).get("data")
    if not isinstance(rows, list):
        return None
    return tuple(found for row in rows if (found := _master(_mapping(row))) is not None)


def _master(row: Mapping[str, Any]) -> Master | None:
    number = next((found for key in ("id", "code") if (found := _text(row.get(key))) is not None), None)
    name = next((found for key in ("name", "title", "code") if (found := _words(row.get(key)))), None)
    return Master(number, name) if number and name else None


def has_next_page(body: Any) -> bool:
    """Whether another page follows. Its address is not used: the sign-in is only sent to the configured one."""
    return _text(_under(body, "results").get("next_page_url")) is not None


def _followup(row: Mapping[str, Any]) -> Followup:
    content = _words(row.get("content")) or _words(row.get("template_content")) or ""
    files = row.get("attachments")
    made_up = hashlib.sha256(f"{row.get('created_at')}/{content}".encode()).hexdigest()[:16]
    return Followup(
        _text(row.get("id")) or f"isi-{made_up}", _moment(row.get("created_at")),
        _words(row.get("institution_from_name")), _words(row.get("institution_to_name")), content,
        tuple(name for item in (files if isinstance(files, list) else ()) if (name := _file(item)) is not None),
    )  # fmt: skip


def _file(item: Any) -> str | None:
    if isinstance(item, Mapping):
        keys = ("name", "file_name", "url", "path", "id")
        return next((found for key in keys if (found := _text(item.get(key))) is not None), None)
    return _text(item)


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.strptime(str(value), "%d-%m-%Y %H:%M:%S").replace(tzinfo=_JAKARTA).astimezone(UTC)
    except ValueError:
        return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _under(value: Any, name: str) -> Mapping[str, Any]:
    return _mapping(_mapping(value).get(name))


def _text(value: Any) -> str | None:
    """A number or words as words; None for nothing, an empty string, a truth value or a structure."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None


def _words(value: Any) -> str | None:
    """Words as a person reads them: what was written as a web page loses its tags."""
    text = _text(value)
    if text is None:
        return None
    if _TAG.search(text):
        text = html.unescape(_TAG.sub(" ", _BREAK.sub("\n", text)))
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line) or None
