"""Writes docs/role-routes.md: every route of the service and which role may use it.

`python -m scripts.role_routes` writes the table; with `--check` it exits 1 when the file is not what would be written.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI

from bot.admin.pages import Pages
from bot.settings import load
from bot.store.accounts import ROLES
from bot.web import create_app

FILE: Final = Path(__file__).resolve().parents[1] / "docs" / "role-routes.md"
NOBODY: Final = "tidak masuk"
EVERYBODY: Final = (NOBODY, *ROLES)
_ROW: Final = re.compile(r"^\| (GET|POST) \| `([^`]+)` \| (.+) \|$", re.MULTILINE)
_HEAD: Final = """# Routes and roles

Written by `python -m scripts.role_routes`; a test asks every route as every role, signed in and not, and compares the
answers with this table. "ya" means that the gate lets the role in; what a page then shows (names and numbers masked or
not) is the page's own matter. Every POST under /admin needs the CSRF token of its session, sign-in included. Before
anything else comes whatever stands between the password and the pages: the code of the second factor, the change of
a first password, the enrolment of a second factor where the role needs one.

"""
_REST: Final = """
## Outside /admin

No role of ours plays a part here: providers prove themselves by signature or secret, citizens by their own chat.

| method | route |
|---|---|
"""


def main(arguments: Sequence[str]) -> int:
    text = document()
    if "--check" in arguments:
        return 0 if FILE.read_text(encoding="utf-8") == text else 1
    FILE.write_text(text, encoding="utf-8")
    return 0


def document() -> str:
    """The whole file."""
    app = _app()
    head = f"| method | route | {' | '.join(EVERYBODY)} |\n|---|---|{'---|' * len(EVERYBODY)}\n"
    rows = (
        f"| {method} | `{path}` | {' | '.join('ya' if who in allowed else '-' for who in EVERYBODY)} |\n"
        for (method, path), allowed in by_policy(app.state.admin).items()
    )
    others = sorted(route for route in _served(app.routes) if not route[0].startswith("/admin"))
    rest = (f"| {method} | `{path}` |\n" for path, method in others)
    return _HEAD + head + "".join(rows) + _REST + "".join(rest)


def committed() -> dict[tuple[str, str], frozenset[str]]:
    """Who may use each route by the committed file."""
    found = _ROW.findall(FILE.read_text(encoding="utf-8"))
    rows = {(method, path): cells.split(" | ") for method, path, cells in found}
    return {
        route: frozenset(who for who, cell in zip(EVERYBODY, cells, strict=True) if cell == "ya")
        for route, cells in rows.items()
    }


def by_policy(pages: Pages) -> dict[tuple[str, str], frozenset[str]]:
    """Who may use each route by what its page says it needs and what the roles hold."""
    return {route: frozenset(_allowed(needs)) for route, needs in sorted(pages.needs.items(), key=_in_order)}


def _in_order(item: tuple[tuple[str, str], Any]) -> tuple[str, str]:
    (method, path), _ = item
    return path, method


def _allowed(needs: str) -> Iterable[str]:
    if needs == "nobody":
        return EVERYBODY
    return [role for role, permissions in ROLES.items() if needs in ("self", *permissions)]


def _served(routes: Iterable[Any]) -> Iterable[tuple[str, str]]:
    """Path and method of each route, those of included routers as well."""
    for route in routes:
        yield from _served(getattr(getattr(route, "original_router", None), "routes", ()))
        for method in getattr(route, "methods", None) or ():
            if method != "HEAD":
                yield route.path, method


def _app() -> FastAPI:
    """The application with every channel switched on."""
    given: Mapping[str, Any] = {
        "secret_key": "0" * 32, "telegram_token": "1:a", "telegram_secret": "s", "twilio_account_sid": "AC0",
        "twilio_auth_token": "t", "twilio_from": "whatsapp:+628110000000", "staff_telegram_chat": -1,
        "emergency_webhook_url": "https://desk.example", "emergency_webhook_secret": "s",
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        return create_app(
            load(_env_file=None, database_url=f"sqlite:///{folder}/siaga.db", media_dir=Path(folder), **given)
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
