"""What somebody with the whole database in hands can do to an audit log."""

from datetime import UTC

from sqlalchemy import Connection, text

from caretally.audit.chain import FIRST_HASH, event_hash
from tests.builders.office import Office

TABLES = ("audit_event", "audit_head")
EVENTS = text("SELECT seq, at, actor, action, detail FROM audit_event WHERE vendor_id = :vendor ORDER BY seq")
WRITE = text("UPDATE audit_event SET previous_hash = :previous_hash, hash = :hash WHERE vendor_id = :vendor AND seq = :seq")
MOVE = text("UPDATE audit_head SET seq = :seq, hash = :hash WHERE vendor_id = :vendor")


def spoil_audit(office: Office, *statements: str, anew: bool = False) -> None:
    """Run statements (`:vendor` is the office's) with triggers and policies off; `anew` then computes the whole chain again, so that it holds by itself."""
    with office.database.admin_engine.connect() as connection, connection.begin():
        for table in TABLES:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            connection.execute(text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
        for statement in statements:
            connection.execute(text(statement), {"vendor": office.vendor_id})
        if anew:
            write_anew(connection, office)
        for table in TABLES:
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
            connection.execute(text(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"))


def write_anew(connection: Connection, office: Office) -> None:
    """Compute every hash of the chain again, from its first event to its head."""
    key = {"vendor": office.vendor_id}
    head, seq = FIRST_HASH, 0
    for row in connection.execute(EVENTS, key).mappings().all():
        at = row["at"].astimezone(UTC).isoformat(timespec="microseconds")
        seq, previous = row["seq"], head
        head = event_hash(previous, dict(row) | {"vendor": str(office.vendor_id), "at": at})
        connection.execute(WRITE, key | {"seq": seq, "previous_hash": previous, "hash": head})
    connection.execute(MOVE, key | {"seq": seq, "hash": head})
