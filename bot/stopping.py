"""Knowing at once that the process is asked to stop.

The HTTP server waits for open answers before it ends the application's lifespan: streams that learn of the stop only
there would hold it for as long as it is patient.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def when_told_to_stop(end: Callable[[], None]) -> Iterator[None]:
    """Within this block `end` runs on the event loop as soon as SIGTERM or SIGINT comes; what was to happen follows.

    Does nothing outside the main thread, where no signal arrives.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before: dict[signal.Signals, Any] = {number: signal.getsignal(number) for number in _SIGNALS}

    def told(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(end)
        then = before[signal.Signals(number)]
        if callable(then):
            then(number, frame)

    changed = [number for number in _SIGNALS if callable(before[number])]
    for number in changed:
        signal.signal(number, told)
    try:
        yield
    finally:
        for number in changed:
            if signal.getsignal(number) is told:
                signal.signal(number, before[number])
