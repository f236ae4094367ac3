"""Buttons over Twilio are content templates: one for each number of options, everything in them a variable.

Variables: `body`, the titles `1` to `n`, and `id1` to `idn`, which come back when a button is tapped. Up to three
options are reply buttons, up to ten a list. They need no approval, as they are only sent within the 24 hours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from bot.channels.base import Button, Limits, Outgoing
from bot.channels.layout import numbered, parts, units

LIMITS: Final = Limits(
    text=1600, text_with_buttons=1024, buttons=3, button_title=20, rows=10, row_title=24, window=timedelta(hours=24)
)
MOST_ID: Final = 200
REFUSED: Final = (20404, 21654, 21655, 21656, 63005, 63013, 63027, 63028, 92007)
"""Twilio's codes for a template that is gone or does not take these words: then numbered text goes out."""


MOST_NEWS: Final = 700
"""Units of the words in an approved template: its own words and they together may have 1024."""


def approved(message: Outgoing, templates: Mapping[str, str]) -> tuple[str, dict[str, str]] | None:
    """The content sid and variables that bring these words outside the 24 hours; None without such a template.

    `status` is about a report: variable 1 the ticket, 2 the words. `notify` is about anything: variable 1 the words.
    WhatsApp takes no line breaks in a variable, so options become "1. Ya 2. Belum".
    """
    words = parts(" ".join(numbered(message.text, message.buttons).split()), MOST_NEWS)[0]
    if message.subject and "status" in templates:
        return templates["status"], {"1": message.subject, "2": words}
    return (templates["notify"], {"1": words}) if "notify" in templates else None


def template_name(count: int) -> str:
    """The name of the template for this many options: SIAGA_TWILIO_TEMPLATE_OPTIONS_3 holds "options_3"'s sid."""
    return f"options_{count}"


def fits(text: str, buttons: Sequence[Button]) -> bool:
    """Whether the words stay within what WhatsApp shows on buttons or, above three, on list rows."""
    longest = LIMITS.button_title if len(buttons) <= LIMITS.buttons else LIMITS.row_title
    return (
        0 < len(buttons) <= LIMITS.rows
        and 0 < units(text) <= LIMITS.text_with_buttons
        and all(0 < units(b.title) <= longest and 0 < units(b.id) <= MOST_ID for b in buttons)
    )


def variables(text: str, buttons: Sequence[Button]) -> dict[str, str]:
    """The values for one bubble."""
    values = {"body": text}
    for number, button in enumerate(buttons, 1):
        values[str(number)] = button.title
        values[f"id{number}"] = button.id
    return values


def definition(count: int, list_title: str) -> dict[str, Any]:
    """The request that creates the template for `count` options; `list_title` is on the button that opens a list."""
    numbers = range(1, count + 1)
    if count <= LIMITS.buttons:
        actions = [{"type": "QUICK_REPLY", "title": f"{{{{{n}}}}}", "id": f"{{{{id{n}}}}}"} for n in numbers]
        kind: dict[str, Any] = {"twilio/quick-reply": {"body": "{{body}}", "actions": actions}}
    else:
        items = [{"item": f"{{{{{n}}}}}", "id": f"{{{{id{n}}}}}"} for n in numbers]
        kind = {"twilio/list-picker": {"body": "{{body}}", "button": list_title, "items": items}}
    samples = variables("Pilih salah satu", [Button(f"pilihan_{n}", f"Pilihan {n}") for n in numbers])
    return {"friendly_name": f"siaga_{template_name(count)}", "language": "id", "variables": samples, "types": kind}
