"""Figures that stand in words whatever the rest of the message says: a phone number, how many people."""

from __future__ import annotations

import re
from typing import Final

_PHONE: Final = re.compile(r"(?<!\d)(?:\+\s?62|62|0)[\s.-]?\d(?:[\s().-]{0,2}\d){6,12}(?!\d)")
"""A number of Indonesia: the trunk 0 or the country's 62, then eight digits or more (ITU-T E.164)."""
_COUNT: Final = re.compile(
    r"\b(?:(?:tidak|tak|nggak|gak|ga|belum) ada|no|\d{1,3}|se|satu|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan"
    r"|sepuluh|beberapa|banyak|one|two|three)\s?"
    r"(?:orang|org|korban|anak|penumpang|warga|people|persons?|victims?|children)\b",
    re.IGNORECASE,
)


def phone_in(text: str) -> str | None:
    """The first phone number in these words, digits and a leading plus alone; None when there is none."""
    found = _PHONE.search(text)
    return "".join(c for c in found[0] if c.isdigit() or c == "+") if found else None


def is_only_phone(text: str) -> bool:
    """Whether the words are a phone number and little besides ("nomor saya 0811 ...")."""
    return bool(phone_in(text)) and len(_PHONE.sub(" ", text).split()) <= 4


def counts_people(text: str) -> bool:
    """Whether the words say how many people it is about, or that none is hurt."""
    return bool(_COUNT.search(text))
