"""A head in a model archive."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nlu.linear import Head, Packed


def save(head: Head, path: Path) -> None:
    """Write the head to one .npz file."""
    packed = Packed.of(head.weights)
    np.savez_compressed(
        path, classes=np.array(head.classes), bytes=packed.bytes, steps=packed.steps, bias=head.bias,
        sharpness=np.float64(head.sharpness), pull=np.float64(head.pull),
    )  # fmt: skip


def load(path: Path) -> Head:
    """Read what `save` wrote."""
    with np.load(path, allow_pickle=False) as kept:
        weights = Packed(kept["bytes"], kept["steps"]).weights()
        return Head(
            tuple(kept["classes"].tolist()), weights, kept["bias"], float(kept["sharpness"]), float(kept["pull"])
        )
