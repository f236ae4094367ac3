"""`make train`: train the Rasa pipeline, export its weights to data/model, write manifest and parity answers.

Runs in the Rasa environment (Python 3.10), from the project's root; Rasa's archive itself is kept in var/rasa.
`--smoke` trains on a few hundred lines in a temporary folder instead, compares the exported model with Rasa live,
and ends with 1 when they differ.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")

import numpy
import rasa
import scipy
import sklearn
import yaml
from rasa.core.agent import Agent
from rasa.model_training import train_nlu
from rasa.utils.log_utils import configure_structlog

from nlu.export import export, manifest, parity
from nlu.noise import noisy

TEXTS = 950
"""Training texts in parity.jsonl, a third of them mistyped; the odd ones come on top."""

TOLERANCE = 1e-4

ARCHIVE = Path("var") / "rasa" / "nlu.tar.gz"
"""Where Rasa's own archive is kept, for a Rasa server and for `make bench-nlu`."""

ODD = (
    "", " ", "?", "!!!", "...", ".", "1", "2", "112", "081100000000", "KS-261124-AB12", "👍", "🔥🔥🔥",
    "😭 tolong", "ya", "y", "\n\n", "\t", "a", "aaaaaaaaaaaaaaaa", "TOLOOOOONG", "asdfghjkl", "http://contoh.id/a?b=c",
    "<b>halo</b>", "'; --", "[x](y)", "{}", "null", "-", "--", "@", "#jalanrusak", "日本語の文章", "مرحبا", "Привет",
    "हेलो", "ａｂｃ １１２", "ﬁre", "é à ü", "e\u0301", "\u200bhalo\u200b", "\u0000jalan", "anak2", "rt05 rw02",
    "de'na'", "kebakaran", "jalan " * 60, "air sudah sedada " * 20, "x" * 300, "banjir\nbanjir\nbanjir",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Train; 0 when the export answers as Rasa does, 1 when it does not."""
    parser = argparse.ArgumentParser(prog="python -m nlu.train", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="few lines, temporary folder, compare live")
    root = Path.cwd()
    if not (root / "config.yml").is_file():
        print("Run this from the project's root: there is no config.yml here.", file=sys.stderr)
        return 1
    smoke = parser.parse_args(arguments).smoke
    configure_structlog(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="siaga-train-") as folder:
        work = Path(folder)
        os.environ["RASA_CACHE_DIRECTORY"] = str(work / "cache")
        os.environ["RASA_MAX_CACHE_SIZE"] = "0"
        data = _sample(root / "data" / "nlu", work / "nlu") if smoke else root / "data" / "nlu"
        archive = train_nlu(str(root / "config.yml"), str(data), str(work / "models"), domain=str(root / "domain.yml"))
        if archive is None:
            print("Rasa trained no model; its message above says why.", file=sys.stderr)
            return 1
        target = work / "model" if smoke else root / "data" / "model"
        export(Path(archive), root / "config.yml", root / "data" / "words", target)
        answers = asyncio.run(_ask(Agent.load(archive), _texts(data, 200 if smoke else TEXTS)))
        parity(answers, target)
        if not smoke:
            versions = {
                "rasa": rasa.__version__, "scikit-learn": sklearn.__version__, "numpy": numpy.__version__,
                "scipy": scipy.__version__, "python": sys.version.split()[0],
            }  # fmt: skip
            manifest(root, target, versions, datetime.now(timezone.utc).date())
            kept = root / ARCHIVE
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(archive, kept)
        return _compare(target, answers)


def _sample(source: Path, target: Path) -> Path:
    """Every twentieth line of each intent of each author, as files of the same form."""
    target.mkdir(parents=True)
    for path in sorted(source.glob("*.yml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for block in content["nlu"]:
            block["examples"] = block["examples"][::20]
        (target / path.name).write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return target


def _texts(data: Path, count: int) -> list[str]:
    """Evenly chosen training texts without their marks, every third mistyped, then the odd ones."""
    from rasa.shared.nlu.training_data.loading import load_data

    found = [
        str(message.get("text"))
        for path in sorted(data.glob("*.yml"))
        for message in load_data(str(path)).training_examples
        # Rasa reads a leading slash as the name of an intent, not as words.
        if message.get("text") and not str(message.get("text")).startswith("/")
    ]
    step = max(1, len(found) // count)
    chosen = found[::step][:count]
    return [noisy(text, 7) if i % 3 == 0 else text for i, text in enumerate(chosen)] + list(ODD)


async def _ask(agent: Agent, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Rasa's own answer to each text, with the text as it was asked."""
    return [{**await agent.parse_message(text), "text": text} for text in texts]


def _compare(target: Path, answers: Sequence[dict[str, Any]]) -> int:
    """Ask the exported model the same; say how far apart the two are at most."""
    from nlu.model import Model

    model = Model.load(target)
    worst, odd = 0.0, 0
    differing: list[str] = []
    for said in answers:
        ours = model.answers(model.words.normaliser.tokens(said["text"]))
        theirs = {entry["name"]: entry["confidence"] for entry in said["intent_ranking"]}
        apart = [abs(theirs[name] - confidence) for name, confidence in ours["intent_ranking"]]
        theirs = {entry["code"]: entry["confidence"] for entry in said["category"]["ranking"]}
        apart += [abs(theirs[entry["code"]] - entry["confidence"]) for entry in ours["category"]["ranking"]]
        apart.append(abs(said["emergency"]["score"] - ours["emergency"]["score"]))
        worst = max(worst, *apart)
        odd += said["emergency"]["level"] != ours["emergency"]["level"]
        if max(apart) > TOLERANCE:
            differing.append(said["text"])
    for text in differing[:10]:
        print(f"Rasa and the export differ on: {text[:80]!r}", file=sys.stderr)
    print(f"{len(answers)} texts: the export is at most {worst:.2e} from Rasa; {odd} levels differ.")
    return 0 if worst <= TOLERANCE and not odd else 1


if __name__ == "__main__":
    sys.exit(main())
