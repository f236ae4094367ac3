"""Logs for operators: structured, without personal data, as console lines or JSON."""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType
from typing import TextIO, cast

import structlog

from bot.failures import SiagaError, told

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class _Stderr:
    """Whatever `sys.stderr` is when a line is written: the one of the start may be closed by then."""

    def write(self, words: str) -> int:
        return sys.stderr.write(words)

    def flush(self) -> None:
        sys.stderr.flush()


_STDERR = cast(TextIO, _Stderr())


def configure(level: str, log_format: str) -> None:
    """Set up structlog and the libraries' own loggers once, at the start."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            pad_event_to=24,
            exception_formatter=lambda out, info: print("\n" + shown(info[1]), file=out, end=""),
        )
    )
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    if log_format == "json":
        processors.append(structlog.processors.ExceptionRenderer(lambda info: shown(info[1])))
    structlog.configure(
        processors=[*processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(_STDERR),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=level, stream=_STDERR, force=True)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(_WithoutWords("%(asctime)s %(levelname)s %(name)s %(message)s"))
    # These write URLs, and Telegram's URLs hold the token.
    for noisy in ("httpx", "httpcore", "telegram", "twilio", "aiohttp", "uvicorn.access", "alembic", "aiosqlite"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class _WithoutWords(logging.Formatter):
    """The libraries' log lines, with errors shown as ours are."""

    def formatException(self, ei: ExcInfo | tuple[None, None, None]) -> str:  # noqa: N802 - logging's name
        return shown(ei[1]) if ei[1] else ""


def shown(error: BaseException) -> str:
    """An error for the log: where it happened, its kind, and its words only where they are our own.

    Other errors quote what they stumbled over, which is what citizens wrote; a traceback's lines are code alone.
    """
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\nthen\n".join(_shown_alone(one) for one in reversed(chain))


def _shown_alone(error: BaseException) -> str:
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    words = f": {told(error)}" if isinstance(error, SiagaError) else ""
    return "".join(traceback.format_tb(error.__traceback__)) + kind + words
