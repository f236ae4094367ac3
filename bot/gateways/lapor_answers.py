"""Reading LAPOR!'s answers, in all the shapes they have been seen in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from bot.gateways.base import Receipt
from bot.gateways.lapor_terms import local_state
from flows.model import ReportState

_JAKARTA: Final = timezone(timedelta(hours=7), "WIB")
"""LAPOR! gives its times without a zone; it is run from Jakarta, so they are taken for WIB."""


@dataclass(frozen=True, slots=True)
class ComplaintStatus:
    """Where a complaint stands: LAPOR!'s own name, our state (None for a name we do not know).

    `agency` is who holds it, `note` the last words of its log, `tracking_id` the public number where given.
    """

    name: str
    state: ReportState | None
    agency: str | None = None
    note: str | None = None
    tracking_id: str | None = None


@dataclass(frozen=True, slots=True)
class Followup:
    """Something written on a complaint. `at` is UTC, None when unreadable; `attachments` are addresses or ids."""

    id: str
    at: datetime | None
    sender: str | None
    addressee: str | None
    content: str
    attachments: tuple[str, ...] = ()


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
    note = next((found for key in ("content", "note", "reason") if (found := _text(last.get(key))) is not None), None)
    return ComplaintStatus(
        name, local_state(name), _text(data.get("disposition_name")), note, _text(data.get("tracking_id"))
    )


def followups_of(body: Any) -> tuple[Followup, ...] | None:
    """The follow-ups of one page; None when the page has no list of them."""
    rows = _under(body, "results").get("data")
    if not isinstance(rows, list):
        return None
    return tuple(_followup(_mapping(row)) for row in rows)


def has_next_page(body: Any) -> bool:
    """Whether another page follows. Its address is not used: the sign-in is only sent to the configured one."""
    return _text(_under(body, "results").get("next_page_url")) is not None


def _followup(row: Mapping[str, Any]) -> Followup:
    content = _text(row.get("content")) or _text(row.get("template_content")) or ""
    files = row.get("attachments")
    return Followup(
        _text(row.get("id")) or "", _moment(row.get("created_at")), _text(row.get("institution_from_name")),
        _text(row.get("institution_to_name")), content,
        tuple(name for item in (files if isinstance(files, list) else ()) if (name := _file(item)) is not None),
    )  # fmt: skip


def _file(item: Any) -> str | None:
    if isinstance(item, Mapping):
        return next((found for key in ("url", "path", "id") if (found := _text(item.get(key))) is not None), None)
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
