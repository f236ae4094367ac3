"""A head together with what it would have said of lines it had not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.components.examples import NOISY, labels
from nlu.components.heads import fit, folds, held_out, sharpness
from nlu.linear import Floats, Head


@dataclass(frozen=True)
class Calibrated:
    """`head` has learnt every line; `scores` are held out, for the lines numbered in `clean` (no noisy copies)."""

    head: Head
    scores: Floats
    clean: NDArray[np.int64]


def calibrated(
    examples: Sequence[Message], x: sp.csr_matrix, wanted: Sequence[str], strength: float, balanced: bool = True,
    weights: Floats | None = None,
) -> Calibrated:  # fmt: skip
    """Fit on everything; find the sharpness of confidences on held-out scores of the authors' own lines."""
    head = fit(x, wanted, strength, balanced, weights)
    noted = [labels(message) for message in examples]
    originals = [str(note.get("original") or message.get(TEXT)) for note, message in zip(noted, examples, strict=True)]
    fold = folds([str(note.get("author", "")) for note in noted], originals)
    clean = np.array([i for i, note in enumerate(noted) if not note.get(NOISY)], dtype=np.int64)
    scores = held_out(x, wanted, fold, head.classes, strength, balanced, weights)[clean]
    factor = sharpness(scores, [wanted[i] for i in clean], head.classes)
    return Calibrated(replace(head, sharpness=factor), scores, clean)
