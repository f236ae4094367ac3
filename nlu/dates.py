"""When it happened, as people say it: "3 hari lalu", "tadi malam", "sejak senin", "udah 2 minggu".

Small rules of our own, because most numbers in a complaint are addresses, prices and counts. `today` is the
citizen's day (WITA), which the caller gives. Runs on Python 3.10 and 3.11; standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

_NUMBER = {
    "satu": 1, "dua": 2, "tiga": 3, "empat": 4, "lima": 5, "enam": 6, "tujuh": 7, "delapan": 8, "sembilan": 9,
    "sepuluh": 10, "sebelas": 11, "belasan": 12, "loro": 2, "telu": 3, "papat": 4, "limo": 5, "ampat": 4, "anam": 6,
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "a": 1, "an": 1,
}  # fmt: skip
_WEEKDAY = {
    "senin": 0, "snin": 0, "senen": 0, "monday": 0, "selasa": 1, "slasa": 1, "tuesday": 1, "rabu": 2, "rebo": 2,
    "wednesday": 2, "kamis": 3, "kemis": 3, "thursday": 3, "jumat": 4, "jum'at": 4, "jmat": 4, "friday": 4,
    "sabtu": 5, "saptu": 5, "sbtu": 5, "saturday": 5, "ahad": 6, "sunday": 6,
}  # fmt: skip
_MONTH = {
    "januari": 1, "jan": 1, "january": 1, "februari": 2, "pebruari": 2, "feb": 2, "february": 2, "maret": 3, "mar": 3,
    "mrt": 3, "march": 3, "april": 4, "apr": 4, "mei": 5, "may": 5, "juni": 6, "jun": 6, "june": 6, "juli": 7, "jul": 7,
    "july": 7, "agustus": 8, "agu": 8, "agt": 8, "ags": 8, "agst": 8, "aug": 8, "august": 8, "september": 9, "sep": 9,
    "sept": 9, "oktober": 10, "okt": 10, "oct": 10, "october": 10, "november": 11, "nopember": 11, "nov": 11, "nop": 11,
    "desember": 12, "des": 12, "dec": 12, "december": 12,
}  # fmt: skip
_DAYS = {
    "hari": 1, "hr": 1, "hri": 1, "dino": 1, "dina": 1, "day": 1, "days": 1, "malam": 1, "mlm": 1,
    "minggu": 7, "mingu": 7, "mggu": 7, "mgg": 7, "mnggu": 7, "pekan": 7, "week": 7, "weeks": 7,
}  # fmt: skip
_MONTHS = frozenset(["bulan", "bln", "buln", "bulanan", "month", "months", "sasi"])
_YEARS = frozenset(["tahun", "thn", "taun", "th", "year", "years"])
_HOURS = frozenset(["jam", "jm", "menit", "mnt", "detik", "hour", "hours", "minute", "minutes", "min", "mins"])

_LONG_AGO = timedelta(days=366 * 30)
_LASTING = timedelta(days=366 * 6)
"""A longer "sudah 70 tahun" is somebody's age."""

