"""`siaga`: every command of the house. Errors an operator can mend are one sentence, never a traceback."""

from __future__ import annotations

import sys

import typer

from bot.cli import audit, backup, chat, data, demo, lapor, nlu, outbox, retention, serve, simulator, users
from bot.failures import SiagaError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
serve.add_to(app)
chat.add_to(app)
demo.add_to(app)
data.add_to(app)
outbox.add_to(app)
backup.add_to(app)
lapor.add_to(app)
nlu.add_to(app)
users.add_to(app)
audit.add_to(app)
retention.add_to(app)
simulator.add_to(app)


def main() -> None:
    try:
        app()
    except SiagaError as error:
        print(f"siaga: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
