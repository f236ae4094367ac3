"""What the other side answered, kept between the attempt and its mark in the database."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

T = TypeVar("T")

_KEPT: Final = 1000
"""Far more than can be under way between an answer and its mark."""


class Receipts(Generic[T]):
    """Answers by outbox item. Not taken out by reading: a mark whose transaction failed is written once more."""

    def __init__(self) -> None:
        self._by_item: dict[int, T] = {}

    def keep(self, item: int, receipt: T) -> None:
        self._by_item[item] = receipt
        while len(self._by_item) > _KEPT:
            del self._by_item[next(iter(self._by_item))]

    def __contains__(self, item: int) -> bool:
        return item in self._by_item

    def __getitem__(self, item: int) -> T:
        return self._by_item[item]
