"""The ladder of an alert: who is told first, over what, when they are on duty, and how long they have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

import yaml

from bot.failures import SiagaError
from bot.gateways.rota import ALWAYS, DAYS, Contact, NotReadable, Rota, gap, read_rota

Transport = Literal["desk", "telegram_group", "webhook", "console", "call", "sms"]
_TRANSPORTS: Final = get_args(Transport)
TO_NUMBERS: Final = ("call", "sms")
"""Transports that reach one telephone each, so that an entry has to say whose."""
_ENTRY: Final = ("transport", "name", "seconds", "to", "days", "hours")
_PERSON: Final = ("to", "days", "hours")
_PARTS: Final = ("people", "groups", "ladder")
_NUMBER: Final = re.compile(r"\+[1-9][\d .-]{7,20}")


class BadLadder(SiagaError):
    """The ladder cannot be used; `str()` is one sentence that names the file and the line."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One entry: told over `transport`, shown as `name`, has `seconds` to acknowledge before the next is told.

    `contacts` are told side by side; only calls and SMS have any.
    """

    transport: Transport
    name: str
    seconds: float
    contacts: tuple[Contact, ...] = ()
    rota: Rota = ALWAYS

    def reached(self, at: datetime) -> tuple[Contact, ...]:
        """The contacts on duty at this moment."""
        return tuple(contact for contact in self.contacts if contact.rota.covers(at))

    def is_on_duty(self, at: datetime) -> bool:
        """Whether this entry reaches anybody at this moment."""
        return self.rota.covers(at) and (self.transport not in TO_NUMBERS or bool(self.reached(at)))


DEFAULT: Final = (Rung("desk", "desk", 60.0),)


def load_ladder(path: Path | None) -> tuple[Rung, ...]:
    """The rungs of a YAML list of entries, or of `ladder:` beside `people:` and `groups:`; without a file, the desk.

    An entry: {transport, name, seconds, to, days, hours}. `name` may be left out and is then the transport's; `to`
    (calls and SMS) is a number, a person or a group. A person: {to, days, hours}; a group: a list of people. Names of
    entries are unique, some entry has to wait, and at every hour of the week somebody is on duty: after the last rung
    the ladder begins again, so one that never waits or reaches nobody would be no ladder. Raises BadLadder.
    """
    return _File(path).rungs() if path is not None else DEFAULT


class _File:
    """Reads one ladder file; every complaint names the line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._people: dict[str, Contact] = {}
        self._groups: dict[str, tuple[Contact, ...]] = {}

    def rungs(self) -> tuple[Rung, ...]:
        tree = self._tree()
        if isinstance(tree, yaml.MappingNode):
            parts = {str(key.value): value for key, value in tree.value}
            strange = [name for name in parts if name not in _PARTS]
            if strange and "ladder" in parts:
                raise self._bad(tree, f"has {', '.join(strange)}, which is none of {', '.join(_PARTS)}")
            for key, value in self._named(parts.get("people"), "people"):
                self._people[str(key.value)] = self._person(str(key.value), value)
            for key, value in self._named(parts.get("groups"), "groups"):
                self._groups[str(key.value)] = self._group(str(key.value), value)
            tree = parts.get("ladder") or tree
        if not isinstance(tree, yaml.SequenceNode) or not tree.value:
            raise self._bad(tree, "must be a list of entries with transport and seconds")
        rungs: list[Rung] = []
        for node in tree.value:
            rung = self._rung(node)
            if rung.name in {known.name for known in rungs}:
                raise self._bad(node, f"repeats the name {rung.name}")
            rungs.append(rung)
        if not any(rung.seconds for rung in rungs):
            raise self._bad(None, "has no entry that waits: give one some seconds")
        alone = gap([(rung.rota, contact) for rung in rungs for contact in _rotas(rung)])
        if alone:
            raise self._bad(
                None, f"reaches nobody on {DAYS[alone[0]]} at {alone[1]:%H:%M} WITA: give one entry all days and hours"
            )
        return tuple(rungs)

    def _tree(self) -> yaml.Node | None:
        try:
            tree: yaml.Node | None = yaml.compose(self._path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except (OSError, UnicodeDecodeError) as error:
            raise BadLadder(f"the emergency ladder {self._path} cannot be read ({type(error).__name__})") from None
        except yaml.YAMLError as error:
            line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
            raise BadLadder(f"the emergency ladder {self._path} is not YAML at line {line}") from None
        return tree

    def _bad(self, node: yaml.Node | None, what: str) -> BadLadder:
        line = node.start_mark.line + 1 if node is not None else 1
        return BadLadder(f"the emergency ladder {self._path}, line {line}, {what}")

    def _named(self, node: yaml.Node | None, part: str) -> list[tuple[yaml.Node, yaml.Node]]:
        if node is None:
            return []
        if not isinstance(node, yaml.MappingNode):
            raise self._bad(node, f"needs {part} as names, each with what belongs to it")
        return list(node.value)

    def _person(self, name: str, node: yaml.Node) -> Contact:
        given = _values(node) if isinstance(node, yaml.MappingNode) else {"to": getattr(node, "value", None)}
        if given is None:
            raise self._bad(node, f"needs a number for {name}, with days and hours where they have any")
        strange = [key for key in given if key not in _PERSON]
        if strange:
            raise self._bad(node, f"has {', '.join(strange)}, which is none of {', '.join(_PERSON)}")
        number = _number(given.get("to"))
        if number is None:
            raise self._bad(node, f"needs a number such as +62 811-0000-0001 for {name}, not {given.get('to')}")
        return Contact(name, number, self._rota(node, given))

    def _group(self, name: str, node: yaml.Node) -> tuple[Contact, ...]:
        members = [str(member.value) for member in node.value] if isinstance(node, yaml.SequenceNode) else []
        unknown = [member for member in members if member not in self._people]
        if not members or unknown:
            raise self._bad(node, f"needs a list of people for the group {name}" + _not_known(unknown))
        return tuple(self._people[member] for member in members)

    def _rung(self, node: yaml.Node) -> Rung:
        given = _values(node)
        if given is None:
            raise self._bad(node, "is not an entry with transport, name and seconds")
        strange = [key for key in given if key not in _ENTRY]
        if strange:
            raise self._bad(node, f"has {', '.join(strange)}, which is none of {', '.join(_ENTRY)}")
        transport, seconds = given.get("transport"), given.get("seconds")
        if transport not in _TRANSPORTS:
            raise self._bad(node, f"needs a transport out of {', '.join(_TRANSPORTS)}, not {transport}")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 3600:
            raise self._bad(node, f"needs seconds from 0 to 3600, not {seconds}")
        name = str(given.get("name") or transport)
        contacts = self._contacts(node, str(transport), name, given.get("to"))
        return Rung(cast(Transport, transport), name, float(seconds), contacts, self._rota(node, given))

    def _contacts(self, node: yaml.Node, transport: str, name: str, to: Any) -> tuple[Contact, ...]:
        if transport not in TO_NUMBERS:
            if to is not None:
                raise self._bad(node, f"has to, which only {' and '.join(TO_NUMBERS)} have")
            return ()
        if str(to) in self._groups:
            return self._groups[str(to)]
        if str(to) in self._people:
            return (self._people[str(to)],)
        number = _number(to)
        if number is None:
            raise self._bad(node, f"needs to as a number such as +62 811-0000-0001, a person or a group, not {to}")
        return (Contact(name, number),)

    def _rota(self, node: yaml.Node, given: Mapping[str, Any]) -> Rota:
        try:
            return read_rota(given)
        except NotReadable as error:
            raise self._bad(node, str(error)) from None


def _rotas(rung: Rung) -> tuple[Rota, ...]:
    return tuple(contact.rota for contact in rung.contacts) or (ALWAYS,)


def _not_known(names: list[str]) -> str:
    return f": {', '.join(names)} is not among people" if names else ""


def _number(given: Any) -> str | None:
    """The number in E.164; None when it is none with its country."""
    written = str(given or "").strip()
    return "+" + re.sub(r"\D", "", written) if _NUMBER.fullmatch(written) else None


def _values(node: yaml.Node) -> Mapping[str, Any] | None:
    """The names and plain values of one entry; None when it is anything else."""
    loader = yaml.SafeLoader("")
    try:
        if isinstance(node, yaml.MappingNode):
            return {str(key.value): _value(str(key.value), value, loader) for key, value in node.value}
    except (yaml.YAMLError, ValueError):
        pass
    finally:
        loader.dispose()
    return None


def _value(key: str, node: yaml.Node, loader: yaml.SafeLoader) -> Any:
    """A number of a telephone is taken as it is written: YAML would count it."""
    if key == "to" and isinstance(node, yaml.ScalarNode):
        return str(node.value)
    return loader.construct_object(node, deep=True)
