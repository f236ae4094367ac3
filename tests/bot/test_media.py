"""Photos are believed by their content, and leave their metadata behind."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from bot.media import LONGEST_EDGE, MOST_BYTES, MediaFolder, Refused, clean


def jpeg(size: tuple[int, int] = (80, 60), gps: bool = False, orientation: int | None = None) -> bytes:
    image = Image.new("RGB", size, "orange")
    exif = Image.Exif()
    if gps:
        exif[ExifTags.IFD.GPSInfo] = {1: "N", 2: (0.0, 30.0, 0.0), 3: "E", 4: (117.0, 30.0, 36.0)}
        exif[ExifTags.Base.Make] = "Kamera Uji"
    if orientation:
        exif[ExifTags.Base.Orientation] = orientation
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_gps_is_read_and_then_nothing_of_the_metadata_is_kept() -> None:
    photo = clean(jpeg(gps=True))
    assert photo.attachment.gps == pytest.approx((0.5, 117.51))
    with Image.open(io.BytesIO(photo.content)) as image:
        assert len(image.getexif()) == 0
    assert b"Kamera Uji" not in photo.content
    assert b"Exif" not in photo.content


def test_a_photo_is_turned_upright() -> None:
    with Image.open(io.BytesIO(clean(jpeg((80, 60), orientation=6)).content)) as image:
        assert image.size == (60, 80)


def test_a_large_photo_is_made_smaller() -> None:
    with Image.open(io.BytesIO(clean(jpeg((5000, 3000))).content)) as image:
        assert max(image.size) == LONGEST_EDGE


@pytest.mark.parametrize("mode", ["RGBA", "P", "L", "CMYK"])
def test_every_colour_mode_becomes_a_plain_jpeg(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (20, 20)).save(out, "JPEG" if mode == "CMYK" else "PNG")
    assert clean(out.getvalue()).attachment.content_type == "image/jpeg"


def test_forty_megapixels_are_refused_before_they_are_decoded() -> None:
    out = io.BytesIO()
    Image.new("1", (8000, 5000)).save(out, "PNG")
    assert len(out.getvalue()) < 100_000
    with pytest.raises(Refused) as refused:
        clean(out.getvalue())
    assert refused.value.problem == "too_many_pixels"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"%PDF-1.7 nothing",
        jpeg()[:200],
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + b"\xff" * 40,
    ],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(Refused) as refused:
        clean(content)
    assert refused.value.problem == "not_a_picture"


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        clean(b"\xff" * (MOST_BYTES + 1))
    assert refused.value.problem == "too_big"


async def test_the_same_photo_is_stored_once_under_its_hash(tmp_path: Path) -> None:
    folder = MediaFolder(tmp_path)
    first = await folder.take(jpeg())
    second = await folder.take(jpeg())
    assert first == second
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == [first.hash]
    assert len(await folder.read(first.hash)) == first.size


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "0" * 63])
def test_only_hashes_name_files(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="hash"):
        MediaFolder(tmp_path).path(name)
