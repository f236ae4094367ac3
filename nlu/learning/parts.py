"""Learning each part of understanding from examples; Rasa's components and the cross-validation call the same lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from nlu.bands import NOTHING, CategoryBands, EmergencyBands, held
from nlu.learning.examples import Example
from nlu.learning.heads import Taught, Way, folds, lines_of, taught
from nlu.learning.reader import Pupil, Teaching
from nlu.learning.texts import Texts, classes_of, common, questions
from nlu.learning.thresholds import DangerGoals, category_bands, danger_bands
from nlu.linear import Floats, Head, log_odds, softmax
from nlu.ngrams import Vocabulary
from nlu.reader import Reader


@dataclass(frozen=True)
class ReaderPlan:
    """`nets` are taught from different beginnings and answer together; `least`: messages a piece must stand in."""

    nets: int = 2
    least: int = 12
    levels: int = 31
    lookalike_weight: float = 1.0
    teaching: Teaching = field(default_factory=Teaching)


@dataclass(frozen=True)
class TaughtReader:
    """`reader` has learnt every line; `scores` are its held-out answers, one row an example, zeros for noisy ones."""

    reader: Reader
    scores: Floats


def learn_reader(
    examples: Sequence[Example], cues: Floats, vocabulary: Vocabulary, plan: ReaderPlan
) -> TaughtReader:  # fmt: skip
    """Teach the nets on all lines, and one net a fold on the lines of the other authors."""
    tokens = [example.tokens for example in examples]
    kept = common(vocabulary, tokens, plan.least)
    texts = Texts.of(tokens, cues, vocabulary, kept)
    asked = questions(examples, plan.lookalike_weight)
    everything = np.arange(len(examples))

    def pupil(seed: int) -> Pupil:
        return Pupil(len(kept), cues.shape[1], asked, plan.teaching, seed)

    nets = []
    for seed in range(plan.nets):
        learner = pupil(seed)
        learner.learn(texts, everything)
        nets.append(learner.weights(plan.levels))
    reader = Reader(kept, classes_of(asked), tuple(nets))
    clean = np.array([not example.noisy for example in examples])
    fold = folds(examples)
    scores = np.zeros((len(examples), sum(len(q.classes) for q in asked.values())), dtype=np.float32)
    for number in sorted(set(fold.tolist())):
        learner = pupil(number)
        learner.learn(texts, np.flatnonzero(fold != number))
        lines = np.flatnonzero((fold == number) & clean)
        if len(lines):
            scores[lines] = learner.scores(texts, lines)
    return TaughtReader(reader, scores)


def learn_intents(
    examples: Sequence[Example], x: sp.csr_matrix, way: Way, read: Floats | None
) -> Taught:  # fmt: skip
    """`x`: n-grams and weighted cues; `read`: the reader's held-out scores of the intents."""
    return taught(x, [e.intent for e in examples], examples, folds(examples), way, read)


def meant(result: Taught, count: int) -> Floats:
    """The held-out log odds that the intent is darurat, one value an example, zero for noisy ones."""
    out = np.zeros(count, dtype=np.float32)
    if "darurat" in result.head.classes:
        out[result.clean] = held(log_odds(result.mixed, result.head.classes.index("darurat")))
    return out


@dataclass(frozen=True)
class TaughtCategories:
    head: Head
    bands: CategoryBands


def learn_categories(
    examples: Sequence[Example], x: sp.csr_matrix, way: Way, read: Floats | None, sure_precision: float,
    doubtful_top3: float,
) -> TaughtCategories | None:  # fmt: skip
    """From the lines that name a matter, bare wishes to report as naming none; None when there are too few."""
    lines = lines_of([example.names_a_matter for example in examples])
    about = [examples[i] for i in lines.tolist()]
    wanted = [example.category or NOTHING for example in about]
    if len(set(wanted)) < 2:
        return None
    result = taught(x[lines], wanted, about, folds(about), way, None if read is None else read[lines])
    truth = [wanted[i] for i in result.clean.tolist()]
    bands = category_bands(softmax(result.mixed), truth, result.head.classes, sure_precision, doubtful_top3)
    return TaughtCategories(result.head, bands)


@dataclass(frozen=True)
class TaughtDanger:
    head: Head
    types: Head
    bands: EmergencyBands


def learn_danger(
    examples: Sequence[Example], x: sp.csr_matrix, kinds_x: sp.csr_matrix, way: Way, lookalike_weight: float,
    goals: DangerGoals, read: Floats | None, kinds_read: Floats | None, darurat: Floats,
) -> TaughtDanger | None:  # fmt: skip
    """`read`: the reader's held-out scores of no and yes, `kinds_read` of the types; `darurat`: see `meant`.

    `kinds_x`: n-grams alone. None when there are too few lines to learn from.
    """
    lines = lines_of([example.emergency is not None for example in examples])
    judged = [examples[i] for i in lines.tolist()]
    wanted = ["yes" if example.emergency else "no" for example in judged]
    urgent = lines_of([example.emergency_type is not None for example in examples])
    kinds = [str(examples[i].emergency_type) for i in urgent.tolist()]
    if len(set(wanted)) < 2 or len(set(kinds)) < 2:
        return None
    alike = np.array([bool(example.lookalike) for example in judged])
    weights = np.where(alike, lookalike_weight, 1.0).astype(np.float32)
    result = taught(x[lines], wanted, judged, folds(judged), way, None, weights)
    clean = lines[result.clean]
    evidence = np.zeros((len(clean), 3), dtype=np.float32)
    evidence[:, 0] = result.margins[:, result.head.classes.index("yes")]
    if read is not None:
        evidence[:, 1] = held(read[clean, 1] - read[clean, 0])
    evidence[:, 2] = darurat[clean]
    real = np.array([name == "yes" for name in wanted])[result.clean]
    bands = danger_bands(evidence, real, alike[result.clean], goals)
    those = [examples[i] for i in urgent.tolist()]
    types = taught(
        kinds_x[urgent],
        kinds,
        those,
        folds(those),
        Way(way.strength),
        None if kinds_read is None else kinds_read[urgent],
    )
    return TaughtDanger(result.head, types.head, bands)
