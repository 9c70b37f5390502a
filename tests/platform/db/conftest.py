"""What the tests of connections share."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from caretally.db.engines import vendor_engine
from tests.builders.databases import TestDatabase


@pytest.fixture
def pool(database: TestDatabase) -> Iterator[Engine]:
    """A pool of one connection."""
    made = vendor_engine(database.url, roles=database.roles, secret=database.secret, pool_size=1)
    yield made
    made.dispose()
