"""Review: a person says in two clicks what a message means; what waits to be seen; how often the bot is right."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, get_args

from starlette.responses import RedirectResponse, Response

from bot.admin.dashboard import Period
from bot.admin.pages import Pages, Refusal, Visit
from bot.admin.words import INTENTS, day_words
from bot.catalogue import Catalogue
from bot.store.review import Found, Label, Reviews, ToReview, Verdict
from flows.model import WITA

ASPECTS: Final = {"maksud": "Maksud", "kategori": "Kategori", "lokasi": "Lokasi", "darurat": "Darurat"}
WAYS: Final[dict[str, Found]] = {
    "ragu": "doubtful", "darurat": "emergency", "acak": "random", "percakapan": "transcript", "hasil": "transcript",
}  # fmt: skip
"""Where a message was looked at, by the word in the address."""
_LABELS: Final[dict[str, Label]] = {"maksud": "intent", "kategori": "category", "darurat": "danger", "lokasi": "place"}
_COLUMNS: Final = 6


@dataclass(frozen=True, slots=True)
class Choice:
    """One button of a form: `suggested` ones come first and have a number for the keyboard."""

    value: str
    label: str
    suggested: bool = False
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Precision:
    """How often a label was right, as (right, reviewed): in all, and in each column's time."""

    label: str
    total: tuple[int, int]
    columns: tuple[tuple[int, int], ...]


def add(pages: Pages) -> None:
    """The pages under /admin/tinjauan."""

    @pages.page("GET", "/admin/tinjauan", "conversations.read")
    async def queue(visit: Visit) -> Response:
        way = visit.request.query_params.get("cara", "")
        way = way if way in ("darurat", "acak") else "ragu"
        today = pages.now().astimezone(WITA).date()
        async with pages.store.read() as session:
            reviews = Reviews(session, pages.store.sealer)
            rows = await reviews.queue(WAYS[way], f"{today}-{visit.officer.id}")
            waiting = await reviews.waiting()
        return pages.show("review.html", visit, rows=rows, way=way, waiting=waiting)

    @pages.page("GET", "/admin/tinjauan/ketepatan", "conversations.read")
    async def precision(visit: Visit) -> Response:
        asked = visit.request.query_params
        period = Period.asked(asked, pages.now())
        of = asked.get("label", "")
        label = _LABELS.get(of, "intent")
        found: Found | None = "random" if asked.get("contoh") == "acak" else None
        async with pages.store.read() as session:
            reviews = Reviews(session, pages.store.sealer)
            outcomes = await reviews.outcomes(label, period.since, period.until, found)
        spans = _spans(period)
        return pages.show(
            "precision.html", visit, rows=_precision(pages, label, outcomes, spans), spans=[_span(s) for s in spans],
            of=of if of in _LABELS else "maksud", labels_of=ASPECTS, sample=found is not None, period=period,
            count=len(outcomes),
        )  # fmt: skip

    @pages.page("GET", "/admin/tinjauan/hasil", "conversations.read")
    async def results(visit: Visit) -> Response:
        asked = visit.request.query_params
        period = Period.asked(asked, pages.now())
        right = {"benar": True, "koreksi": False}.get(asked.get("hasil", ""))
        before = asked.get("setelah", "")
        last = int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None
        async with pages.store.read() as session:
            reviews = Reviews(session, pages.store.sealer)
            rows = await reviews.reviewed(period.since, period.until, right, last)
            count = await reviews.count(period.since, period.until, right)
        query = {**period.query, **({"hasil": asked["hasil"]} if right is not None else {})}
        after = str(rows[-1].id) if len(rows) == 50 else None
        return pages.show("reviewed.html", visit, rows=rows, count=count, asked=query, after=after, period=period)

    @pages.page("GET", "/admin/tinjauan/{message}", "review.correct")
    async def one(visit: Visit) -> Response:
        message = await _message(pages, visit)
        asked = visit.request.query_params
        aspect, way = asked.get("apa", ""), _way(asked.get("dari"))
        choices = _choices(pages, message, aspect) if aspect in ASPECTS else None
        template = "review_form.html" if visit.wants_part and choices else "review_message.html"
        return pages.show(
            template, visit, m=message, aspect=aspect, aspects=ASPECTS, choices=choices, way=way,
            to=_back_to(message, way),
        )  # fmt: skip

    @pages.page("POST", "/admin/tinjauan/{message}", "review.correct")
    async def judge(visit: Visit) -> Response:
        message = await _message(pages, visit)
        way = _way(visit.form.get("dari"))
        aspect, value = visit.form.get("apa", ""), visit.form.get("nilai", "")
        await pages.write_down(visit, f"review_{_AUDITED.get(aspect, 'unknown')}", f"message:{message.id}")
        async with pages.store.write() as session:
            reviews = Reviews(session, pages.store.sealer)
            if aspect == "batal":
                await reviews.withdraw(message.id)
            else:
                verdict = changed(message, aspect, value, pages.catalogue)
                await reviews.judge(message, verdict, WAYS[way], visit.officer.id, pages.now())
        if not visit.wants_part:
            return RedirectResponse(_back_to(message, way), 303)
        return pages.show("review_chips.html", visit, m=await _message(pages, visit), way=way)


