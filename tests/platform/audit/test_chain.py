"""The audit chain of a vendor: gapless, hashed, and any later change shows."""

import pytest
from sqlalchemy import text

from caretally.audit.chain import append_event, verify_chain
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office


@pytest.fixture
def office(database: TestDatabase) -> Office:
    made = new_office(database)
    for number in range(3):
        with made.transaction() as connection:
            append_event(connection, action="tried", detail={"number": number, "clients": ["LFM", "HIL"], "nothing": None})
    return made


def spoil(office: Office, statement: str) -> None:
    """Act as the owner with the triggers off, as somebody with the whole database in hands could."""
    with office.database.admin_engine.connect() as connection, connection.begin():
        for table in ("audit_event", "audit_head"):
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            connection.execute(text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
        connection.execute(text(statement), {"vendor": office.vendor_id})
        for table in ("audit_event", "audit_head"):
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
            connection.execute(text(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"))


def reason(office: Office) -> tuple[int, str] | None:
    with office.transaction() as connection:
        broken = verify_chain(connection).broken_at
    return (broken.seq, broken.reason) if broken else None


def test_events_are_numbered_without_a_gap_and_the_chain_holds(office: Office) -> None:
    assert [row[0] for row in office.rows("SELECT seq FROM audit_event ORDER BY seq")] == [1, 2, 3]
    with office.transaction() as connection:
        state = verify_chain(connection)
    assert (state.events, state.broken_at) == (3, None)


def test_an_event_names_its_actor_and_holds_no_float(office: Office) -> None:
    assert office.value("SELECT DISTINCT actor FROM audit_event") == "tester"
    with office.transaction() as connection, pytest.raises(TypeError):
        append_event(connection, action="tried", detail={"seconds": 1.5})  # type: ignore[dict-item]


def test_a_changed_event_is_named(office: Office) -> None:
    spoil(office, """UPDATE audit_event SET detail = '{"number": 7}' WHERE vendor_id = :vendor AND seq = 2""")
    assert reason(office) == (2, "Event 2 was changed after it was written.")


def test_a_missing_event_is_named(office: Office) -> None:
    spoil(office, "DELETE FROM audit_event WHERE vendor_id = :vendor AND seq = 2")
    assert reason(office) == (2, "Event 2 is missing.")


def test_a_chain_that_was_cut_short_is_named(office: Office) -> None:
    spoil(office, "DELETE FROM audit_event WHERE vendor_id = :vendor AND seq = 3")
    assert reason(office) == (3, "The chain ends at event 2, but its head is event 3.")


def test_an_event_of_a_rolled_back_transaction_leaves_no_gap(office: Office) -> None:
    with pytest.raises(RuntimeError), office.transaction() as connection:
        append_event(connection, action="tried", detail={})
        raise RuntimeError
    with office.transaction() as connection:
        assert append_event(connection, action="tried", detail={}) == 4


def test_each_vendor_has_a_chain_of_its_own(office: Office, database: TestDatabase) -> None:
    other = new_office(database)
    with other.transaction() as connection:
        assert append_event(connection, action="tried", detail={}) == 1
