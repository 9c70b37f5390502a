"""The Merkle root of a closed month: one hash in the audit log under which each of its rows can be proven without the others."""

from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.audit.merkle import EMPTY_ROOT, merkle_root
from caretally.close.statements import statement
from caretally.months import Month

LOGGED = text(
    "SELECT m.id, c.code || ' ' || to_char(m.month, 'YYYY-MM') || ' revision ' || m.revision AS named, a.detail ->> 'rows_root' AS root "
    "FROM client_month m JOIN client c USING (vendor_id, client_id) JOIN audit_event a ON a.vendor_id = m.vendor_id AND a.action = 'month.closed' "
    "AND a.detail ->> 'client_id' = m.client_id::text AND a.detail ->> 'month' = to_char(m.month, 'YYYY-MM') "
    "AND a.detail ->> 'revision' = m.revision::text WHERE CAST(:month AS date) IS NULL OR m.month = :month ORDER BY 2"
)
NAMED = 20
HASH_BYTES = 32


def root_of_leaves(leaves: bytes | None) -> str:
    """Return the root (RFC 6962, SHA-256, hex) over fingerprints that stand one behind the other in one value, as `contents.sql` reads them."""
    whole = leaves or b""
    return merkle_root([whole[place : place + HASH_BYTES] for place in range(0, len(whole), HASH_BYTES)]).hex()


def root_breaches(connection: Connection, *, month: Month | None) -> tuple[str, ...]:
    """Name the closed months whose rows do not lead to the root that their close logged, at most twenty."""
    day = None if month is None else month.first_day
    found = dict(_roots(connection, day))
    logged = connection.execute(LOGGED, {"month": day}).all()
    wrong = [row.named for row in logged if row.root != found.get(row.id, EMPTY_ROOT).hex()]
    return tuple(f"{named}: its rows are not those under the root of its audit event" for named in wrong[:NAMED])


def _roots(connection: Connection, day: object) -> Iterator[tuple[UUID, bytes]]:
    options = {"yield_per": 10_000}
    with closing(connection.execute(statement("row_leaves"), {"client_month_id": None, "month": day}, execution_options=options)) as rows:
        for client_month_id, leaves in groupby(rows, key=itemgetter(0)):
            yield client_month_id, merkle_root([leaf for _id, leaf in leaves])
