"""The short form of the chaos: 40 citizens, 6 kills and 2 outages on each database, audited from the other sides."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Final

import pytest

from tests.chaos.run import Plan, run

SECONDS: Final = 240.0
"""The most that people may take: a loaded machine takes longer to start what was killed."""


def short(kind: str, seed: int) -> Plan:
    workers = 0 if kind == "sqlite" else 1
    return Plan(
        kind, seed, citizens=40, kills=6, outages=2, pause=(0.5, 3), away=(1, 3), arrive=20, seconds=SECONDS,
        workers=workers,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_is_lost_and_nothing_done_twice(kind: str, tmp_path: Path) -> None:
    seed = int(os.environ.get("SIAGA_CHAOS_SEED") or random.randrange(10**6))
    print(f"seed {seed}: SIAGA_CHAOS_SEED={seed} repeats what people and weather do")
    outcome = run(short(kind, seed), tmp_path)
    print(
        f"{outcome.kills} kills, {outcome.outages} outages, {outcome.seconds:.0f} s; doubles {outcome.before.doubles}"
    )
    assert not outcome.findings, f"seed {seed}:\n" + "\n".join(outcome.findings)
    assert outcome.kills == 6
    assert outcome.outages == 2
    assert outcome.before.emergencies >= 10
    assert outcome.before.reports >= 25
