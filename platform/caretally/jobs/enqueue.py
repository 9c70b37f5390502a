"""Asks for a job, in the transaction of what it belongs to: if that is rolled back, nothing was asked."""

import json
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.jobs.kinds import require_ids

ASK = text(
    "WITH asked AS (INSERT INTO job (vendor_id, kind, job_key, payload) VALUES ((SELECT tenancy.current_vendor()), :kind, :key, CAST(:payload AS jsonb)) "
    "ON CONFLICT (vendor_id, kind, job_key) DO NOTHING RETURNING vendor_id, id) "
    "INSERT INTO job_outbox (vendor_id, id) SELECT vendor_id, id FROM asked RETURNING id"
)
FIND = text("SELECT id FROM job WHERE vendor_id = (SELECT tenancy.current_vendor()) AND kind = :kind AND job_key = :key")
AGAIN = text(
    "WITH again AS (UPDATE job SET status = 'waiting', attempts = 0, lease = NULL, locked_until = NULL, ended_at = NULL, said = NULL "
    "WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = :id AND status = 'quarantined' RETURNING vendor_id, id) "
    "INSERT INTO job_outbox (vendor_id, id) SELECT vendor_id, id FROM again RETURNING id"
)


def enqueue(connection: Connection, kind: str, payload: Mapping[str, object], *, key: str) -> UUID:
    """Ask for a job of the current vendor and return its id; it begins once the transaction is committed.

    `payload` holds ids, months, codes and counts (`PayloadNotIds` else). The same kind and key is the same job as long as it is kept, whoever asks and
    however it ended: put into the key what tells one wish from the next, as the token of the form that was sent.
    """
    values = {"kind": kind, "key": key, "payload": json.dumps(require_ids(payload))}
    made = connection.scalar(ASK, values)
    return UUID(str(made if made is not None else connection.execute(FIND, values).scalar_one()))


def ask_again(connection: Connection, job_id: UUID) -> bool:
    """Let a quarantined job be tried anew; False when the current vendor has none of this id in that state."""
    return connection.scalar(AGAIN, {"id": job_id}) is not None
