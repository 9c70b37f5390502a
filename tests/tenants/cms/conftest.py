"""The database as the loaders of reference files see it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from tests.builders.databases import TestDatabase


@pytest.fixture
def schema_owner(database: TestDatabase) -> Iterator[Connection]:
    """The owner of the schema in a transaction that is rolled back."""
    with database.admin_engine.connect() as connection:
        yield connection
