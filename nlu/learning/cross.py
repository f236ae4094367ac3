"""`siaga nlu evaluate --folds N`: train on some authors, judge by the others, each in turn; or by one fixed split.

Runs in Rasa's environment from the project's root, with the components' own code but without Rasa. `--without`
leaves a part out, so that what each is worth can be read off the same split.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from nlu import measures
from nlu.acts import Acts
from nlu.assemble import Assembly
from nlu.bands import CategoryBands, EmergencyBands
from nlu.evaluate import report, understood
from nlu.labelled import Labelled, read
from nlu.learning.examples import Example
from nlu.learning.heads import folds
from nlu.learning.plan import NOISE, READER, Pipeline
from nlu.learning.whole import learn
from nlu.model import Model
from nlu.places import Gazetteer
from nlu.runtime import Runtime
from nlu.wordlist import WordList
from nlu.words import Words

PARTS = ("reader", "noise", "normaliser", "cues", "word_list", "calibration")
"""What `--without` can leave out."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report of siaga nlu evaluate; 1 when a floor is broken or nothing can be learnt."""
    parser = argparse.ArgumentParser(prog="python -m nlu.learning.cross", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="labelled files or folders (default data/nlu)")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--judge", type=Path, nargs="+", help="judge by these files instead of by folds")
    parser.add_argument("--without", choices=PARTS, action="append", default=[])
    parser.add_argument("--every", type=int, default=1, help="learn from every so many-th line only")
    parser.add_argument("--floor", action="append", default=[], help="name=value")
    parser.add_argument("--errors", type=int, default=40)
    given = parser.parse_args(arguments)
    if not Path("config.yml").is_file():
        print("Run this from the project's root: there is no config.yml here.", file=sys.stderr)
        return 1
    taught = read(given.files or [Path("data/nlu")])[:: given.every]
    splits = [(taught, read(given.judge))] if given.judge else list(by_author(taught, given.folds))
    pairs: list[measures.Pair] = []
    took: list[float] = []
    for number, (teaching, judging) in enumerate(splits, 1):
        start = time.perf_counter()
        runtime = trained(teaching, frozenset(given.without))
        found, milliseconds = understood(judging, runtime.parse)
        pairs.extend(found)
        took.extend(milliseconds)
        seconds = time.perf_counter() - start
        print(f"split {number} of {len(splits)}: {len(teaching)} lines taught, {len(judging)} judged, {seconds:.0f} s")
    floors = {name: float(bound) for name, _, bound in (floor.partition("=") for floor in given.floor)}
    return report(pairs, took, floors, given.errors)


def by_author(messages: Sequence[Labelled], count: int) -> Iterator[tuple[list[Labelled], list[Labelled]]]:
    """What teaches and what judges, `count` times; no author is in both, unless there are fewer than `count`."""
    bare = [Example(m.text, (), m.intent, m.author or "", original=m.text) for m in messages]
    fold = folds(bare, count)
    for number in range(count):
        judging = [message for message, own in zip(messages, fold, strict=True) if own == number]
        if judging:
            yield [message for message, own in zip(messages, fold, strict=True) if own != number], judging


def trained(messages: Sequence[Labelled], without: frozenset[str] = frozenset()) -> Runtime:
    """A runtime that learnt these messages by config.yml, with some PARTS left out."""
    folder = Path("data/words")
    raw = Words.load(folder).raw
    words = Words.of({
        "slang": {} if "normaliser" in without else raw["slang"],
        "cues": {group: [] for group in raw["cues"]} if "cues" in without else raw["cues"],
    })  # fmt: skip
    pipeline = Pipeline.read(Path("config.yml"))
    left_out = [name for part, name in (("reader", READER), ("noise", NOISE)) if part in without]
    model = learn(messages, pipeline.without(*left_out), words)
    if "calibration" in without:
        model = _uncalibrated(model)
    gazetteer = Gazetteer.load(Path("data/places"))
    word_list = WordList.load(folder.parent, gazetteer, folder)
    if "word_list" in without:
        word_list = replace(word_list, dangers={}, certain={})
    return Runtime(model, Assembly(Acts.load(folder, words.normaliser), words.normaliser, gazetteer), word_list)


def _uncalibrated(model: Model) -> Model:
    """Raw scores through a plain softmax or logistic, bands at round numbers, as if nothing were measured."""
    heads = {name: replace(head, sharpness=1.0, pull=1.0) for name, head in model.heads.items()}
    return replace(
        model, heads=heads, category_bands=CategoryBands(0.9, 0.3),
        emergency_bands=EmergencyBands(1.0, 0.0, 1.0, 0.0, 0.2, 0.5),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