_COUNT = r"(?P<count>\d{1,3}|" + "|".join(sorted(_NUMBER, key=len, reverse=True)) + r")"
_UNIT = r"(?P<unit>" + "|".join(sorted([*_DAYS, *_MONTHS, *_YEARS, *_HOURS], key=len, reverse=True)) + r")"
_ONE = r"s[ae](?P<one>hari|minggu|pekan|bulan|tahun|malam|jam)"
_SPAN = rf"(?:{_COUNT}\s*{_UNIT}|{_ONE}|{_COUNT.replace('count', 'several')}\s*(?:puluh)\s*hari)"
_SINCE = (
    r"(?:sudah|sdh|udah|udh|uda|dah|dh|wis|hudah|sejak|sjk|selama|slm|dari|dr|kurang lebih|lebih dari|lebih|"
    r"hampir|hmpir|"
    r"for|since|past|last|kira2|sekitar)"
)
_ABOUT = r"(?:\s+(?:hampir|lebih|sekitar|kira2|ada|dari|jalan|mau|almost|about|the))?"
_AGO = r"(?:yang|yg|sing|nang)?\s*(?:lalu|lewat|lampau|kemarin|kmrn|kmren|silam|kepungkur|ago|belakangan|terakhir|ini)"
_DAY = r"(?P<day>" + "|".join(sorted(map(re.escape, _WEEKDAY), key=len, reverse=True)) + r")"
_MONTH_NAME = r"(?P<month>" + "|".join(sorted(_MONTH, key=len, reverse=True)) + r")"
_YESTERDAY = (
    r"kemarin|kmarin|kmrn|kemaren|kmren|kemarn|kmrin|wingi|kamarian|kemarik|kamari|yesterday|"
    r"(?:tadi|td) (?:malam|mlm|malem|mlem)|semalam|smalam|semalem|smlm|samalam|malam tadi|mlm tadi|mau bengi|"
    r"mambengi|last night"
)
_TODAY = (
    r"tadi|td|tdi|barusan|brusan|baru saja|baru aja|hari ini|hr ini|hri ini|pagi ini|siang ini|sore ini|malam ini|"
    r"dini hari tadi|subuh tadi|subuh ini|today|this morning|just now|saiki|dino iki|hari iki"
)
_NOT_A_TIME = re.compile(
    r"\b(?:gg|gang|jl|jln|jalan|rt|rw|no|nomor|nomer|km|blok|block|sp|simpang|lorong|rp|pukul|jam|sd|sdn|smp|smpn|sma|"
    r"sman|kelas|kls|ke|kav|afd|afdeling|camp)\.?\s*$"
)
_MONEY_AFTER = re.compile(r"\s*(?:rb|ribu|jt|juta|rupiah|k\b|%|persen|kg|kilo|meter|m\b|orang|org|x\b|kali)")
_DATE_FOLLOWS = re.compile(r"\b(?:tgl|tanggal|tngl|sejak|sjk|dari|dr|mulai|on|since)\.?\s*$")
_MONTH_BY_NUMBER = re.compile(
    r"\b(?:sejak|sjk|dari|dr|mulai)\s+(?:bulan|bln)\s+(\d{1,2})\b(?!\s*(?:lalu|yang|yg|hari))"
)
_DAY_OF_MONTH = re.compile(r"\b(?:tgl|tanggal|tngl|tggl)\.?\s*(\d{1,2})(?![\d/.:-])(?:\s*(?P<after>\w+(?: \w+)?))?")
_RHYTHM_BEFORE = re.compile(
    r"\b(?:tiap|tiap2|setiap|saban|per|every|umur|usia|umurnya|berumur|kontrak|masa)\s*(?:\w+\s*)?$"
)
_ON_A_WEEKDAY = re.compile(
    r"(?:\b(?P<lead>sejak|sjk|dari|dr|hari|hr|hri|mulai|since|on|last|malam|mlm|pagi|tadi)\s+)?"
    rf"\b{_DAY}\b\s*(?P<after>\w+)?"
)
_NOT_YET = ("depan", "dpn", "besok", "bsk", "sampai", "sampe", "mendatang")
_GONE = ("lalu", "kemarin", "kmrn", "kemaren", "kmren", "malam", "pagi", "sore", "siang", "mlm", "ini")
_FUTURE = re.compile(r"\b(?:depan|mendatang|yang akan|yg akan|lagi|besok|bsk|lusa|next|tomorrow|sesuk|isuk)\b")


def find_date(text: str, today: date) -> date | None:
    """The day the message says it happened or began, or None when it says none. Never later than `today`.

    Of several the first kind wins that says most: a written date, so long ago, a weekday, a month, a day word.
    """
    low = re.sub(r"[\s ]+", " ", text.lower())
    for rule in (_written, _named_month, _day_of_month, _ago, _weekday, _last, _before_yesterday, _yesterday, _today):
        found = rule(low, today)
        if found is not None:
            return found
    return None


