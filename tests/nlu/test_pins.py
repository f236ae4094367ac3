"""Pins: by the nearest village, by drawn outlines, and by the real ones where they are at hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from nlu.pins import NEAR_M, Pins, distance_m, import_boundaries
from nlu.places import Area, Gazetteer, Outside

ROOT = Path(__file__).parents[2]
GAZETTEER = Gazetteer.load(ROOT / "data" / "places")
REAL = ROOT.parent / "shared" / "kutim" / "boundaries_desa.geojson"
SEPASO = next(v for v in GAZETTEER.villages() if v.name == "Sepaso")
SEKERAT = next(v for v in GAZETTEER.villages() if v.name == "Sekerat")
NEAREST = Pins(GAZETTEER)


def square(code: str, lat: float, lon: float, half: float = 0.05) -> dict[str, object]:
    ring = [[lon - half, lat - half], [lon + half, lat - half], [lon + half, lat + half], [lon - half, lat + half]]
    geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    return {"type": "Feature", "properties": {"kode": code}, "geometry": geometry}


def collection(path: Path, *features: object) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


@pytest.fixture
def drawn(tmp_path: Path) -> Pins:
    """Sepaso as a square of 0.1 degrees whose middle is 0.75 N 117.55 E."""
    target = tmp_path / "outlines" / "desa.json"
    source = collection(tmp_path / "in.geojson", square(SEPASO.code, 0.75, 117.55))
    assert import_boundaries(source, target, GAZETTEER) == 1
    return Pins(GAZETTEER, target)


def test_distance_of_one_degree_on_the_equator() -> None:
    assert distance_m(0, 117, 0, 118) == pytest.approx(math.pi * 6_371_008.8 / 180)
    assert distance_m(0.5, 117.5, 0.5, 117.5) == 0


class TestNearest:
    @pytest.mark.parametrize("village", GAZETTEER.villages(), ids=lambda v: v.name)
    def test_on_its_point_every_village_is_sure(self, village: Area) -> None:
        found = NEAREST.resolve(village.lat, village.lon)
        assert (found.desa, found.certainty, found.distance_m) == (village.code, "sure", 0)

    def test_far_from_all_the_three_nearest_are_asked_about(self) -> None:
        found = NEAREST.resolve(1.3, 117.3)
        assert (found.certainty, found.outside, found.kecamatan, found.desa) == ("doubtful", None, None, None)
        assert len(found.candidates) == 3
        assert (found.distance_m or 0) > NEAR_M

    def test_the_kecamatan_is_taken_when_the_three_agree(self) -> None:
        found = NEAREST.resolve(0.74, 117.605)
        assert (found.certainty, found.kecamatan) == ("doubtful", SEPASO.kecamatan)
        assert {code[:8] for code, _ in found.candidates} == {SEPASO.kecamatan}

    @pytest.mark.parametrize("place", GAZETTEER.outside, ids=lambda p: p.name)
    def test_on_a_place_beyond_that_place_is_named(self, place: Outside) -> None:
        found = NEAREST.resolve(place.lat, place.lon)
        assert (found.outside, found.kecamatan, found.certainty) == (place.name, None, "doubtful")

    @pytest.mark.parametrize(("lat", "lon"), [(91, 0), (0, 181), (math.nan, 117), (0.5, math.inf)])
    def test_what_is_no_coordinate_is_refused(self, lat: float, lon: float) -> None:
        with pytest.raises(ValueError, match="Not a place on earth"):
            NEAREST.resolve(lat, lon)


class TestDrawnOutline:
    def test_inside(self, drawn: Pins) -> None:
        found = drawn.resolve(0.71, 117.51)
        assert (found.desa, found.kecamatan) == (SEPASO.code, SEPASO.kecamatan)
        assert (found.certainty, found.distance_m) == ("sure", 0)

    def test_a_kilometre_off_the_coast_it_is_taken_and_asked(self, drawn: Pins) -> None:
        found = drawn.resolve(0.75, 117.609)
        assert (found.desa, found.outside, found.certainty) == (SEPASO.code, None, "doubtful")
        assert found.candidates == ((SEPASO.code, 1.0),)
        assert found.distance_m == pytest.approx(1_000, rel=0.01)

    def test_three_kilometres_off_it_is_outside(self, drawn: Pins) -> None:
        found = drawn.resolve(0.75, 117.627)
        assert (found.desa, found.kecamatan, found.certainty) == (None, None, "sure")
        assert found.outside == "Kota Bontang"


class TestImport:
    @pytest.mark.parametrize(
        ("features", "fault"),
        [
            ([square("64.08.99.2001", 0.7, 117.5)], "unknown kode '64.08.99.2001'"),
            ([square(SEPASO.code, 0.7, 117.5), square(SEPASO.code, 0.7, 117.5)], "two outlines"),
            ([square(SEPASO.code, 117.5, 0.7)], "does not lie in East Kalimantan"),
            ([square(SEPASO.code, 0.7, 117.5) | {"geometry": {"type": "Point", "coordinates": [117, 1]}}], "no area"),
            ([square(SEPASO.code, 0.7, 117.5) | {"geometry": None}], "is no geometry"),
            ([], "holds no outlines"),
            ([17], "unknown kode None"),
        ],
    )
    def test_a_faulty_file_is_refused_and_nothing_written(
        self, tmp_path: Path, features: list[object], fault: str
    ) -> None:
        target = tmp_path / "out.json"
        with pytest.raises(ValueError, match=fault):
            import_boundaries(collection(tmp_path / "in.geojson", *features), target, GAZETTEER)
        assert not target.exists()

    def test_what_is_no_geojson_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "in.geojson").write_text("kode,nama\n", encoding="utf-8")
        with pytest.raises(ValueError, match="not a GeoJSON FeatureCollection"):
            import_boundaries(tmp_path / "in.geojson", tmp_path / "out.json", GAZETTEER)

    def test_an_outline_that_crosses_itself_is_mended(self, tmp_path: Path) -> None:
        bow = square(SEPASO.code, 0.75, 117.55)
        bow["geometry"] = {
            "type": "Polygon",
            "coordinates": [[[117.5, 0.7], [117.6, 0.8], [117.6, 0.7], [117.5, 0.8], [117.5, 0.7]]],
        }
        target = tmp_path / "out.json"
        assert import_boundaries(collection(tmp_path / "in.geojson", bow), target, GAZETTEER) == 1
        assert Pins(GAZETTEER, target).resolve(0.75, 117.51).desa == SEPASO.code

    def test_each_outline_answers_for_its_own(self, tmp_path: Path) -> None:
        target = tmp_path / "out.json"
        import_boundaries(
            collection(tmp_path / "in.geojson", square(SEPASO.code, 0.7, 117.5), square(SEKERAT.code, 0.8, 117.7)),
            target, GAZETTEER,
        )  # fmt: skip
        pins = Pins(GAZETTEER, target)
        assert pins.resolve(0.7, 117.5).desa == SEPASO.code
        assert pins.resolve(0.8, 117.7).desa == SEKERAT.code


@pytest.fixture(scope="module", params=["drawn", *(["real"] if REAL.exists() else [])])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pins:
    """Outlines of all 141 villages: a small square around each point and, where they are at hand, the real ones."""
    folder = tmp_path_factory.mktemp("outlines")
    squares = [square(v.code, v.lat, v.lon, 0.002) for v in GAZETTEER.villages()]
    source = REAL if request.param == "real" else collection(folder / "in.geojson", *squares)
    assert import_boundaries(source, folder / "desa.json", GAZETTEER) == 141
    return Pins(GAZETTEER, folder / "desa.json")


class TestTheWholeRegency:
    def test_every_village_holds_its_point(self, whole: Pins) -> None:
        for village in GAZETTEER.villages():
            found = whole.resolve(village.lat, village.lon)
            assert (found.desa, found.certainty) == (village.code, "sure"), village.name

    def test_no_known_place_beyond_lies_in_the_regency(self, whole: Pins) -> None:
        for place in GAZETTEER.outside:
            assert whole.resolve(place.lat, place.lon).outside == place.name