_AUDITED: Final = {
    "maksud": "intent", "kategori": "category", "lokasi": "place", "darurat": "danger", "benar": "right",
    "batal": "withdrawn",
}  # fmt: skip


def changed(message: ToReview, aspect: str, value: str, catalogue: Catalogue) -> Verdict:
    """The verdict with one thing changed; the intent is *darurat* exactly when there is danger. Raises Refusal."""
    said = message.understood
    verdict = message.verdict or said.as_verdict()
    kind = verdict.danger_type or said.danger_type or "lainnya"
    match aspect:
        case "benar":
            return said.as_verdict()
        case "maksud" if value in catalogue.intents:
            danger = value == "darurat"
            return replace(verdict, intent=value, danger=danger, danger_type=kind if danger else None)
        case "darurat" if value == "":
            intent = "lapor" if verdict.intent == "darurat" else verdict.intent
            return replace(verdict, intent=intent, danger=False, danger_type=None)
        case "darurat" if value in catalogue.dangers:
            return replace(verdict, intent="darurat", danger=True, danger_type=value)
        case "kategori" if value == "" or value in catalogue.categories:
            return replace(verdict, category=value or None)
        case "lokasi" if value == "":
            return replace(verdict, kecamatan=None, desa=None)
        case "lokasi" if value in catalogue.villages:
            return replace(verdict, kecamatan=catalogue.villages[value].kecamatan, desa=value)
        case "lokasi" if value in catalogue.kecamatan:
            return replace(verdict, kecamatan=value, desa=None)
        case _:
            raise Refusal(422, "Pilihan ini tidak ada.")


async def _message(pages: Pages, visit: Visit) -> ToReview:
    async with pages.store.read() as session:
        found = await Reviews(session, pages.store.sealer).message(visit.number("message"))
    if found is None:
        raise Refusal(404, "Pesan ini tidak ada.")
    return found


def _way(value: str | None) -> str:
    return value if value in WAYS else "percakapan"


def _back_to(message: ToReview, way: str) -> str:
    """Where the message was looked at; an anchor keeps its place on the page."""
    if way == "percakapan":
        return f"/admin/percakapan/{message.conversation_id}#m{message.id}"
    return "/admin/tinjauan/hasil" if way == "hasil" else f"/admin/tinjauan?cara={way}"


# --- what can be chosen ---


