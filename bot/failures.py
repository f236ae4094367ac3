"""The three ways a call to the outside can fail. Translated at the edge, once; the retry policy reads them."""

from __future__ import annotations


class SiagaError(Exception):
    """Root of our own errors; `str()` is one sentence an operator can act on."""


class TemporaryFailure(SiagaError):
    """It did not happen and may work later. `retry_after` (seconds) is the other side's wish, if it had one."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooFast(TemporaryFailure):
    """The other side asks for fewer messages: of the whole account where `everywhere`, else perhaps of this chat."""

    def __init__(self, message: str, retry_after: float | None = None, *, everywhere: bool = False) -> None:
        super().__init__(message, retry_after)
        self.everywhere = everywhere


class Rejected(SiagaError):
    """It did not happen and will not until a person changes something."""


class AwaitsContact(Rejected):
    """It did not happen, and can when the citizen writes again. `str()` is read by petugas, so it is Indonesian."""


class Unfit(Rejected):
    """Rejected for what was sent itself, not for who sent it: without this one thing the rest may go."""


class UnknownOutcome(SiagaError):
    """It may or may not have happened. Never repeated blindly where twice would be wrong."""


def told(error: BaseException) -> str:
    """What may be written down of an error: its kind, and its words only where they are ours.

    Other errors quote what they could not read, which is citizens' words.
    """
    return str(error) if isinstance(error, SiagaError) else type(error).__name__
