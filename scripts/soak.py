"""The long form of the chaos: 200 conversations and at least 20 kills on each database, its table in the docs.

`make soak`, or `python -m scripts.soak [--database sqlite] [--citizens N] [--kills N] [--seed N] [--no-table]`. Exit
code 1 when the audit found something. PostgreSQL's server programs have to be installed for its half.
"""

from __future__ import annotations

import argparse
import platform
import random
import re
import subprocess
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from flows.model import WITA
from tests.chaos.run import Outcome, Plan, run

ROOT: Final = Path(__file__).resolve().parents[1]
DOCUMENT: Final = ROOT / "docs" / "reliability.md"
NAMES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def plan(kind: str, seed: int, citizens: int, kills: int) -> Plan:
    """People begin over as long as the storm lasts."""
    pause, outages = (2.0, 9.0), max(2, kills // 4)
    storm = (kills + outages) * sum(pause) / 2
    return Plan(
        kind, seed, citizens, kills, outages, pause, away=(1, 12), arrive=storm, seconds=storm * 3 + 600,
        workers=0 if kind == "sqlite" else 2,
    )  # fmt: skip


def table(outcomes: list[Outcome]) -> str:
    """The outcomes side by side, as Markdown."""

    def line(name: str, *values: object) -> str:
        return f"| {name} | {' | '.join(map(str, values))} |"

    causes = sorted(Counter(cause for o in outcomes for cause in o.before.doubles))
    rows = [
        line("", *(NAMES[o.plan.kind] for o in outcomes)),
        line("---", *("---:" for _ in outcomes)),
        line("conversations", *(o.plan.citizens for o in outcomes)),
        line("processes (`serve` + `worker`)", *(f"1 + {o.plan.workers}" for o in outcomes)),
        line("SIGKILLs", *(o.kills for o in outcomes)),
        line("database outages", *(o.outages for o in outcomes)),
        line("starts given up without a database", *(o.gave_up for o in outcomes)),
        line("citizens' messages, all answered", *(o.before.acts for o in outcomes)),
        line("further deliveries of Telegram updates", *(o.repeated for o in outcomes)),
        line("bubbles taken by the providers", *(o.before.bubbles for o in outcomes)),
        line("confirmed reports", *(o.before.reports for o in outcomes)),
        line("of these filing_unknown: there / not there", *(_unknown(o) for o in outcomes)),
        line("reports at LAPOR! exactly once, after petugas settled those", *(o.after.reports for o in outcomes)),
        line("emergencies raised", *(o.before.emergencies for o in outcomes)),
        line("of these acknowledged by a person", *(o.before.acknowledged for o in outcomes)),
        line("of these rung again from the top of the ladder", *(o.before.climbed_again for o in outcomes)),
        line("longest way of an alert to the 112 system (s), kills included", *(_slow(o) for o in outcomes)),
        *(line(f"bubbles twice: {c}", *(o.before.doubles.get(c, 0) for o in outcomes)) for c in causes),
        line("**findings of the audit**", *(f"**{len(o.findings)}**" for o in outcomes)),
        line("seed", *(o.plan.seed for o in outcomes)),
        line("seconds", *(f"{o.seconds:.0f}" for o in outcomes)),
    ]  # fmt: skip
    return "\n".join(rows)


def _unknown(outcome: Outcome) -> str:
    return f"{outcome.before.unknown_there} / {outcome.before.unknown_absent}"


def _slow(outcome: Outcome) -> str:
    return f"{outcome.slowest_alert:.0f}"


def where() -> str:
    """Date, commit and machine of a measurement."""
    commit = _git("rev-parse", "--short", "HEAD") or "no commit"
    changed = _git("status", "--porcelain", "--untracked-files=no")
    now = datetime.now(UTC).astimezone(WITA)
    return f"{now:%d-%m-%Y}, commit {commit}{' with changes' if changed else ''}, Python {platform.python_version()}"


def _git(*asked: str) -> str:
    command = ["git", *asked]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603


def write_between(name: str, text: str, document: Path = DOCUMENT) -> None:
    """Put text between the two markers of this name. Raises ValueError when they are not there."""
    whole = document.read_text("utf-8")
    found = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not found.search(whole):
        raise ValueError(f"{document.name} has no markers {name}")
    document.write_text(found.sub(lambda m: f"{m[1]}{text}\n{m[2]}", whole), "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=list(NAMES), action="append", help="default: both, one after the other")
    parser.add_argument("--citizens", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--no-table", action="store_true", help="leave docs/reliability.md as it is")
    given = parser.parse_args()
    outcomes = []
    for kind in given.database or NAMES:
        print(f"{NAMES[kind]}, seed {given.seed}", flush=True)
        with tempfile.TemporaryDirectory(prefix="siaga-soak-") as folder:
            outcomes.append(run(plan(kind, given.seed, given.citizens, given.kills), Path(folder)))
        print("\n".join(outcomes[-1].findings) or "the audit found nothing", flush=True)
    shown = table(outcomes)
    print(shown)
    if not given.no_table:
        write_between("soak", f"Measured on {where()}.\n\n{shown}")
    return int(any(outcome.findings for outcome in outcomes))


if __name__ == "__main__":
    raise SystemExit(main())
