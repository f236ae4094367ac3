"""Names and numbers made unreadable: what people see of a citizen until they say why they need more."""

from __future__ import annotations

import re
from typing import Final

_MOBILE: Final = r"(?<![\d.])(?:\+?62[\s-]?|0)8\d{1,2}(?:[\s-]?\d){6,9}(?!\d)"
_LANDLINE: Final = r"(?<![\d.])(?:\+62[\s-]?|0)[2-79]\d{1,2}[\s-]?\d{5,8}(?!\d)"
_IDENTITY: Final = r"(?<!\d)\d{16}(?!\d)"
_MAIL: Final = r"[\w.+-]+@[\w-]+\.[\w.-]+"
_PERSONAL: Final = re.compile(f"{_MAIL}|{_IDENTITY}|{_MOBILE}|{_LANDLINE}")


def mask_name(name: str | None) -> str:
    """The first letter of every word: "Siti Rahma" becomes "S*** R***"; empty stays empty."""
    return " ".join(f"{word[0]}***" for word in (name or "").split())


def mask_phone(phone: str | None) -> str:
    """Country, operator and the last four digits: "+62 811-****-0011"; empty stays empty."""
    digits = re.sub(r"\D", "", phone or "")
    if not digits:
        return ""
    if digits.startswith("0"):
        digits = "62" + digits[1:]
    if len(digits) < 10:
        return "****" + digits[-2:]
    return f"+{digits[:2]} {digits[2:5]}-****-{digits[-4:]}"


_TITLES: Final = ("bapak", "ibu", "haji", "hajah", "toko", "warung", "warga", "pasar", "desa", "mas", "mbak")
"""Beginnings of profile names that are words like any other."""


def unname_words(words: str, name: str | None) -> str:
    """The same for good, when the person is to be forgotten: the first name alone goes as well."""
    first = (name or "").split()[:1]
    alone = first[0] if first and len(first[0]) > 3 and first[0].lower() not in _TITLES else None
    return mask_words(mask_words(words, name), alone)


def mask_words(words: str, name: str | None = None) -> str:
    """Free words without phone numbers, identity numbers, mail addresses and, where given, the person's name."""
    words = _PERSONAL.sub(lambda found: "*" * 4 + found[0][-2:] if found[0][-1].isdigit() else "****", words)
    if name and len(name.strip()) > 2:
        words = re.sub(rf"\b{re.escape(name.strip())}\b", mask_name(name), words, flags=re.IGNORECASE)
    return words
