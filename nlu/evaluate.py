"""`siaga nlu evaluate`: labelled messages through the in-process model, every goal with its number."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

from flows.model import Understanding
from nlu import measures
from nlu.labelled import Labelled, read
from nlu.places import Gazetteer
from nlu.runtime import Runtime

Parse = Callable[[str, datetime], Understanding]


def main(
    files: Sequence[Path], floors: Mapping[str, float] | None = None, data: Path = Path("data"), errors: int = 40
) -> int:
    """Print the report; 1 when a floor is broken or named wrongly, else 0.

    `floors`: bounds by measure name (the first column of the table); a measure that should be small is held
    below its bound. `errors`: how many wrong answers of each kind are listed.
    """
    messages = read(files)
    if not messages:
        print("There is no labelled message in these files.", file=sys.stderr)
        return 1
    runtime = Runtime.load(data / "model", Gazetteer.load(data / "places"))
    return report(*understood(messages, runtime.parse), floors or {}, errors)


def report(
    pairs: Sequence[measures.Pair], took: Sequence[float], floors: Mapping[str, float], errors: int
) -> int:  # fmt: skip
    """Print the goals with their numbers, labels, confusions, calibration and errors; 1 when a floor is broken."""
    found = measures.measures(pairs)
    _print_goals(found, took)
    _print_labels("intent", measures.per_intent(pairs))
    _print_labels("category", measures.per_category(pairs))
    _print_labels("emergency type", measures.per_type(pairs))
    _print_confusions(pairs)
    print("\nCategory confidence against truth (band, messages, mean confidence, share right)")
    for band, count, mean, right in measures.calibration(pairs):
        print(f"  {band}  {count:5d}  {mean:.3f}  {right:.3f}")
    _print_errors(pairs, errors)
    return _broken(found, floors)


def folded(files: Sequence[Path], count: int, floors: Mapping[str, float], data: Path, errors: int) -> int:
    """The same by cross-validation: trains in Rasa's environment, which this starts; 1 when there is none.

    Nobody's lines are judged by a model that has read their author.
    """
    python = data.parent / ".venv-rasa" / "bin" / "python"
    if not python.is_file():
        print(f"Cross-validation trains, and {python} is not there: run `make rasa` first.", file=sys.stderr)
        return 1
    bounds = [part for name, bound in floors.items() for part in ("--floor", f"{name}={bound}")]
    command = [
        str(python), "-W", "ignore", "-m", "nlu.learning.cross", "--folds", str(count), "--errors", str(errors),
        *bounds, *(str(file.resolve()) for file in files),
    ]  # fmt: skip
    return subprocess.run(command, cwd=data.parent, check=False).returncode  # noqa: S603 - our own module


def understood(messages: Sequence[Labelled], parse: Parse) -> tuple[list[measures.Pair], list[float]]:
    """Each message with its understanding, and the milliseconds each took."""
    now = datetime.now(timezone.utc)
    pairs: list[measures.Pair] = []
    took: list[float] = []
    for message in messages:
        start = time.perf_counter()
        said = parse(message.text, now)
        took.append((time.perf_counter() - start) * 1000)
        pairs.append((message, said))
    return pairs, took


def _broken(found: Sequence[measures.Measure], floors: Mapping[str, float]) -> int:
    by_name = {measure.name: measure for measure in found}
    code = 0
    for name, bound in floors.items():
        if name not in by_name:
            print(f"There is no measure called {name}; there are {', '.join(by_name)}.", file=sys.stderr)
            code = 1
        elif not by_name[name].meets(bound):
            print(f"{name} is {by_name[name].share:.4f}, past its bound {bound}.", file=sys.stderr)
            code = 1
    return code


def _print_goals(found: Sequence[measures.Measure], took: Sequence[float]) -> None:
    print(f"{'measure':16s} {'share':>8s}  {'95 % interval':17s} {'of':>6s}  goal")
    for measure in found:
        low, high = measure.interval
        sign = ">=" if measure.towards == "least" else "<="
        met = "reached" if measure.meets(measure.goal) else "missed"
        print(
            f"{measure.name:16s} {measure.share:8.4f}  {low:.4f} - {high:.4f}  {measure.total:6d}  "
            f"{sign} {measure.goal:<6g} {met:8s} {measure.what}"
        )
    middle = sorted(took)[len(took) // 2]
    print(f"{'p50_ms':16s} {middle:8.3f}  {'':17s} {len(took):6d}  <= 1      {'reached' if middle <= 1 else 'missed'}")


def _print_labels(title: str, rows: Sequence[measures.LabelRow]) -> None:
    print(f"\n{title:20s} precision  recall      f1  messages")
    for row in rows:
        print(f"{row.label:20s} {row.precision:9.3f} {row.recall:7.3f} {row.f1:7.3f} {row.support:9d}")


def _print_confusions(pairs: Sequence[measures.Pair]) -> None:
    kinds = {
        "intent": [(wanted.intent, said.intent) for wanted, said in pairs],
        "category": [
            (wanted.category, said.category.ranking[0].code)
            for wanted, said in pairs if wanted.category and not wanted.emergency and said.category.ranking
        ],
        "emergency type": [(w.emergency_type, s.emergency.type or "none") for w, s in pairs if w.emergency_type],
    }  # fmt: skip
    for title, answers in kinds.items():
        print(f"\nWorst confusions, {title} (wanted, said, times)")
        for wanted, said, times in measures.confusions(answers):
            print(f"  {wanted} -> {said}  {times}")


def _print_errors(pairs: Sequence[measures.Pair], most: int) -> None:
    missed = [(w, s) for w, s in pairs if w.emergency and s.emergency.level == "none"]
    false = [(w, s) for w, s in pairs if not w.emergency and s.emergency.level == "live"]
    intents = [(w, s) for w, s in pairs if w.intent != s.intent]
    categories = [(w, s) for w, s in pairs if w.category and not w.emergency and s.category.ranking
                  and s.category.ranking[0].code != w.category]  # fmt: skip
    for title, wrong in (("Emergencies not seen", missed), ("Called live wrongly", false),
                         ("Wrong intent", intents), ("Wrong category", categories)):  # fmt: skip
        print(f"\n{title}: {len(wrong)}")
        for wanted, said in wrong[:most]:
            best = said.category.ranking[0].code if said.category.ranking else "-"
            print(
                f"  [{wanted.intent}/{wanted.category or '-'} -> {said.intent}/{best}"
                f" {said.emergency.level} {said.emergency.score:.2f}] {wanted.text[:140]}"
            )


if __name__ == "__main__":
    sys.exit(main([Path(name) for name in sys.argv[1:]]))
