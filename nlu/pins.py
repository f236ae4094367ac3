"""From coordinates to a place: by the nearest village, or by village outlines where they were imported.

Without outlines a pin is never simply called outside: it is so only when it lies nearer to a known place
beyond Kutai Timur than to any village, and even then the dialogue asks. Runs on Python 3.10 and 3.11;
shapely is imported only where outlines are used.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlu.places import Area, Found, Gazetteer

if TYPE_CHECKING:
    from shapely import STRtree

EARTH_M = 6_371_008.8
"""Mean radius of the earth in metres (IUGG)."""
NEAR_M = 2_000.0
"""Up to here the nearest village, or an outline missed at a coast or border, is taken."""
_CHOICES = 3


def distance_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """The great-circle distance of two WGS 84 points (degrees) in metres, by the haversine formula."""
    north, south = math.radians(lat), math.radians(other_lat)
    half = math.sin((south - north) / 2) ** 2
    half += math.cos(north) * math.cos(south) * math.sin(math.radians(other_lon - lon) / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(min(1.0, half)))


class Pins:
    """Resolves pins against the gazetteer and, where `boundaries` names an imported file, the outlines in it.

    Raises OSError when that file cannot be read and ValueError when it is not one that was imported.
    """

    def __init__(self, gazetteer: Gazetteer, boundaries: Path | None = None) -> None:
        self._villages = gazetteer.villages()
        self._beyond = gazetteer.outside
        self._outlines = _Outlines.load(boundaries, gazetteer) if boundaries else None

    def resolve(self, lat: float, lon: float) -> Found:
        """The desa and kecamatan of a WGS 84 point (degrees); `distance_m` says how far from their outline or point.

        Raises ValueError when the numbers are no coordinates.
        """
        if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
            raise ValueError(f"Not a place on earth: latitude {lat}, longitude {lon} (degrees).")
        return self._outlines.resolve(lat, lon, self) if self._outlines else self._nearest(lat, lon)

    def beyond(self, lat: float, lon: float) -> tuple[float, str]:
        """The nearest known place outside Kutai Timur: metres and name."""
        return min((distance_m(lat, lon, place.lat, place.lon), place.name) for place in self._beyond)

    def _nearest(self, lat: float, lon: float) -> Found:
        near = self.villages_near(lat, lon)
        metres, village = near[0]
        away, name = self.beyond(lat, lon)
        if away < metres:
            return Found(outside=name, certainty="doubtful", distance_m=away)
        if metres <= NEAR_M:
            return Found(village.kecamatan, village.code, certainty="sure", distance_m=metres)
        return _between(near)

    def villages_near(self, lat: float, lon: float) -> list[tuple[float, Area]]:
        """The three villages whose points are nearest, with metres."""
        measured = [(distance_m(lat, lon, v.lat, v.lon), v) for v in self._villages]
        return sorted(measured, key=lambda pair: pair[0])[:_CHOICES]


def _between(near: list[tuple[float, Area]]) -> Found:
    """Too far from any to be sure: the three nearest are asked about, their kecamatan taken when they agree."""
    shared = {village.kecamatan for _, village in near}
    weights = [1.0 / max(metres, 1.0) for metres, _ in near]
    total = sum(weights)
    return Found(
        kecamatan=shared.pop() if len(shared) == 1 else None,
        candidates=tuple((village.code, round(w / total, 3)) for (_, village), w in zip(near, weights, strict=True)),
        certainty="doubtful",
        distance_m=near[0][0],
    )


@dataclass(frozen=True)
class _Outlines:
    """Village outlines in a search tree, by position in `areas`."""

    tree: STRtree
    shapes: tuple[Any, ...]
    areas: tuple[Area, ...]

    @classmethod
    def load(cls, path: Path, gazetteer: Gazetteer) -> _Outlines:
        from shapely import STRtree

        known = {area.code: area for area in gazetteer.villages()}
        outlines = _read(path, known)
        shapes = tuple(shape for _, shape in outlines)
        return cls(STRtree(shapes), shapes, tuple(known[code] for code, _ in outlines))

    def resolve(self, lat: float, lon: float, pins: Pins) -> Found:
        from shapely import Point
        from shapely.ops import nearest_points

        point = Point(lon, lat)
        within = self.tree.query(point, predicate="intersects")
        if len(within):
            area = self.areas[int(min(within))]
            return Found(area.kecamatan, area.code, certainty="sure", distance_m=0.0)
        best: tuple[float, int] | None = None
        reach = NEAR_M / 110_000 / max(0.01, math.cos(math.radians(lat)))
        for i in self.tree.query(point.buffer(reach)):
            edge = nearest_points(self.shapes[int(i)], point)[0]
            metres = distance_m(lat, lon, edge.y, edge.x)
            if best is None or metres < best[0]:
                best = (metres, int(i))
        if best and best[0] <= NEAR_M:
            area = self.areas[best[1]]
            return Found(area.kecamatan, area.code, None, None, ((area.code, 1.0),), "doubtful", best[0])
        away, name = pins.beyond(lat, lon)
        return Found(outside=name, certainty="sure", distance_m=away)


def import_boundaries(source: Path, target: Path, gazetteer: Gazetteer) -> int:
    """Check a GeoJSON file of village outlines (property `kode`) and write what is needed of it to `target`.

    Returns how many villages it outlines. Raises OSError when a file cannot be read or written and
    ValueError, with one sentence that names the fault, when the outlines are not those of Kutai Timur.
    """
    from shapely.geometry import mapping

    known = {area.code: area for area in gazetteer.villages()}
    outlines = _read(source, known)
    features = [
        {"type": "Feature", "properties": {"kode": code, "nama": known[code].name}, "geometry": mapping(shape)}
        for code, shape in outlines
    ]
    written = json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":"))
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(target.name + ".part")
    draft.write_text(written, encoding="utf-8")
    draft.replace(target)
    return len(outlines)


def _read(path: Path, known: dict[str, Area]) -> list[tuple[str, Any]]:
    """The outlines by code. An outline that crosses itself is mended; every other fault is a ValueError."""
    from shapely import get_type_id, is_valid, make_valid
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
    except (ValueError, KeyError, TypeError) as fault:
        raise ValueError(f"{path.name} is not a GeoJSON FeatureCollection.") from fault
    outlines: dict[str, Any] = {}
    for number, feature in enumerate(features, 1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        code = (properties or {}).get("kode")
        if code not in known:
            raise ValueError(f"{path.name}: outline {number} has the unknown kode {code!r}.")
        if code in outlines:
            raise ValueError(f"{path.name}: kode {code} has two outlines.")
        try:
            outline = shape(feature["geometry"])
        except (ShapelyError, KeyError, TypeError, ValueError, AttributeError, IndexError) as fault:
            raise ValueError(f"{path.name}: the outline of {code} is no geometry.") from fault
        if not is_valid(outline):
            outline = make_valid(outline).buffer(0)
        if outline.is_empty or get_type_id(outline) not in (3, 6):
            raise ValueError(f"{path.name}: the outline of {code} is no area.")
        west, south, east, north = outline.bounds
        if west < 110 or east > 125 or south < -5 or north > 6:
            raise ValueError(f"{path.name}: the outline of {code} does not lie in East Kalimantan (degrees, lon lat).")
        outlines[code] = outline
    if not outlines:
        raise ValueError(f"{path.name} holds no outlines.")
    return list(outlines.items())