def _choices(pages: Pages, message: ToReview, aspect: str) -> list[Choice]:
    """The likeliest first, as the bot ranked them, then all."""
    verdict = message.verdict or message.understood.as_verdict()
    understanding = message.understanding
    catalogue, name = pages.catalogue, pages.name
    match aspect:
        case "maksud":
            every = [(code, INTENTS.get(code, code)) for code in catalogue.intents]
            return _ranked(every, [verdict.intent], verdict.intent)
        case "kategori":
            ranking = (understanding.get("category") or {}).get("ranking") or ()
            every = [*((code, name("category", code)) for code in catalogue.categories), ("", "Tidak ada kategori")]
            return _ranked(every, [str(r.get("code")) for r in ranking], verdict.category or "")
        case "darurat":
            every = [("", "Bukan darurat"), *((code, name("emergency", code)) for code in catalogue.dangers)]
            return _ranked(every, ["", message.understood.danger_type or ""], verdict.danger_type or "")
        case _:
            place = understanding.get("place") or {}
            likely = [str(c.get("code")) for c in place.get("candidates") or ()]
            likely += [code for code in (place.get("desa"), place.get("kecamatan")) if code]
            spots = [(code, f"Kec. {spot}") for code, spot in catalogue.kecamatan.items()]
            spots += [(code, name("place", code)) for code in catalogue.villages]
            return _ranked([*spots, ("", "Tidak ada lokasi")], [*likely, ""], verdict.desa or verdict.kecamatan or "")


def _ranked(every: Sequence[tuple[str, str]], likely: Sequence[str], chosen: str) -> list[Choice]:
    labels = dict(every)
    first = [code for code in dict.fromkeys(likely) if code in labels]
    rest = [code for code, _ in every if code not in first]
    return [Choice(code, labels[code], code in first, code == chosen) for code in (*first, *rest)]


# --- how often the bot was right ---


def _spans(period: Period) -> list[Period]:
    """The period in at most six pieces: weeks where they suffice, else longer pieces, the latest last."""
    length = 7 if period.days <= 7 * _COLUMNS else -(-period.days // _COLUMNS)
    pieces: list[Period] = []
    last = period.last
    while last >= period.first:
        first = max(period.first, last - timedelta(days=length - 1))
        pieces.insert(0, Period(first, last))
        last = first - timedelta(days=1)
    return pieces


def _span(period: Period) -> str:
    if period.first == period.last:
        return day_words(period.first)
    return f"{period.first.day}/{period.first.month}-{period.last.day}/{period.last.month}"


def _precision(
    pages: Pages, label: Label, outcomes: Sequence[tuple[str, bool, datetime]], spans: Sequence[Period]
) -> list[Precision]:
    totals: dict[str, Counter[bool]] = defaultdict(Counter)
    timed: dict[tuple[str, int], Counter[bool]] = defaultdict(Counter)
    for code, right, at in outcomes:
        day: date = at.astimezone(WITA).date()
        column = next((n for n, span in enumerate(spans) if span.first <= day <= span.last), 0)
        totals[code][right] += 1
        timed[code, column][right] += 1

    def pair(count: Counter[bool]) -> tuple[int, int]:
        return count[True], count.total()

    return [
        Precision(
            _called(pages, label, code), pair(count), tuple(pair(timed[code, n]) for n in range(len(spans)))
        )
        for code, count in sorted(totals.items(), key=lambda item: -item[1].total())
    ]  # fmt: skip


def _called(pages: Pages, label: Label, code: str) -> str:
    names: Mapping[str, str] = {
        "none": {"danger": "tidak darurat", "category": "tanpa kategori", "place": "tanpa lokasi"}.get(label, code),
        "live": "sedang terjadi", "ask": "mungkin darurat", "desa": "sampai desa", "kecamatan": "sampai kecamatan",
    }  # fmt: skip
    if label == "intent":
        return INTENTS.get(code, code)
    if label == "category" and code != "none":
        return pages.name("category", code)
    return names.get(code, code)


assert set(WAYS.values()) == set(get_args(Found))
