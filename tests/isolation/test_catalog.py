"""Part 1 of the battery: the catalog. Each check is seen to report the fault that it is there for, planted and rolled back."""

import pytest
from sqlalchemy import text

from caretally.tenancy.catalog import catalog_breaches
from tests.builders.databases import TestDatabase


def test_the_catalog_holds_no_breach(database: TestDatabase) -> None:
    with database.admin_engine.connect() as connection:
        assert catalog_breaches(connection) == []
