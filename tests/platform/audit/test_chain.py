"""The audit chain of a vendor: gapless, hashed, and any later change shows."""

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from caretally.audit.chain import append_event, verify_chain
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.spoiled_audit import spoil_audit


@pytest.fixture
def office(database: TestDatabase) -> Office:
    made = new_office(database)
    for number in range(3):
        with made.transaction() as connection:
            append_event(connection, action="tried", detail={"number": number, "clients": ["LFM", "HIL"], "nothing": None})
    return made


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
    spoil_audit(office, """UPDATE audit_event SET detail = '{"number": 7}' WHERE vendor_id = :vendor AND seq = 2""")
    assert reason(office) == (2, "Event 2 was changed after it was written.")


def test_a_missing_event_is_named(office: Office) -> None:
    spoil_audit(office, "DELETE FROM audit_event WHERE vendor_id = :vendor AND seq = 2")
    assert reason(office) == (2, "Event 2 is missing.")


def test_a_chain_that_was_cut_short_is_named(office: Office) -> None:
    spoil_audit(office, "DELETE FROM audit_event WHERE vendor_id = :vendor AND seq = 3")
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


ODD = ('"quoted"', "back\\slash", "line\nend\ttab\r\f\b", "\x01\x1f\x7f", "é ß 漢 🙂", "", "{}", "</script>")


def test_the_database_hashes_an_event_as_a_reader_of_its_canonical_json_does(office: Office) -> None:
    with office.transaction() as connection:
        append_event(
            connection, action="tried", detail={"ß": 1, "a": -3, "B": None, "list": [[], {}, [1, [2]]], "odd": list(ODD), 'k"': "v"}
        )
        assert verify_chain(connection).broken_at is None
        connection.execute(text("SELECT tenancy.append_event('tried', jsonb_build_object('z', true, 'big', 90071992547409931))"))
        assert verify_chain(connection).broken_at is None


@pytest.mark.parametrize(
    ("action", "detail"),
    [
        ("Tried", "{}"),
        ("a" * 61, "{}"),
        ("tried; drop", "{}"),
        ("tried", "[1]"),
        ("tried", '{"seconds": 1.5}'),
        ("tried", '{"in": [{"a": 0.1}]}'),
    ],
)
def test_the_database_takes_no_event_that_its_canonical_json_could_not_tell(office: Office, action: str, detail: str) -> None:
    with office.transaction() as connection, pytest.raises(DBAPIError, match="whole numbers and texts"):
        connection.execute(text("SELECT tenancy.append_event(:action, CAST(:detail AS jsonb))"), {"action": action, "detail": detail})


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO audit_event SELECT vendor_id, seq + 1, at, 'somebody', action, detail, hash, hash FROM audit_event ORDER BY seq DESC LIMIT 1",
        "UPDATE audit_head SET seq = seq + 1",
        "UPDATE audit_event SET actor = 'somebody'",
        "DELETE FROM audit_event",
    ],
)
def test_no_login_writes_the_log_past_its_function(office: Office, statement: str) -> None:
    with office.transaction() as connection, pytest.raises(DBAPIError, match="permission denied"):
        connection.execute(text(statement))


def test_events_that_others_add_meanwhile_are_no_breach(office: Office) -> None:
    def add_one(*_statement: object) -> None:
        with office.transaction() as other:
            append_event(other, action="meanwhile", detail={})

    with office.transaction() as connection:
        event.listen(connection, "before_cursor_execute", add_one)
        state = verify_chain(connection)
    assert state.broken_at is None
    assert office.value("SELECT count(*) FROM audit_event WHERE action = 'meanwhile'") == 3


def test_an_event_beyond_the_head_is_named(office: Office) -> None:
    with office.transaction() as connection:
        append_event(connection, action="tried", detail={})
    spoil_audit(
        office,
        "UPDATE audit_head SET seq = 3, hash = (SELECT hash FROM audit_event WHERE vendor_id = :vendor AND seq = 3) WHERE vendor_id = :vendor",
    )
    assert reason(office) == (5, "The chain ends at event 4, but its head is event 3.")
