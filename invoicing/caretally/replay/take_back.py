"""Takes the newest version of a client's agreement back, as long as no month was closed with it; the version before it ends as before."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.audit.chain import Detail, append_event
from caretally.errors import Conflict
from caretally.imports.importing import take_turn
from caretally.months import Month
from caretally.replay.closed_months import months_in_words
from caretally.replay.versions import Version, versions_of

LOCK = text("SELECT guard.share_client_locks(ARRAY[tenancy.current_vendor()], ARRAY[CAST(:client_id AS uuid)])")
# A reopened month keeps what it was first closed with.
CLOSED_WITH = text("SELECT DISTINCT month FROM client_month WHERE client_id = :client_id AND agreement_id = :version ORDER BY month")
# A later import keeps what it found, to give it back when it is undone; that would be a state which no longer is. Whatever found the newest version
# came later than it. The one before it was ended by the newest one's own import, and was changed since when its row is another import's now.
CHANGED_SINCE = text(
    "SELECT b.file_name, b.at FROM import_batch b JOIN agreement v ON v.client_id = :client_id AND v.id = :version "
    "LEFT JOIN agreement o ON o.vendor_id = v.vendor_id AND o.client_id = v.client_id AND o.id = :before "
    "WHERE b.vendor_id = v.vendor_id AND b.kind = 'agreements' AND b.undone_at IS NULL AND b.id IS DISTINCT FROM v.created_batch_id AND ("
    "EXISTS (SELECT FROM import_before i WHERE i.vendor_id = b.vendor_id AND i.batch_id = b.id AND (i.table_name = 'agreement' AND i.row_id = v.id "
    "OR i.table_name = 'agreement_price' AND i.row_id IN (SELECT p.id FROM agreement_price p WHERE p.agreement_id = v.id))) "
    "OR b.id = o.batch_id AND EXISTS (SELECT FROM import_before i WHERE i.vendor_id = b.vendor_id AND i.batch_id = v.created_batch_id "
    "AND i.table_name = 'agreement' AND i.row_id = o.id)) ORDER BY b.at DESC LIMIT 1"
)
DELETE = text("DELETE FROM agreement WHERE client_id = :client_id AND id = :version RETURNING created_batch_id")
# What the version before it was when the newest one was kept: only its end comes back, whatever else was changed since.
RESTORE = text(
    "UPDATE agreement a SET valid_to = was.valid_to, batch_id = CASE WHEN a.batch_id = :batch THEN was.batch_id ELSE a.batch_id END "
    "FROM import_before b CROSS JOIN LATERAL jsonb_populate_record(NULL::agreement, b.image) was WHERE a.client_id = :client_id "
    "AND b.batch_id = :batch AND b.table_name = 'agreement' AND b.row_id = a.id AND a.id = :before AND a.valid_to = :ended"
)
MARK_UNDONE = text(
    "UPDATE import_batch SET undone_at = clock_timestamp(), undone_by = tenancy.current_actor() WHERE id = :batch AND undone_at IS NULL "
    "AND NOT EXISTS (SELECT FROM agreement WHERE :batch IN (created_batch_id, batch_id)) "
    "AND NOT EXISTS (SELECT FROM agreement_price WHERE :batch IN (created_batch_id, batch_id))"
)


class VersionStays(Conflict):
    """A version cannot be taken back: it is not the newest one, or a month was closed with it."""

    code = "version_stays"


def why_it_stays(connection: Connection, client_id: UUID, version: UUID) -> str:
    """Return in a sentence why a client's newest version stays, empty when it can be taken back."""
    months = [Month.of(day) for day in connection.scalars(CLOSED_WITH, {"client_id": client_id, "version": version})]
    if not months:
        return ""
    return f"{months_in_words(months)} {'was' if len(months) == 1 else 'were'} closed with it, so it stays; a change needs a new version."


def take_back(connection: Connection, client_id: UUID, version: UUID) -> None:
    """Take the newest version back; one event of the audit log says so. Raises `VersionStays`."""
    take_turn(connection)
    connection.execute(LOCK, {"client_id": client_id})
    standing = versions_of(connection, client_id)
    if not standing or standing[0].id != version:
        raise VersionStays("Only the newest version can be taken back; look at the versions that are there now.")
    if stays := why_it_stays(connection, client_id, version):
        raise VersionStays(stays)
    _refuse_changed_since(connection, client_id, standing)
    batch = connection.scalar(DELETE, {"client_id": client_id, "version": version})
    _restore_end(connection, client_id, standing, batch)
    connection.execute(MARK_UNDONE, {"batch": batch})
    told: dict[str, Detail] = {"client_id": client_id, "version": version, "valid_from": standing[0].valid_from.isoformat()}
    append_event(connection, action="agreement.taken_back", detail=told)


def _refuse_changed_since(connection: Connection, client_id: UUID, standing: Sequence[Version]) -> None:
    key = {"client_id": client_id, "version": standing[0].id, "before": standing[1].id if len(standing) > 1 else None}
    since = connection.execute(CHANGED_SINCE, key).one_or_none()
    if since is not None:
        raise VersionStays(
            f"The import “{since.file_name}” of {since.at:%d %b %H:%M} UTC changed these versions since. Take it back on the page of imports first; "
            "where that cannot be, the version stays, and a change needs a new one."
        )


def _restore_end(connection: Connection, client_id: UUID, standing: Sequence[Version], batch: UUID | None) -> None:
    if len(standing) > 1:
        ended = standing[0].valid_from - timedelta(days=1)
        connection.execute(RESTORE, {"client_id": client_id, "batch": batch, "before": standing[1].id, "ended": ended})
