"""Alerts on the terminal, for trying things out."""

from __future__ import annotations

from collections.abc import Callable

from bot.gateways.alert_text import alert_text
from bot.gateways.base import Alert
from bot.gateways.rota import Contact


class ConsoleAlert:
    """Prints each alert as the staff group would show it."""

    name = "console"

    def __init__(self, print: Callable[[str], object] = print) -> None:
        self._print = print

    async def alert(self, alert: Alert, to: Contact | None = None) -> str:
        """Print it; the reference is the incident and its version."""
        self._print(alert_text(alert))
        return f"{alert.incident}/{alert.version}"

    async def close(self) -> None:
        return None
