"""The audit after a run: what was lost, what happened twice, and which of the doubles are explained.

A pure function over the other sides' records. It knows nothing of our database.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from tests.chaos.records import TICKET, Act, Bubble, Cut, Records

MARK_SECONDS: Final = 3.0
"""How long after a provider's acceptance the mark that it was brought may take, with the database there."""

Kind = Literal[
    "lost report", "double report", "report without consent", "lost photo", "lost emergency", "not on the desk",
    "unanswered", "unexplained double", "not expected",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be. `about` is a citizen, a ticket or the words of a cry."""

    kind: Kind
    about: str
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`doubles` counts the explained ones by their cause, the rest is counted for the table."""

    findings: tuple[Finding, ...]
    doubles: Mapping[str, int]
    acts: int
    bubbles: int
    reports: int
    unknown_there: int
    unknown_absent: int
    emergencies: int
    acknowledged: int
    climbed_again: int


@dataclass(slots=True)
class _Heard:
    """One citizen's bubbles; `taken` are those that answer something."""

    bubbles: list[Bubble] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)

    def answer(self, begins: str, since: float) -> Bubble | None:
        for n, bubble in enumerate(self.bubbles):
            if n not in self.taken and bubble.begins == begins and bubble.at >= since:
                self.taken.add(n)
                return bubble
        return None


def audit(records: Records, news: Mapping[str, int | None], again_after: float, *, settled: bool = False) -> Verdict:
    """Examine a run.

    `news`: how bubbles begin that answer nothing, with how often the very same words may come (None: any number).
    `again_after`: an alert this many seconds after the first can only be the ladder begun again. `settled`: the petugas
    looked every unknown filing up, so nothing may be unknown any more.
    """
    findings: list[Finding] = []
    heard: dict[str, _Heard] = defaultdict(_Heard)
    for bubble in records.bubbles:
        heard[bubble.citizen].bubbles.append(bubble)

    confirmed: dict[str, int] = {}
    for act in records.acts:
        findings += _unanswered(act, heard[act.citizen], confirmed)
    findings += _reports(records, confirmed, settled)
    findings += _photos(records, confirmed)

    doubles: Counter[str] = Counter()
    for citizen, theirs in heard.items():
        findings += _left_over(citizen, theirs, news, records.cuts, doubles)

    emergencies = [act for act in records.acts if act.cry]
    raised = [_raised(act, records, again_after) for act in emergencies]
    findings += [finding for one in raised for finding in one.findings]
    held = {c.ticket for c in records.complaints}
    return Verdict(
        findings=tuple(findings), doubles=dict(doubles), acts=len(records.acts), bubbles=len(records.bubbles),
        reports=len(confirmed), unknown_there=len(records.unknown & held), unknown_absent=len(records.unknown - held),
        emergencies=len(emergencies), acknowledged=sum(one.acknowledged for one in raised),
        climbed_again=sum(one.again for one in raised),
    )  # fmt: skip


def _unanswered(act: Act, heard: _Heard, confirmed: dict[str, int]) -> list[Finding]:
    missing: list[Finding] = []
    for begins in act.answers:
        bubble = heard.answer(begins, act.at)
        if bubble is None:
            missing.append(Finding("unanswered", act.citizen, f"{act.words!r} was not answered with {begins!r}"))
        elif act.confirms and (ticket := TICKET.search(bubble.text)):
            confirmed[ticket[0]] = act.photos
    return missing


def _reports(records: Records, confirmed: Mapping[str, int], settled: bool) -> list[Finding]:
    findings: list[Finding] = []
    filed = Counter(complaint.ticket for complaint in records.complaints)
    for ticket in confirmed:
        if filed[ticket] == 0 and (settled or ticket not in records.unknown):
            findings.append(Finding("lost report", ticket, "LAPOR! does not have it, and nobody was told to look"))
    for named, times in filed.items():
        if named is None or named not in confirmed:
            findings.append(Finding("report without consent", str(named), "LAPOR! has it, no citizen sent it"))
        if times > 1:
            findings.append(Finding("double report", str(named), f"LAPOR! has it {times} times"))
    return findings


