"""The exported model and the gazetteer, loaded once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from nlu.places import Gazetteer
from nlu.runtime import Runtime
from nlu.wordlist import WordList

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def gazetteer() -> Gazetteer:
    return Gazetteer.load(Path("data/places"))


@pytest.fixture(scope="session")
def runtime(gazetteer: Gazetteer) -> Runtime:
    return Runtime.load(Path("data/model"), gazetteer)


@pytest.fixture(scope="session")
def word_list(gazetteer: Gazetteer) -> WordList:
    return WordList.load(Path("data"), gazetteer)


@pytest.fixture
def now() -> datetime:
    return NOW
