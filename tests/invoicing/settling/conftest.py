"""A vendor whose queue has something to settle, and somebody who settles it; a module may have a vendor of its own."""

import pytest

from caretally.identity.roles import Role
from caretally.web.visitor import Visitor
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.queue_office import person, queue_office


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """A vendor with two clients whose October is closed."""
    return queue_office(database, "A1", "A2")


@pytest.fixture
def dana(database: TestDatabase, office: Office) -> Visitor:
    """A billing administrator with a membership, to whom exceptions can be assigned."""
    return person(database, office, Role.BILLING_ADMIN, "Dana Whitfield")
