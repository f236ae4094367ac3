"""A file from elsewhere, read only as far as is allowed."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bot.failures import Rejected


def check_announced(size: str | int | None, most_bytes: int) -> None:
    """Refuse by the announced size before a byte is read. Raises Rejected; no announcement says nothing."""
    if size is not None and str(size).isdigit() and int(size) > most_bytes:
        raise too_large(most_bytes)


async def collect(chunks: AsyncIterator[bytes], most_bytes: int) -> bytes:
    """All bytes of the stream. Raises Rejected as soon as there are more than `most_bytes`."""
    content = bytearray()
    async for chunk in chunks:
        content += chunk
        if len(content) > most_bytes:
            raise too_large(most_bytes)
    return bytes(content)


def too_large(most_bytes: int) -> Rejected:
    return Rejected(f"the file is larger than {most_bytes} bytes")