def _written(text: str, today: date) -> date | None:
    """5/11, 05-11-2026, 2026-11-05."""
    for match in re.finditer(r"(?<![\d/.,-])(\d{4})-(\d{1,2})-(\d{1,2})(?![\d/-])", text):
        found = _past(int(match[1]), int(match[2]), int(match[3]), today)
        if found:
            return found
    for match in re.finditer(r"(?<![\d/.,-])(\d{1,2})([/-])(\d{1,2})(?:\2(\d{4}|\d{2}))?(?![\d/.,-]\d|\d)", text):
        if _addressed(text, match.start()) or _MONEY_AFTER.match(text, match.end()):
            continue
        day, month, year = int(match[1]), int(match[3]), match[4]
        told = year is not None or _DATE_FOLLOWS.search(text[: match.start()])
        if not told and not re.fullmatch(r"\W*\d+/\d+(?:\s+(?:pagi|siang|sore|malam))?\W*", text):
            continue
        found = _past(_full_year(year), month, day, today) if year else _latest(month, day, today)
        if found:
            return found
    return None


def _named_month(text: str, today: date) -> date | None:
    """5 nov, tgl 5 november 2025, november 5, sejak maret, bulan maret."""
    for match in re.finditer(rf"(?<![\d.,/])(\d{{1,2}})\s*(?:-|\s)?\s*{_MONTH_NAME}\b\.?\s*(20\d\d)?", text):
        if _addressed(text, match.start()):
            continue
        month = _MONTH[match["month"]]
        found = _past(int(match[3]), month, int(match[1]), today) if match[3] else _latest(month, int(match[1]), today)
        if found:
            return found
    lead = r"(?:bulan|bln|sejak|sjk|dari|dr|since|mulai|akhir|awal|pertengahan)"
    after = r"(20\d\d|(?:yang |yg )?(?:lalu|kemarin|kmrn))"
    for match in re.finditer(rf"\b(?P<lead>{lead}\s+)?{_MONTH_NAME}\b\s*{after}?", text):
        if len(match["month"]) <= 3 or not (match["lead"] or match[3]):
            continue
        month = _MONTH[match["month"]]
        year = match[3] if match[3] and match[3].isdigit() else None
        found = _past(int(year), month, 1, today) if year else _latest(month, 1, today)
        if found:
            return found
    for match in _MONTH_BY_NUMBER.finditer(text):
        found = _latest(int(match[1]), 1, today) if int(match[1]) <= 12 else None
        if found:
            return found
    return None


def _day_of_month(text: str, today: date) -> date | None:
    """tgl 5: the last 5th that has come."""
    for match in _DAY_OF_MONTH.finditer(text):
        after = match["after"] or ""
        if _FUTURE.search(after) or re.match(rf"(?:bulan|bln) dpn|{_MONTH_NAME}\b", after):
            continue
        day = int(match[1])
        if re.match(r"(?:bulan|bln) (?:lalu|kemarin|kmrn)", after):
            month = today.replace(day=1) - timedelta(days=1)
            return _valid(month.year, month.month, day)
        for back in range(62):
            candidate = today - timedelta(days=back)
            if candidate.day == day:
                return candidate
    return None


def _ago(text: str, today: date) -> date | None:
    """3 hari lalu, udah 2 minggu, selama sebulan, 2 days ago."""
    told = rf"\b{_SPAN}\s*(?:an)?\s+{_AGO}\b"
    lasting = rf"\b{_SINCE}{_ABOUT}\s+{_SPAN}\b(?!\s*(?:lagi|depan|mendatang|sekali|dr sini|dari sini))"
    for pattern, longest in ((told, _LONG_AGO), (lasting, _LASTING)):
        for match in re.finditer(pattern, text):
            if _addressed(text, match.start(), numbers=False) or _habit(text, match):
                continue
            found = _back(match, today)
            if found and found >= today - longest:
                return found
    return None


def _habit(text: str, match: re.Match[str]) -> bool:
    """Whether it is a rhythm or an age, not a day: "tiap 2 minggu", "3 hari sekali", "umur 4 tahun"."""
    before = text[max(0, match.start() - 24) : match.start()]
    inside = match.group()
    led = _RHYTHM_BEFORE.search(before) or re.search(r"\b(?:umur|usia|tiap|setiap|per|kontrak|masa)\b", inside)
    return bool(led or re.match(r"\s*sekali\b", text[match.end() :]))


