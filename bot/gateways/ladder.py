"""The ladder of an alert: who is told first, and how long they have before the next is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

import yaml

from bot.failures import SiagaError

Transport = Literal["desk", "telegram_group", "webhook", "console"]
_TRANSPORTS: Final = get_args(Transport)


class BadLadder(SiagaError):
    """The ladder cannot be used; `str()` is one sentence that names the file and the line."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One entry: told over `transport`, shown as `name`, has `seconds` to acknowledge before the next is told."""

    transport: Transport
    name: str
    seconds: float


DEFAULT: Final = (Rung("desk", "desk", 60.0),)


def load_ladder(path: Path | None) -> tuple[Rung, ...]:
    """The rungs of a YAML list of {transport, name, seconds}, in order; without a file, the desk with 60 s.

    `name` may be left out and is then the transport's. Names are unique, and some rung has to wait: after the last
    one the ladder begins again, so a ladder that never waits would never rest. Raises BadLadder.
    """
    if path is None:
        return DEFAULT
    try:
        tree = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise BadLadder(f"the emergency ladder {path} cannot be read ({type(error).__name__})") from None
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        raise BadLadder(f"the emergency ladder {path} is not YAML at line {line}") from None
    if not isinstance(tree, yaml.SequenceNode) or not tree.value:
        raise BadLadder(f"the emergency ladder {path}, line 1, must be a list of entries with transport and seconds")
    rungs: list[Rung] = []
    for node in tree.value:
        at = f"the emergency ladder {path}, line {node.start_mark.line + 1},"
        rung = _rung(_values(node), at)
        if rung.name in {known.name for known in rungs}:
            raise BadLadder(f"{at} repeats the name {rung.name}")
        rungs.append(rung)
    if not any(rung.seconds for rung in rungs):
        raise BadLadder(f"the emergency ladder {path}, line 1, has no entry that waits: give one some seconds")
    return tuple(rungs)


def _values(node: yaml.Node) -> Mapping[str, Any] | None:
    """The names and plain values of one entry; None when it is anything else."""
    loader = yaml.SafeLoader("")
    try:
        if isinstance(node, yaml.MappingNode):
            return {str(key.value): loader.construct_object(value) for key, value in node.value}
    except (yaml.YAMLError, ValueError):
        pass
    finally:
        loader.dispose()
    return None


def _rung(given: Mapping[str, Any] | None, at: str) -> Rung:
    if given is None:
        raise BadLadder(f"{at} is not an entry with transport, name and seconds")
    strange = [key for key in given if key not in ("transport", "name", "seconds")]
    if strange:
        raise BadLadder(f"{at} has {', '.join(strange)}, which is none of transport, name and seconds")
    transport, seconds = given.get("transport"), given.get("seconds")
    if transport not in _TRANSPORTS:
        raise BadLadder(f"{at} needs a transport out of {', '.join(_TRANSPORTS)}, not {transport}")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 3600:
        raise BadLadder(f"{at} needs seconds from 0 to 3600, not {seconds}")
    return Rung(cast(Transport, transport), str(given.get("name") or transport), float(seconds))
