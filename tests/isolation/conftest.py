"""The twins in the module's database."""

import pytest

from tests.builders.databases import TestDatabase
from tests.builders.twins import A1, A2, B1, B2, Sower, sow
from tests.builders.worlds import World, new_world


@pytest.fixture(scope="module")
def sower(database: TestDatabase) -> Sower:
    """Sow four twins and return what makes more rows like theirs."""
    sow(database, A1, A2, B1, B2)
    with database.admin_engine.connect() as connection:
        return Sower(connection)


@pytest.fixture(scope="module")
def world(database: TestDatabase) -> World:
    """Two vendors whose names are canaries, in the module's database."""
    return new_world(database)
