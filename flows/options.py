"""Buttons. An option's title follows from its id alone, so an old button can be read at any time."""

from __future__ import annotations

from flows.model import Name, Option, Question, Say, State, Tap, Text

_ACTS = ("none", "other_place", "keep", "skip")
"""What may stand behind `place:` instead of a code."""


def option(option_id: str) -> Option:
    """The button of this id: `category:jalan` is titled by its name, `send` by the text `option_send`."""
    kind, _, code = option_id.partition(":")
    if kind == "category":
        return Option(option_id, "option_name", {"name": Name("category", code)})
    if kind == "place" and code not in _ACTS:
        return Option(option_id, "option_name", {"name": Name("place", code)})
    return Option(option_id, "option_" + option_id.replace(":", "_"))


def options(*ids: str) -> tuple[Option, ...]:
    return tuple(option(i) for i in ids)


def question(name: str, say: Say, about: str | None = None) -> Question:
    """Remember a question under its name, with the options that its bubble shows; `about` a ticket."""
    return Question(name, tuple(o.id for o in say.options), about)


def chosen(state: State, event: Text | Tap) -> str | None:
    """The offered option that this event picks, by tap, title or number; None when it is none of them."""
    picked = event.option if isinstance(event, Tap) else event.choice
    if picked and state.question and picked in state.question.options:
        return picked
    return None
