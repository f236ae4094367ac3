"""Pictures drawn here, and bytes that only claim to be one."""

from __future__ import annotations

import io
import random
from typing import Final

from PIL import Image, ImageDraw

NOT_A_PICTURE: Final = b"\xff\xd8\xff\xe0 bukan gambar, hanya awalannya yang seperti JPEG" * 20


def street(seed: int, size: tuple[int, int] = (640, 480)) -> bytes:
    """A night street with a dark lamp, as JPEG; another seed is another photo."""
    draw_from = random.Random(seed)
    picture = Image.new("RGB", size, (18, 22, 40))
    pen = ImageDraw.Draw(picture)
    horizon = size[1] * 2 // 3
    pen.rectangle((0, horizon, size[0], size[1]), fill=(52, 50, 48))
    for _ in range(12):
        x = draw_from.randrange(size[0])
        height = draw_from.randrange(size[1] // 8, size[1] // 3)
        shade = draw_from.randrange(40, 110)
        pen.rectangle((x, horizon - height, x + size[0] // 10, horizon), fill=(shade, shade, shade + 10))
    lamp = draw_from.randrange(size[0] // 4, size[0] * 3 // 4)
    pen.rectangle((lamp, horizon // 3, lamp + 6, horizon), fill=(120, 120, 120))
    pen.ellipse((lamp - 14, horizon // 3 - 14, lamp + 20, horizon // 3 + 12), fill=(70, 70, 60))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


def huge() -> bytes:
    """40 megapixels in a few kilobytes: what a decoder must refuse before it unpacks it."""
    out = io.BytesIO()
    Image.new("1", (8000, 5000)).save(out, "PNG", optimize=True)
    return out.getvalue()
