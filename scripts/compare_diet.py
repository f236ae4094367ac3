"""Rasa's DIET on the split by which our own heads are judged: intent accuracy, time a message, memory, start.

In Rasa's environment, from the project's root: `python -m scripts.compare_diet --epochs 30 --judge data/nlu/dev`.
Everything is written to a temporary folder. Compare with `python -m nlu.learning.cross --judge data/nlu/dev`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from rasa.core.agent import Agent
from rasa.model_training import train_nlu

from nlu.labelled import Labelled, read
from nlu.measures import wilson

CONFIG = """recipe: default.v1
language: id
assistant_id: comparison
importers:
  - name: nlu.components.importer.AuthorsImporter
pipeline:
  - name: WhitespaceTokenizer
  - name: LexicalSyntacticFeaturizer
  - name: CountVectorsFeaturizer
  - name: CountVectorsFeaturizer
    analyzer: char_wb
    min_ngram: 1
    max_ngram: 4
  - name: DIETClassifier
    epochs: {epochs}
    entity_recognition: false
    constrain_similarities: true
    random_seed: 20
policies: null
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, load anew, ask, print one line a number."""
    parser = argparse.ArgumentParser(prog="python -m scripts.compare_diet", description=__doc__)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--judge", type=Path, nargs="+", required=True)
    given = parser.parse_args(arguments)
    judging = read(given.judge)
    with tempfile.TemporaryDirectory(prefix="siaga-diet-") as folder:
        config = Path(folder) / "config.yml"
        config.write_text(CONFIG.format(epochs=given.epochs), encoding="utf-8")
        begun = time.perf_counter()
        archive = train_nlu(str(config), "data/nlu", folder, domain="domain.yml")
        if archive is None:
            print("Rasa trained no model; its message above says why.", file=sys.stderr)
            return 1
        print(f"{given.epochs} epochs in {time.perf_counter() - begun:.0f} s")
        begun = time.perf_counter()
        agent = Agent.load(archive)
        print(f"start {time.perf_counter() - begun:.1f} s")
        asyncio.run(_judged(agent, judging))
    print(f"resident at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB (training included)")
    return 0


async def _judged(agent: Agent, judging: Sequence[Labelled]) -> None:
    took: list[float] = []
    right: Counter[str] = Counter()
    total = Counter(message.intent for message in judging)
    for message in judging:
        before = time.perf_counter()
        # Rasa takes a leading slash for the name of an intent.
        said = await agent.parse_message(message.text.lstrip("/") or "-")
        took.append((time.perf_counter() - before) * 1000)
        right[message.intent] += said["intent"]["name"] == message.intent
    hits, count = sum(right.values()), len(judging)
    low, high = wilson(hits, count)
    print(f"intent {hits / count:.4f} ({low:.4f} - {high:.4f}) of {count}")
    worst = min(total, key=lambda name: right[name] / total[name])
    print(f"lowest {worst} {right[worst] / total[worst]:.3f} of {total[worst]}")
    print(f"p50 {statistics.median(took):.1f} ms, {1000 * count / sum(took):.0f} messages a second")


if __name__ == "__main__":
    sys.exit(main())
