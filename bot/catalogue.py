"""What can be chosen from on the admin pages: labels, kecamatan and desa with their points, outlines where imported."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

import yaml

from bot.settings import DATA
from nlu.places import Area, Gazetteer

Ring = tuple[tuple[float, float], ...]
"""A closed line of (longitude, latitude) in WGS 84 degrees."""
_COARSE: Final = 0.004
"""Degrees (some 400 m) that an outline may lose for a small drawing."""


@dataclass(frozen=True)
class Catalogue:
    """Codes in the order people should see them. `boundaries` names imported village outlines, or is None."""

    intents: tuple[str, ...]
    categories: tuple[str, ...]
    dangers: tuple[str, ...]
    areas: tuple[Area, ...]
    boundaries: Path | None = None

    @classmethod
    def of(cls, gazetteer: Gazetteer, boundaries: Path | None = None, data: Path = DATA) -> Catalogue:
        """From data/labels.yml and the gazetteer."""
        labels = yaml.safe_load((data / "labels.yml").read_text(encoding="utf-8"))
        villages = gazetteer.villages()
        codes = sorted({village.kecamatan for village in villages})
        kecamatan = [Area(code, gazetteer.name(code).removeprefix("Kec. "), "kecamatan", code, 0, 0) for code in codes]
        return cls(
            tuple(labels["intents"]), tuple(labels["categories"]), tuple(labels["emergency_types"]),
            (*kecamatan, *villages), boundaries,
        )  # fmt: skip

    @cached_property
    def kecamatan(self) -> dict[str, str]:
        """Code -> name, by name."""
        found = {area.code: area.name for area in self.areas if area.kind == "kecamatan"}
        return dict(sorted(found.items(), key=lambda item: item[1]))

    @cached_property
    def villages(self) -> dict[str, Area]:
        """Code -> desa or kelurahan."""
        return {area.code: area for area in self.areas if area.kind != "kecamatan"}

    @cached_property
    def outlines(self) -> dict[str, tuple[Ring, ...]]:
        """Kecamatan -> its outer lines, coarse enough for a drawing; empty without imported outlines."""
        if self.boundaries is None or not self.boundaries.is_file():
            return {}
        from shapely.geometry import shape
        from shapely.ops import unary_union

        parts: dict[str, list[Any]] = defaultdict(list)
        for feature in json.loads(self.boundaries.read_text(encoding="utf-8"))["features"]:
            village = self.villages.get(feature["properties"]["kode"])
            if village:
                parts[village.kecamatan].append(shape(feature["geometry"]))
        drawn = {}
        for code, shapes in sorted(parts.items()):
            # A hair's breadth closes the seams between neighbouring villages.
            whole = unary_union([part.buffer(1e-5) for part in shapes]).simplify(_COARSE)
            pieces = getattr(whole, "geoms", [whole])
            drawn[code] = tuple(
                tuple((float(x), float(y)) for x, y in piece.exterior.coords) for piece in pieces if not piece.is_empty
            )
        return drawn


@cache
def standard() -> Catalogue:
    """The catalogue of the data folder, without outlines."""
    return Catalogue.of(Gazetteer.load(DATA / "places"))