def _back(match: re.Match[str], today: date) -> date | None:
    groups = match.groupdict()
    if groups.get("several"):
        return today - timedelta(days=10 * _count(groups["several"]))
    if groups.get("one"):
        count, unit = 1, groups["one"]
    else:
        count, unit = _count(groups["count"]), groups["unit"]
    if unit in _HOURS:
        return today if count <= 600 else None
    if unit in _DAYS:
        days = count * _DAYS[unit]
        return today - timedelta(days=days) if 0 < days <= 3660 else None
    months = count * (12 if unit in _YEARS else 1)
    return _months_back(today, months) if 0 < months <= 600 else None


def _weekday(text: str, today: date) -> date | None:
    """sejak senin, hari minggu, senin kemarin, kamis malam: the last one before today."""
    for match in _ON_A_WEEKDAY.finditer(text):
        after, before = match["after"] or "", text[max(0, match.start() - 10) : match.start()]
        if after in _NOT_YET or re.search(r"\b(?:tiap|setiap|saban|every|sampai|s\.?d)\s*$", before):
            continue
        spoken = match["lead"] or len(text.split()) <= 3 or after in _GONE
        if spoken:
            return _last_weekday(_WEEKDAY[match["day"]], today)
    if re.search(r"\b(?:sejak|sjk)? ?(?:hari|hr|hri)\s+minggu\b(?!\s*(?:depan|dpn|besok))", text) and not re.search(
        r"\b(?:tiap|setiap|saban)\s+(?:hari|hr|hri)\s+minggu\b", text
    ):
        return _last_weekday(6, today)
    return None


def _last(text: str, today: date) -> date | None:
    """minggu lalu, bulan kemarin, tahun lalu, last week."""
    ago = r"(?:yang|yg)?\s*(?:lalu|kemarin|kemaren|kmrn|kmren|lewat|kepungkur|wingi|kmarin)"
    lines: tuple[tuple[str, Callable[[], date]], ...] = (
        (rf"(?:minggu|mingu|mggu|mgg|mnggu|pekan)\s*{ago}|last week", lambda: today - timedelta(days=7)),
        (rf"(?:bulan|bln|sasi)\s*{ago}|last month", lambda: _months_back(today, 1)),
        (rf"(?:tahun|thn|taun)\s*{ago}|last year", lambda: _months_back(today, 12)),
    )
    for pattern, day in lines:
        match = re.search(rf"(?<!\d )(?<!\d)\b(?:{pattern})\b", text)
        if match:
            return day()
    return None


def _before_yesterday(text: str, today: date) -> date | None:
    if re.search(r"\b(?:(?:kemarin|kemaren|kmrn|kmren) (?:dulu|lusa)|wingi nane|day before yesterday)\b", text):
        return today - timedelta(days=2)
    return None


def _yesterday(text: str, today: date) -> date | None:
    for match in re.finditer(rf"\b(?:{_YESTERDAY})\b(?P<after> \w+)?", text):
        if (match["after"] or "").strip() in ("suntuk", "dulu"):
            continue
        return today - timedelta(days=1)
    return None


def _today(text: str, today: date) -> date | None:
    return today if re.search(rf"\b(?:{_TODAY})\b", text) else None


def _addressed(text: str, start: int, *, numbers: bool = True) -> bool:
    """Whether what stands before makes the number an address or a clock."""
    before = text[max(0, start - 14) : start]
    return bool(numbers and _NOT_A_TIME.search(before))


def _count(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBER[word]


def _full_year(year: str) -> int:
    return int(year) if len(year) == 4 else 2000 + int(year)


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _past(year: int, month: int, day: int, today: date) -> date | None:
    found = _valid(year, month, day)
    return found if found and found <= today and found.year > today.year - 30 else None


def _latest(month: int, day: int, today: date) -> date | None:
    """The last time this day of the year has come."""
    return _past(today.year, month, day, today) or _past(today.year - 1, month, day, today)


def _last_weekday(weekday: int, today: date) -> date:
    return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)


def _months_back(today: date, months: int) -> date:
    """The same day so many months earlier, or the last day of that month."""
    whole = today.year * 12 + today.month - 1 - months
    for day in range(today.day, 27, -1):
        found = _valid(whole // 12, whole % 12 + 1, day)
        if found:
            return found
    return date(whole // 12, whole % 12 + 1, min(today.day, 28))
