"""Photos: believed by their content, turned upright, stripped of EXIF, stored by hash.

Whatever a citizen sends as a picture is decoded and written anew, so nothing but pixels is kept. The GPS that
a camera wrote is read before it is thrown away and may be offered as the place.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import ExifTags, Image, ImageOps

from flows.model import Attachment, PhotoProblem

MOST_BYTES: Final = 20 * 1024 * 1024
MOST_FILE_BYTES: Final = 15 * 1024 * 1024
"""Videos and PDF are kept as they came, so they are smaller than what a photo may be before it is cleaned."""
_PICTURES: Final = (b"hei", b"hev", b"mif", b"avi", b"crx", b"M4A", b"M4B")
"""Brands of the same container that hold pictures or sound."""
MOST_PIXELS: Final = 36_000_000
LONGEST_EDGE: Final = 2048
"""Enough to read a house number in a street scene, small enough for LAPOR! and a village's line."""
FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")

# Our own pixel check answers the citizen; Pillow's would only warn.
Image.MAX_IMAGE_PIXELS = None


class Refused(Exception):
    """The bytes are not a photo we take; `problem` names the text the citizen gets."""

    def __init__(self, problem: PhotoProblem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Clean:
    """A cleaned photo, ready to be stored."""

    content: bytes
    attachment: Attachment


def clean(content: bytes) -> Clean:
    """Decode, limit, turn upright, drop all metadata, encode anew. Raises Refused."""
    if len(content) > MOST_BYTES:
        raise Refused("too_big")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Refused("too_many_pixels")
            gps = _gps(image)
            # A JPEG is decoded no larger than needed: a tenth of the memory of a 36-megapixel picture.
            image.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
            plain = upright.convert("RGB")
    except Refused:
        raise
    except Exception as error:
        # Decoders raise many kinds of errors on hostile bytes; to the citizen they are all one.
        raise Refused("not_a_picture") from error
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=85, optimize=True)
    data = out.getvalue()
    digest = hashlib.sha256(data).hexdigest()
    return Clean(data, Attachment(digest, "image/jpeg", len(data), gps))


def _gps(image: Image.Image) -> tuple[float, float] | None:
    """Latitude and longitude in degrees as the camera wrote them, or None when absent or nonsense."""
    try:
        gps = image.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        lat = _degrees(gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef])
        lon = _degrees(gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef])
    except (KeyError, TypeError, ValueError, ZeroDivisionError, IndexError):
        return None
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 and (lat, lon) != (0.0, 0.0) else None


def _degrees(parts: tuple[float, float, float], reference: str) -> float:
    value = float(parts[0]) + float(parts[1]) / 60 + float(parts[2]) / 3600
    return -value if reference in ("S", "W") else value


def file_type(content: bytes) -> str | None:
    """The type of a video or PDF by its first bytes, whatever its name says; None for anything else."""
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    if content[4:8] == b"ftyp":
        brand = content[8:12]
        if brand.startswith(b"3g"):
            return "video/3gpp"
        return None if brand.startswith(_PICTURES) else "video/mp4"
    return None


class MediaFolder:
    """Files by the SHA-256 of their content, two levels deep; written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Decoding is memory: two at a time on a small machine.
        self._slots = asyncio.Semaphore(2)

    async def trouble(self) -> str | None:
        """Why nothing can be stored now, in one sentence; None when all is well."""
        try:
            await asyncio.to_thread(self._try)
        except OSError as error:
            return f"the media folder {self.folder} cannot be written: {error.strerror}"
        return None

    def _try(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self.folder) as file:
            # More than a byte: a full disk may still have room for a name.
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())

    async def take(self, content: bytes) -> Attachment:
        """Clean and store a photo. Raises Refused; OSError when the disk does not take it."""
        async with self._slots:
            return await asyncio.to_thread(self._take, content)

    def _take(self, content: bytes) -> Attachment:
        photo = clean(content)
        self.write(photo.attachment.hash, photo.content)
        return photo.attachment

    def write(self, digest: str, content: bytes) -> None:
        path = self.path(digest)
        if path.exists():
            # Sent again: it is young again, so that retention does not take it from under its new message.
            os.utime(path)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".incoming-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    async def keep(self, content: bytes) -> Attachment | None:
        """Store a video or PDF as it came; None when its content is neither. Raises OSError."""
        content_type = file_type(content)
        if content_type is None or len(content) > MOST_FILE_BYTES:
            return None
        digest = hashlib.sha256(content).hexdigest()
        await asyncio.to_thread(self.write, digest, content)
        return Attachment(digest, content_type, len(content))

    def remove(self, digest: str) -> None:
        """Delete a file for good. Raises OSError; one that is gone already is gone."""
        self.path(digest).unlink(missing_ok=True)

    def path(self, digest: str) -> Path:
        """Where this content lies. Raises ValueError on anything that is not a hash."""
        if len(digest) != 64 or not all(c in "0123456789abcdef" for c in digest):
            raise ValueError("not a media hash")
        return self.folder / digest[:2] / digest[2:4] / digest

    async def read(self, digest: str) -> bytes:
        return await asyncio.to_thread(self.path(digest).read_bytes)
