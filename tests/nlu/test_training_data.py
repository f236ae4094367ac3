"""The authors' data keeps the label contract, is broad enough, and shares nothing with the held-back set."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from nlu.labelled import Labelled, read
from nlu.ngrams import Vocabulary
from nlu.noise import noisy
from nlu.normaliser import Normaliser

LABELS: dict[str, Any] = yaml.safe_load(Path("data/labels.yml").read_text(encoding="utf-8"))
TRAIN = read(sorted(Path("data/nlu").glob("*.yml")))
DEV = read([Path("data/nlu/dev")])
LOOKALIKES = {
    "lampau", "kebiasaan", "takut", "idiom", "latihan", "gurau", "negasi", "sudah_ditangani", "berita",
    "rencana", "tanya",
}  # fmt: skip


def _bare(message: Labelled) -> str:
    return " ".join(message.text.lower().split())


@pytest.mark.parametrize("messages", [TRAIN, DEV], ids=["train", "dev"])
def test_every_label_is_one_of_the_contract(messages: list[Labelled]) -> None:
    with Path("data/places/wilayah.csv").open(encoding="utf-8") as file:
        kinds = {row["code"]: row["kind"] for row in csv.DictReader(file)}
    for message in messages:
        assert message.text.strip(), message
        assert message.intent in LABELS["intents"], message
        assert message.category is None or message.category in LABELS["categories"], message
        assert (message.intent == "darurat") == message.emergency == (message.emergency_type is not None), message
        assert message.emergency_type is None or message.emergency_type in LABELS["emergency_types"], message
        assert message.lookalike is None or (message.lookalike in LOOKALIKES and not message.emergency), message
        assert message.kec is None or kinds[message.kec] == "kecamatan", message
        assert message.desa is None or (message.desa.startswith(f"{message.kec}.") and message.desa in kinds), message


def test_no_text_is_in_both_sets_or_twice_in_one() -> None:
    train, dev = [_bare(m) for m in TRAIN], [_bare(m) for m in DEV]
    assert not set(train) & set(dev)
    assert len(train) == len(set(train))
    assert len(dev) == len(set(dev))


def test_broad_enough_to_learn_from() -> None:
    assert len(TRAIN) >= 8000
    intents = Counter(m.intent for m in TRAIN)
    assert min(intents[name] for name in LABELS["intents"]) >= 80, intents
    categories = Counter(m.category for m in TRAIN if not m.emergency)
    assert min(categories[name] for name in LABELS["categories"]) >= 150, categories
    types = Counter(m.emergency_type for m in TRAIN)
    assert min(types[name] for name in LABELS["emergency_types"]) >= 80, types
    assert sum(m.lookalike is not None for m in TRAIN) >= 900
    assert len(list(Path("data/nlu").glob("*.yml"))) >= 6


def test_the_held_back_set_is_big_enough_to_judge_by() -> None:
    assert sum(not m.emergency and not m.lookalike for m in DEV) >= 2000
    assert sum(m.emergency for m in DEV) >= 400


def test_the_domain_names_the_intents_of_the_contract() -> None:
    domain = yaml.safe_load(Path("domain.yml").read_text(encoding="utf-8"))
    assert sorted(domain["intents"]) == sorted(LABELS["intents"])


def test_noise_is_repeatable_and_different() -> None:
    texts = [m.text for m in TRAIN[::50]]
    assert [noisy(t, 1) for t in texts] == [noisy(t, 1) for t in texts]
    changed = sum(noisy(t, 0) != t for t in texts)
    assert changed > 0.8 * len(texts)


def test_a_vocabulary_packs_and_unpacks() -> None:
    import json

    texts = [Normaliser().tokens(m.text) for m in TRAIN[:300]]
    learnt = Vocabulary.learn(texts, 2, 3, 1500)
    again = Vocabulary.unpacked(json.loads(learnt.packed()))
    assert again.vector(texts[5]) == learnt.vector(texts[5])
    assert len(again) == len(learnt) <= 3000
    columns, values = learnt.vector(texts[5])
    assert sum(v * v for v in values) == pytest.approx(2.0)
    assert len(columns) == len(set(columns))
