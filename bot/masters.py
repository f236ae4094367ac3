"""LAPOR!'s own lists (agencies, templates; categories and locations where their paths are given), kept in a table.

What is kept stays when LAPOR! is away: only a list that was read whole replaces it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import structlog

from bot.failures import SiagaError, TemporaryFailure
from bot.gateways.lapor_answers import Master
from bot.gateways.lapor_terms import LaporIds
from bot.store.lapor import ListChange
from bot.store.transaction import reading, writing
from bot.store.unit_of_work import Store

log = structlog.get_logger(__name__)


class ListsOfLapor(Protocol):
    """What the sync needs of the gateway."""

    @property
    def lists(self) -> tuple[str, ...]:
        """The kinds of lists whose paths are known."""
        ...

    async def masters(self, kind: str) -> tuple[Master, ...]:
        """One list, whole. Raises TemporaryFailure, Rejected."""
        ...


class MastersSync:
    """Reads the lists and keeps them."""

    def __init__(self, store: Store, lapor: ListsOfLapor) -> None:
        self._store = store
        self._lapor = lapor

    async def work(self, now: datetime) -> str:
        """The duty. Raises TemporaryFailure when a list could not be read; the others are kept all the same."""
        changes, troubles = await self.sync(now)
        if troubles:
            raise TemporaryFailure("; ".join(f"{kind}: {words}" for kind, words in troubles.items()))
        return ", ".join(f"{change.rows} {change.kind}" for change in changes)

    async def sync(self, now: datetime) -> tuple[list[ListChange], dict[str, str]]:
        """What changed list by list, and by kind why one could not be read."""
        changes: list[ListChange] = []
        troubles: dict[str, str] = {}
        for kind in self._lapor.lists:
            try:
                rows = await self._lapor.masters(kind)
            except SiagaError as error:
                log.warning("lapor_list_not_read", kind=kind, reason=str(error))
                troubles[kind] = str(error)
                continue
            if not rows:
                troubles[kind] = "the list is empty, so the kept one stays"
                continue
            async with writing(self._store) as tx:
                changes.append(await tx.at_lapor.keep_list(kind, {row.id: row.name for row in rows}, now))
        return changes, troubles

    async def kept(self) -> dict[str, dict[str, str]]:
        """The kept lists, names by id."""
        async with reading(self._store) as tx:
            return {kind: await tx.at_lapor.names(kind) for kind in self._lapor.lists}


def differences(ids: LaporIds, kept: Mapping[str, Mapping[str, str]]) -> list[str]:
    """What the file of ids says otherwise than LAPOR!'s lists, one sentence each; a list not kept is not compared."""
    found: list[str] = []
    institutions = kept.get("institutions") or {}
    if institutions:
        for name, number in ids.agencies.items():
            theirs = institutions.get(str(number))
            if theirs is None:
                found.append(f"agencies: {name} has the id {number}, which LAPOR!'s list of institutions does not hold")
            elif _plain(theirs) != _plain(name):
                found.append(f"agencies: {number} is {name} in the file and {theirs} at LAPOR!")
        for code, row in ids.categories.items():
            if str(row.disposition_id) not in institutions:
                found.append(f"categories: {code} goes to {row.disposition_id}, which is no institution of LAPOR!")
    found += _missing(
        "categories", {code: row.category_id for code, row in ids.categories.items()}, kept.get("categories")
    )
    places = {**ids.locations, "location_fallback": ids.location_fallback}
    return found + _missing("locations", places, kept.get("locations"))


def _missing(kind: str, ids: Mapping[str, int], theirs: Mapping[str, str] | None) -> list[str]:
    return [
        f"{kind}: {name} has the id {number}, which LAPOR!'s list does not hold"
        for name, number in ids.items()
        if theirs and str(number) not in theirs
    ]


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
