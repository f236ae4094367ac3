"""Phone numbers as citizens and providers write them, in the one form that is stored: E.164."""

from __future__ import annotations

import re
from typing import Final

import phonenumbers

_VCARD_TEL: Final = re.compile(
    r"^(?:item\d+\.)?TEL[^:\r\n]*:(?:tel:)?([+\d][\d ().\-]{4,})", re.IGNORECASE | re.MULTILINE
)


def e164(raw: str | None) -> str | None:
    """The number as +62..., or None when it is no possible number. Without a country it is Indonesian.

    Providers leave the plus away ("62811..."): digits that do not begin with 0 are tried as international first.
    """
    digits = (raw or "").strip()
    if not digits:
        return None
    spellings = [digits] if digits.startswith(("+", "0")) else [f"+{digits}", digits]
    for spelling in spellings:
        try:
            number = phonenumbers.parse(spelling, "ID")
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


def phone_of_vcard(card: bytes) -> str | None:
    """The first usable number on a shared contact card (WhatsApp sends the card as a file), or None."""
    for written in _VCARD_TEL.findall(card.decode("utf-8", "replace")):
        if number := e164(written):
            return number
    return None
