"""`siaga simulator lapor|telegram|twilio`: stand-ins that speak the real protocols over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from bot.simulators import lapor

Port = Annotated[int, typer.Option(min=0, max=65535)]


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Stand-ins for demonstration and tests.")
    group.callback()(lambda: None)
    group.command("lapor")(simulate_lapor)
    app.add_typer(group, name="simulator")


def simulate_lapor(
    port: Port = 8090,
    host: str = "127.0.0.1",
    state: Annotated[Path | None, typer.Option(help="keep what it receives in this file")] = None,
) -> None:
    """A stand-in for LAPOR! as practised by public clients; GET /_received shows what it holds."""  # fmt: skip
    uvicorn.run(lapor.create_app(state), host=host, port=port, log_level="warning")
