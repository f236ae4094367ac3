"""State and events <-> versioned JSON. Old versions are lifted when read; an unknown field is an error."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, Final, Literal, TypeVar, Union

from flows import model
from flows.model import State

VERSION: Final = 1
T = TypeVar("T")


class Unreadable(ValueError):
    """The stored JSON is not of a version this code knows."""


def encode_state(state: State) -> dict[str, Any]:
    """The state as JSON values, with its version; defaults are left out, so it stays small."""
    return {"v": VERSION, **_encode(state)}


def decode_state(data: Mapping[str, Any]) -> State:
    """The state these values stand for. Raises Unreadable."""
    if data.get("v") != VERSION:
        raise Unreadable(f"state version {data.get('v')!r} is not {VERSION}")
    return decode(State, {k: v for k, v in data.items() if k != "v"})


def encode(value: Any) -> dict[str, Any]:
    """Any dataclass of flows.model as JSON values."""
    result: dict[str, Any] = _encode(value)
    return result


def encode_tagged(value: Any) -> dict[str, Any]:
    """The same with its class name under `is`, for unions such as Event and Effect."""
    return {"is": type(value).__name__, **_encode(value)}


def decode_tagged(data: Mapping[str, Any]) -> Any:
    """The member of a union that `is` names. Raises Unreadable."""
    cls = getattr(model, str(data.get("is")), None)
    if cls is None or not dataclasses.is_dataclass(cls):
        raise Unreadable(f"no such thing: {data.get('is')!r}")
    return decode(typing.cast("type[Any]", cls), {k: v for k, v in data.items() if k != "is"})


def decode(cls: type[T], data: Mapping[str, Any]) -> T:
    """A dataclass from JSON values. Raises Unreadable."""
    if not isinstance(data, Mapping):
        raise Unreadable(f"{cls.__name__} is not {data!r}")
    hints: dict[str, Any] = _hints(cls)  # type: ignore[arg-type]
    unknown = set(data) - set(hints)
    if unknown:
        raise Unreadable(f"{cls.__name__} has no {sorted(unknown)}")
    try:
        return cls(**{name: _decode(hints[name], value) for name, value in data.items()})
    except (TypeError, ValueError) as error:
        raise Unreadable(f"{cls.__name__}: {error}") from error


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _encode(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        out = {}
        for f in dataclasses.fields(value):
            v = getattr(value, f.name)
            default = f.default_factory() if f.default_factory is not dataclasses.MISSING else f.default
            if v != default:
                out[f.name] = _encode(v)
        return out
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_encode(v) for v in value]
    if isinstance(value, Mapping):
        return {k: encode_tagged(v) if dataclasses.is_dataclass(v) else _encode(v) for k, v in value.items()}
    return value


def _decode(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return _decode(next(a for a in args if a is not type(None)), value)
    if origin is Literal:
        if value not in args:
            raise ValueError(f"{value!r} is none of {args}")
        return value
    if origin is tuple:
        if len(args) == 2 and args[1] is Ellipsis:
            return tuple(_decode(args[0], v) for v in value)
        return tuple(_decode(a, v) for a, v in zip(args, value, strict=True))
    if dataclasses.is_dataclass(hint):
        return decode(typing.cast("type[Any]", hint), value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    if hint is date:
        return date.fromisoformat(value)
    return value