def _photos(records: Records, confirmed: Mapping[str, int]) -> list[Finding]:
    findings: list[Finding] = []
    for complaint in records.complaints:
        wanted = confirmed.get(complaint.ticket or "")
        if wanted is not None and complaint.photos != wanted:
            told = f"{complaint.photos} of {wanted} photos went along"
            findings.append(Finding("lost photo", str(complaint.ticket), told))
    return findings


# --- what was said beside the answers ---


def _left_over(
    citizen: str, heard: _Heard, news: Mapping[str, int | None], cuts: Sequence[Cut], doubles: Counter[str]
) -> list[Finding]:
    findings: list[Finding] = []
    told: Counter[str] = Counter()
    for n, bubble in enumerate(heard.bubbles):
        if n in heard.taken:
            continue
        earlier = [one for one in heard.bubbles[:n] if one.begins == bubble.begins]
        if bubble.begins in news:
            told[bubble.text] += 1
            most = news[bubble.begins]
            if most is None or told[bubble.text] <= most:
                continue
            earlier = [one for one in earlier if one.text == bubble.text]
        if not earlier:
            findings.append(Finding("not expected", citizen, f"{bubble.begins!r} answers nothing"))
        elif cause := next((why for one in earlier if (why := _cause(one, bubble, cuts))), None):
            doubles[cause] += 1
        else:
            findings.append(Finding("unexplained double", citizen, _without_reason(bubble, earlier[-1], cuts)))
    return findings


def _without_reason(second: Bubble, first: Bubble, cuts: Sequence[Cut]) -> str:
    """What somebody needs who looks for the reason."""
    between = ", ".join(
        f"{cut.means} {cut.at - first.at:+.1f} to {cut.until - first.at:+.1f} s"
        for cut in cuts if cut.until >= first.at - 10 and cut.at <= second.at
    )  # fmt: skip
    again = f"{second.begins!r} came again after {second.at - first.at:.1f} s without a reason"
    return f"{again}; around it {between or 'nothing happened'}"


def _cause(first: Bubble, second: Bubble, cuts: Sequence[Cut]) -> str | None:
    """Why the house could not know that the first had been taken; None when it must have known."""
    if first.trouble:
        return first.trouble
    marked_by = first.at + MARK_SECONDS
    away = [cut for cut in cuts if cut.means == "outage" and cut.at <= marked_by and cut.until >= first.at]
    if away:
        # Nothing can be marked before the database is back.
        marked_by = max(cut.until for cut in away) + MARK_SECONDS
    kills = [cut for cut in cuts if cut.means == "kill"]
    if any(cut.until >= first.at and cut.at <= min(marked_by, second.at) for cut in kills):
        return "killed between acceptance and mark"
    return "database away between acceptance and mark" if away and second.at >= away[0].at else None


# --- emergencies ---


@dataclass(frozen=True, slots=True)
class _Raised:
    findings: tuple[Finding, ...] = ()
    acknowledged: bool = False
    again: bool = False


def _raised(act: Act, records: Records, again_after: float) -> _Raised:
    cry = act.cry or ""
    alerts = sorted((a for a in records.alerts if cry in a.words), key=lambda a: a.at)
    if not alerts:
        return _Raised((Finding("lost emergency", cry, "the system behind the signed webhook never rang"),))
    incidents = {alert.incident for alert in alerts}
    acknowledged = bool(incidents & records.acknowledged)
    again = alerts[-1].at - alerts[0].at >= again_after
    findings: list[Finding] = []
    if not incidents <= records.desk:
        findings.append(Finding("not on the desk", cry, "the page of the 112 desk does not show it"))
    if not acknowledged and not again:
        findings.append(Finding("lost emergency", cry, "nobody took it, and the ladder did not begin again"))
    return _Raised(tuple(findings), acknowledged, again)
