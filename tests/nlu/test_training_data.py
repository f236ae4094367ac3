"""The authors' data keeps the label contract, is broad enough, and shares nothing with the held-back set."""

from __future__ import annotations

import csv
import heapq
import re
import zlib
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

REGISTERS = {
    "santai", "formal", "singkat", "marah", "orang_tua", "panjang", "typo", "banjar", "jawa", "anak_muda", "bugis",
    "inggris", "kutai",
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


SHORT_INTENTS = ("batal", "ulang", "lewati", "setuju", "tolak")
"""What people say in one word and in few ways."""


def test_broad_enough_to_learn_from() -> None:
    assert len({_bare(m) for m in TRAIN}) >= 8000
    intents = Counter(m.intent for m in TRAIN)
    assert not {name: n for name in LABELS["intents"] if (n := intents[name]) < (60 if name in SHORT_INTENTS else 120)}
    categories = Counter(m.category for m in TRAIN if not m.emergency)
    assert not {name: n for name in LABELS["categories"] if (n := categories[name]) < 150}
    types = Counter(m.emergency_type for m in TRAIN)
    assert not {name: n for name in LABELS["emergency_types"] if (n := types[name]) < 80}
    assert sum(m.lookalike is not None for m in TRAIN) >= 900
    assert {m.lookalike for m in TRAIN} - {None} == LOOKALIKES
    assert min(Counter(m.lookalike for m in TRAIN).values()) >= 60
    assert len(list(Path("data/nlu").glob("*.yml"))) >= 6


def test_many_voices() -> None:
    lines = Counter(m.author for m in TRAIN)
    assert None not in lines
    assert sum(n >= 500 for n in lines.values()) >= 6
    assert max(lines.values()) <= 0.3 * len(TRAIN), "no single voice drowns the others"


def test_every_register_speaks_of_everything() -> None:
    registers = {m.register for m in TRAIN}
    assert registers >= REGISTERS
    for register in sorted(REGISTERS):
        said = [m for m in TRAIN if m.register == register]
        assert {m.intent for m in said} == set(LABELS["intents"]), register
        assert {m.category for m in said} >= set(LABELS["categories"]), register
        assert {m.emergency_type for m in said} >= set(LABELS["emergency_types"]), register
        assert len({m.lookalike for m in said}) >= 8, register
        words = {word for m in said for word in _words(m)}
        assert len(words) >= 1200, f"{register} has {len(words)} different words"


def test_lengths_as_in_life() -> None:
    lengths = sorted(len(_words(m)) for m in TRAIN)
    assert lengths[len(lengths) // 50] <= 2
    assert 6 <= lengths[len(lengths) // 2] <= 20
    assert lengths[-len(lengths) // 100] >= 40


def test_openings_are_not_a_template() -> None:
    openings = Counter(" ".join(_words(m)[:3]) for m in TRAIN if len(_words(m)) > 3)
    assert len(openings) >= 0.85 * sum(openings.values())
    assert max(openings.values()) <= 0.002 * len(TRAIN)


def test_hardly_any_line_is_another_with_words_swapped() -> None:
    long_enough = [m for m in TRAIN if len(_words(m)) >= 5]
    alike = _near_duplicates([" ".join(_words(m)) for m in long_enough])
    assert len(alike) <= 0.02 * len(long_enough), alike[:20]


def _words(message: Labelled) -> list[str]:
    return re.findall(r"[^\W_]+", message.text.lower())


def _near_duplicates(texts: list[str]) -> list[str]:
    """Texts that share seven tenths of their five-letter pieces with an earlier one.

    Only those are compared that agree on two of their four lowest hashes, so that 40,000 lines take seconds.
    """
    pieces = [frozenset(text[i : i + 5] for i in range(max(1, len(text) - 4))) for text in texts]
    met: dict[tuple[int, int, int], list[int]] = {}
    found = []
    for number, own in enumerate(pieces):
        lowest = heapq.nsmallest(4, (zlib.crc32(piece.encode()) for piece in own))
        keys = [(band, *lowest[band * 2 : band * 2 + 2]) for band in range(len(lowest) // 2)]
        near = {other for key in keys for other in met.get(key, ())}  # type: ignore[arg-type]
        if any(len(own & pieces[other]) >= 0.7 * len(own | pieces[other]) for other in near):
            found.append(texts[number])
        for key in keys:
            met.setdefault(key, []).append(number)  # type: ignore[arg-type]
    return found


def test_the_measure_of_likeness_finds_what_it_should() -> None:
    texts = [
        "lampu jalan mati di depan masjid sepaso",
        "lampu jalan mati di depan masjid sepasso",
        "sampah menumpuk di pasar",
    ]
    assert _near_duplicates(texts) == [texts[1]]


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
