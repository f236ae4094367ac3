"""Reading HTTP answers of other systems: how long they ask us to wait, and what they say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""Errors that can only happen before the first byte of a request leaves."""
_MOST_WORDS = 400


def retry_after(answer: httpx.Response, now: datetime | None = None) -> float | None:
    """Seconds of the Retry-After header, as a number or as a date; None when there is none that can be read."""
    value = answer.headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


def json_of(answer: httpx.Response) -> Any:
    """The decoded body, or None when it is not JSON."""
    try:
        return answer.json()
    except ValueError:
        return None


def words_of(answer: httpx.Response) -> str:
    """What the other side says in an error answer, on one line of at most 400 characters; "" for a page of HTML."""
    body = json_of(answer)
    if body is None:
        text = "" if "html" in answer.headers.get("Content-Type", "") else answer.text
    else:
        text = "; ".join(dict.fromkeys(_sentences(body)))
    return " ".join(text.split())[:_MOST_WORDS]


def _sentences(value: Any, field: str = "") -> Iterator[str]:
    match value:
        case str() if value.strip():
            yield f"{field}: {value.strip()}" if field else value.strip()
        case list():
            for item in value:
                yield from _sentences(item, field)
        case dict():
            for name in ("message", "messages", "error", "error_description", "description", "detail"):
                yield from _sentences(value.get(name), field)
            faults = value.get("errors")
            if isinstance(faults, dict):
                for name, fault in faults.items():
                    yield from _sentences(fault, str(name))
            else:
                yield from _sentences(faults, field)
