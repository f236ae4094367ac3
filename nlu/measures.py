"""The numbers by which understanding is judged: counts with Wilson intervals, per label, by name."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from flows.model import Understanding
from nlu.labelled import Labelled

Pair = tuple[Labelled, Understanding]


@dataclass(frozen=True)
class Measure:
    """`hits` of `total`, and the goal: at least or at most that share."""

    name: str
    what: str
    hits: int
    total: int
    goal: float
    towards: Literal["least", "most"] = "least"

    @property
    def share(self) -> float:
        return self.hits / self.total if self.total else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.hits, self.total)

    def meets(self, bound: float) -> bool:
        """Whether the share is on the right side of `bound`; nothing measured meets nothing."""
        if not self.total:
            return False
        return self.share >= bound if self.towards == "least" else self.share <= bound


def wilson(hits: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share; (0, 1) when nothing was counted."""
    if not total:
        return 0.0, 1.0
    z, share = 1.96, hits / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return max(0.0, middle - half), min(1.0, middle + half)


def measures(pairs: Sequence[Pair]) -> list[Measure]:
    """Every row of the goals, in their order."""
    real = [p for p in pairs if p[0].emergency]
    alike = [p for p in pairs if p[0].lookalike and not p[0].emergency]
    ordinary = [p for p in pairs if not p[0].emergency and not p[0].lookalike]
    sorted_out = [p for p in pairs if p[0].category and not p[0].emergency]
    sure = [p for p in sorted_out if p[1].category.certainty == "sure"]
    in_kec = [p for p in pairs if p[0].kec]
    in_desa = [p for p in pairs if p[0].desa]
    lowest = min(per_intent(pairs), key=lambda row: row.recall, default=None)
    return [
        _count("emergency_any", "real emergencies seen as live or ask", real, _seen, 0.99),
        _count("emergency_live", "real emergencies seen as live", real, _live, 0.95),
        _count("lookalike_live", "look-alikes called live", alike, _live, 0.05, "most"),
        _count("ordinary_live", "ordinary messages called live", ordinary, _live, 0.003, "most"),
        _count("ordinary_ask", "ordinary messages asked", ordinary, _asked, 0.03, "most"),
        _count("emergency_type", "type right, among real emergencies", real, _type_right, 0.90),
        _count("intent", "intent right", pairs, lambda p: p[0].intent == p[1].intent, 0.93),
        Measure("intent_lowest", f"lowest recall of an intent ({lowest.label if lowest else '-'})",
                lowest.hits if lowest else 0, lowest.support if lowest else 0, 0.80),
        _count("category", "category right", sorted_out, _category_right, 0.90),
        _count("category_three", "category among the best three", sorted_out, _among_three, 0.97),
        _count("category_sure", "category right where sure", sure, _category_right, 0.95),
        _count("kecamatan", "kecamatan right, where named", in_kec, lambda p: p[0].kec == p[1].place.kecamatan, 0.97),
        _count("desa", "desa right, where named", in_desa, lambda p: p[0].desa == p[1].place.desa, 0.93),
        _count("wrong_place", "a wrong place taken as sure", pairs, _wrong_place, 0.01, "most"),
    ]  # fmt: skip


@dataclass(frozen=True)
class LabelRow:
    """How one label fares. `said`: how often it was answered; `hits`: how often rightly."""

    label: str
    support: int
    said: int
    hits: int

    @property
    def precision(self) -> float:
        return self.hits / self.said if self.said else 0.0

    @property
    def recall(self) -> float:
        return self.hits / self.support if self.support else 0.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def per_intent(pairs: Sequence[Pair]) -> list[LabelRow]:
    return _rows([(wanted.intent, said.intent) for wanted, said in pairs])


def per_category(pairs: Sequence[Pair]) -> list[LabelRow]:
    return _rows([(w.category, (*_best(s, 1), "-")[0]) for w, s in pairs if w.category and not w.emergency])


def per_type(pairs: Sequence[Pair]) -> list[LabelRow]:
    return _rows([(w.emergency_type, s.emergency.type or "-") for w, s in pairs if w.emergency and w.emergency_type])


def confusions(pairs: Sequence[tuple[str | None, str]], most: int = 15) -> list[tuple[str, str, int]]:
    """(wanted, said, how often), commonest first."""
    wrong = Counter((str(wanted), said) for wanted, said in pairs if wanted != said)
    return [(wanted, said, n) for (wanted, said), n in wrong.most_common(most)]


def calibration(pairs: Sequence[Pair]) -> list[tuple[str, int, float, float]]:
    """Category by tenths of confidence: (band, how many, mean confidence, share right)."""
    out = []
    sorted_out = [p for p in pairs if p[0].category and not p[0].emergency and p[1].category.ranking]
    for tenth in range(10):
        inside = [p for p in sorted_out if min(int(p[1].category.ranking[0].confidence * 10), 9) == tenth]
        if inside:
            mean = sum(p[1].category.ranking[0].confidence for p in inside) / len(inside)
            right = sum(p[0].category in _best(p[1], 1) for p in inside) / len(inside)
            out.append((f"{tenth / 10:.1f}-{tenth / 10 + 0.1:.1f}", len(inside), mean, right))
    return out


def _count(
    name: str, what: str, pairs: Sequence[Pair], hit: Callable[[Pair], bool], goal: float,
    towards: Literal["least", "most"] = "least",
) -> Measure:  # fmt: skip
    return Measure(name, what, sum(hit(pair) for pair in pairs), len(pairs), goal, towards)


def _rows(answers: Sequence[tuple[str | None, str]]) -> list[LabelRow]:
    support = Counter(str(wanted) for wanted, _ in answers)
    said = Counter(answer for _, answer in answers)
    hits = Counter(answer for wanted, answer in answers if wanted == answer)
    return [LabelRow(label, support[label], said[label], hits[label]) for label in sorted(support)]


def _live(pair: Pair) -> bool:
    return pair[1].emergency.level == "live"


def _seen(pair: Pair) -> bool:
    return pair[1].emergency.level != "none"


def _asked(pair: Pair) -> bool:
    return pair[1].emergency.level == "ask"


def _category_right(pair: Pair) -> bool:
    return pair[0].category in _best(pair[1], 1)


def _among_three(pair: Pair) -> bool:
    return pair[0].category in _best(pair[1], 3)


def _type_right(pair: Pair) -> bool:
    """What the model would call it, even where it does not see the danger, is not known: a miss counts as wrong."""
    return pair[0].emergency_type == pair[1].emergency.type


def _best(said: Understanding, count: int) -> list[str]:
    return [entry.code for entry in said.category.ranking[:count]]


def _wrong_place(pair: Pair) -> bool:
    wanted, place = pair[0], pair[1].place
    if place.certainty != "sure" or place.kecamatan is None:
        return False
    return place.kecamatan != wanted.kec or (place.desa is not None and place.desa != wanted.desa)
