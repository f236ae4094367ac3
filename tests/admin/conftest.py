from __future__ import annotations

import pytest

from bot.store.unit_of_work import Store
from tests.admin.world import World, build


@pytest.fixture
async def world(store: Store) -> World:
    return await build(store)
