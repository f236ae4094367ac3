"""The geometry of drawings made on the server: bars over time, a map by kecamatan, a point among villages.

templates/drawings.html turns them into SVG; colours are classes of admin.css, and every shape has words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.catalogue import Catalogue, Ring

WIDE: Final = 720
HIGH: Final = 180
_GROUND: Final = HIGH - 20
_KM: Final = 111.32
"""Kilometres of a degree of latitude."""


@dataclass(frozen=True, slots=True)
class Count:
    """What is counted, how many, and where its list is; `title` says it in words."""

    label: str
    count: int
    link: str
    title: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart in drawing units. `label` and `number` are empty where they would not fit."""

    what: Count
    x: float
    y: float
    wide: float
    high: float
    label: str
    number: str


def bars(rows: Sequence[Count]) -> list[Bar]:
    """Bars side by side; the highest has the chart's height."""
    most = max((row.count for row in rows), default=0) or 1
    step = WIDE / max(1, len(rows))
    every = max(1, math.ceil(len(rows) / 8))
    drawn = []
    for n, row in enumerate(rows):
        high = row.count / most * (_GROUND - 20)
        number = str(row.count) if row.count and step > 22 else ""
        label = row.label if n % every == 0 else ""
        drawn.append(Bar(row, n * step + step * 0.1, _GROUND - high, step * 0.8, high, label, number))
    return drawn


@dataclass(frozen=True, slots=True)
class Territory:
    """A kecamatan on the map; `shade` 0 (none) to 4 (most)."""

    what: Count
    path: str
    shade: int


@dataclass(frozen=True, slots=True)
class Map:
    """The kecamatan in drawing units."""

    wide: float
    high: float
    areas: tuple[Territory, ...]


def kecamatan_map(catalogue: Catalogue, counts: Mapping[str, Count]) -> Map | None:
    """The kecamatan, the darker the more; None without imported outlines."""
    outlines = catalogue.outlines
    if not outlines:
        return None
    frame = _Frame.around([point for rings in outlines.values() for ring in rings for point in ring], 640)
    most = max((what.count for what in counts.values()), default=0)
    areas = []
    for code, rings in outlines.items():
        what = counts[code]
        shade = 1 + min(3, 4 * what.count // (most + 1)) if what.count else 0
        areas.append(Territory(what, "".join(frame.path(ring) for ring in rings), shade))
    return Map(frame.wide, frame.high, tuple(areas))


@dataclass(frozen=True, slots=True)
class Village:
    """A village beside a report's point; `flip`: its name stands to the left."""

    name: str
    x: float
    y: float
    flip: bool


@dataclass(frozen=True, slots=True)
class PointMap:
    """The surroundings of a report's point, north up. `scale` is a length in words and in drawing units."""

    wide: float
    high: float
    x: float
    y: float
    nearest: str
    scale: tuple[str, float]
    villages: tuple[Village, ...]
    borders: tuple[str, ...]


def point_map(catalogue: Catalogue, lat: float, lon: float) -> PointMap:
    """The point among the nearest villages, with the borders of kecamatan where they were imported."""
    east = math.cos(math.radians(lat))
    near = sorted((math.hypot(v.lat - lat, (v.lon - lon) * east), v.code) for v in catalogue.villages.values())[:7]
    reach = max(0.02, min(0.5, near[min(4, len(near) - 1)][0] * 1.25))
    frame = _Frame.around([(lon - reach, lat - reach), (lon + reach, lat + reach)], 480, square=True)
    shown = [
        (village, frame.at(village.lon, village.lat)) for village in (catalogue.villages[code] for _, code in near)
    ]
    villages = tuple(
        Village(village.name, x, y, x > frame.wide * 0.7)
        for village, (x, y) in shown
        if 0 <= x <= frame.wide and 0 <= y <= frame.high
    )
    rings = [ring for shape in catalogue.outlines.values() for ring in shape if frame.touches(ring)]
    x, y = frame.at(lon, lat)
    nearest = catalogue.villages[near[0][1]].name
    borders = tuple(frame.path(ring) for ring in rings)
    return PointMap(frame.wide, frame.high, x, y, nearest, frame.scale(), villages, borders)


@dataclass(frozen=True, slots=True)
class _Frame:
    """Degrees to drawing units, near enough the equator and small enough for a flat picture."""

    west: float
    north: float
    unit: float
    stretch: float
    wide: float
    high: float

    @classmethod
    def around(cls, points: Sequence[tuple[float, float]], wide: float, *, square: bool = False) -> _Frame:
        west, east = min(p[0] for p in points), max(p[0] for p in points)
        south, north = min(p[1] for p in points), max(p[1] for p in points)
        stretch = math.cos(math.radians((south + north) / 2))
        unit = wide / max(1e-6, (east - west) * stretch)
        high = wide if square else max(1.0, (north - south) * unit)
        return cls(west, north, unit, stretch, wide, high)

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        return (lon - self.west) * self.stretch * self.unit, (self.north - lat) * self.unit

    def path(self, ring: Ring) -> str:
        points = (self.at(lon, lat) for lon, lat in ring)
        return "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in points) + "Z"

    def touches(self, ring: Ring) -> bool:
        """Whether the ring's box and the drawing meet."""
        corners = [self.at(lon, lat) for lon, lat in ring]
        xs, ys = [c[0] for c in corners], [c[1] for c in corners]
        return min(xs) < self.wide and max(xs) > 0 and min(ys) < self.high and max(ys) > 0

    def scale(self) -> tuple[str, float]:
        """A round length that takes at most a third of the width."""
        kilometre = self.unit / _KM
        for km in (20, 10, 5, 2, 1):
            if km * kilometre <= self.wide / 3:
                return f"{km} km", km * kilometre
        return "500 m", 0.5 * kilometre
