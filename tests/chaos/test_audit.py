"""The audit catches what it is there to catch: each run here has one thing wrong with it, and one has nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.chaos.audit import Finding, Verdict, audit
from tests.chaos.records import Act, Alert, Bubble, Complaint, Cut, Records

TICKET = "KS-261124-ABCD"
NEWS = {"Laporan KS sudah masuk": 1, "Peringatan belum dibaca": None}
CRY = "tolong kebakaran di desa Sepaso"
AGAIN_AFTER = 8.0


def bubble(at: float, begins: str, text: str | None = None, trouble: str | None = None) -> Bubble:
    return Bubble("ani", at, text or begins, begins, trouble)


GOOD = Records(
    acts=(
        Act("ani", 10.0, "lampu mati", ("Ini layanan", "Ada fotonya?")),
        Act("ani", 20.0, "[foto]", ("Mohon diperiksa",)),
        Act("ani", 30.0, "kirim", ("Terima kasih, laporan",), confirms=True, photos=1),
        Act("ani", 40.0, CRY, ("Telepon 112",), cry=CRY),
    ),
    bubbles=(
        bubble(11.0, "Ini layanan"),
        bubble(11.1, "Ada fotonya?"),
        bubble(21.0, "Mohon diperiksa"),
        bubble(31.0, "Terima kasih, laporan", f"Terima kasih, laporan {TICKET}"),
        bubble(33.0, "Laporan KS sudah masuk", f"Laporan {TICKET} sudah masuk"),
        bubble(41.0, "Telepon 112"),
        bubble(44.0, "Peringatan belum dibaca"),
        bubble(49.0, "Peringatan belum dibaca"),
    ),
    complaints=(Complaint("7000001", TICKET, 1),),
    alerts=(Alert("IN-1", CRY, 43.0), Alert("IN-1", CRY, 52.0)),
    acknowledged=frozenset({"IN-1"}),
    desk=frozenset({"IN-1"}),
    unknown=frozenset(),
    cuts=(),
)  # fmt: skip


def examined(records: Records, *, settled: bool = False) -> Verdict:
    return audit(records, NEWS, AGAIN_AFTER, settled=settled)


def kinds(records: Records) -> list[str]:
    return [finding.kind for finding in examined(records).findings]


def with_again(at: float, *cuts: Cut, trouble: str | None = None) -> Records:
    """The summary comes a second time at this moment."""
    said = [replace(b, trouble=trouble) if b.begins == "Mohon diperiksa" else b for b in GOOD.bubbles]
    again = sorted([*said, bubble(at, "Mohon diperiksa")], key=lambda b: b.at)
    return replace(GOOD, bubbles=again, cuts=cuts)


def test_a_good_run_has_no_findings() -> None:
    verdict = examined(GOOD)
    assert verdict.findings == ()
    assert (verdict.reports, verdict.emergencies, verdict.acknowledged, verdict.climbed_again) == (1, 1, 1, 1)
    assert verdict.doubles == {}


def test_a_lost_report() -> None:
    lost = replace(GOOD, complaints=())
    assert examined(lost).findings == (
        Finding("lost report", TICKET, "LAPOR! does not have it, and nobody was told to look"),
    )


def test_a_report_that_nobody_filed_may_be_unknown_until_it_is_settled() -> None:
    unknown = replace(GOOD, complaints=(), unknown=frozenset({TICKET}))
    verdict = examined(unknown)
    assert verdict.findings == ()
    assert (verdict.unknown_there, verdict.unknown_absent) == (0, 1)
    assert [f.kind for f in examined(unknown, settled=True).findings] == ["lost report"]
    there = examined(replace(GOOD, unknown=frozenset({TICKET})))
    assert (there.unknown_there, there.unknown_absent) == (1, 0)


def test_a_double_report_even_when_it_is_unknown() -> None:
    twice = replace(GOOD, complaints=(*GOOD.complaints, Complaint("7000002", TICKET, 1)))
    assert kinds(twice) == ["double report"]
    assert kinds(replace(twice, unknown=frozenset({TICKET}))) == ["double report"]


def test_a_report_that_no_citizen_sent() -> None:
    other = replace(GOOD, complaints=(*GOOD.complaints, Complaint("7000002", "KS-261124-ZZZZ", 0)))
    assert kinds(other) == ["report without consent"]


def test_a_lost_photo() -> None:
    assert kinds(replace(GOOD, complaints=(Complaint("7000001", TICKET, 0),))) == ["lost photo"]


def test_a_lost_emergency() -> None:
    assert kinds(replace(GOOD, alerts=())) == ["lost emergency"]
    assert kinds(replace(GOOD, desk=frozenset())) == ["not on the desk"]


def test_an_emergency_that_nobody_took_must_be_at_the_top_of_the_ladder_again() -> None:
    alone = replace(GOOD, acknowledged=frozenset())
    assert kinds(alone) == []
    # Brought twice in one go is not the ladder begun again.
    assert kinds(replace(alone, alerts=(Alert("IN-1", CRY, 43.0), Alert("IN-1", CRY, 45.0)))) == ["lost emergency"]


@pytest.mark.parametrize("missing", ["Ini layanan", "Ada fotonya?", "Telepon 112"])
def test_an_unanswered_message(missing: str) -> None:
    silent = replace(GOOD, bubbles=[b for b in GOOD.bubbles if b.begins != missing])
    assert kinds(silent) == ["unanswered"]


def test_an_answer_from_before_the_question_is_none() -> None:
    early = replace(GOOD, bubbles=[replace(b, at=39.0) if b.begins == "Telepon 112" else b for b in GOOD.bubbles])
    assert "unanswered" in kinds(early)


def test_an_unexplained_double() -> None:
    assert kinds(with_again(26.0)) == ["unexplained double"]


@pytest.mark.parametrize(
    ("again", "cut", "cause"),
    [
        (26.0, Cut("kill", 21.5, 21.5), "killed between acceptance and mark"),
        (56.0, Cut("outage", 20.5, 25.0), "database away between acceptance and mark"),
    ],
)
def test_a_double_is_explained_by_what_kept_the_mark_from_being_written(again: float, cut: Cut, cause: str) -> None:
    verdict = examined(with_again(again, cut))
    assert verdict.findings == ()
    assert verdict.doubles == {cause: 1}


def test_a_double_is_explained_by_the_answer_that_never_came() -> None:
    verdict = examined(with_again(26.0, trouble="the line was dropped after accepting"))
    assert verdict.findings == ()
    assert verdict.doubles == {"the line was dropped after accepting": 1}


@pytest.mark.parametrize(
    "cut",
    [
        Cut("kill", 20.9, 20.9),
        Cut("kill", 24.6, 24.6),
        Cut("kill", 27.0, 27.0),
        Cut("outage", 24.5, 25.5),
        Cut("outage", 10.0, 20.0),
    ],
    ids=["killed before it was taken", "killed long after", "killed after the double", "away later", "away before"],
)
def test_a_double_is_not_explained_by_a_cut_at_another_time(cut: Cut) -> None:
    assert kinds(with_again(26.0, cut)) == ["unexplained double"]


def test_news_may_come_as_often_as_it_is_allowed_to() -> None:
    news = next(b for b in GOOD.bubbles if b.begins == "Laporan KS sudah masuk")
    assert kinds(replace(GOOD, bubbles=[*GOOD.bubbles, replace(news, at=60.0)])) == ["unexplained double"]
    other = replace(news, at=60.0, text="Laporan KS-261124-WXYZ sudah masuk")
    assert kinds(replace(GOOD, bubbles=[*GOOD.bubbles, other])) == []


def test_what_answers_nothing_is_seen() -> None:
    assert kinds(replace(GOOD, bubbles=[*GOOD.bubbles, bubble(60.0, "Selamat pagi")])) == ["not expected"]
