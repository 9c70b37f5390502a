"""Notes in the audit log which patients a command is about to show."""

from collections.abc import Iterable

from sqlalchemy import Connection, text

from caretally.audit.chain import Detail, append_event

SHOWN = text("""
    SELECT array_agg(DISTINCT c.client_id) AS client_ids,
        encode(sha256(convert_to(string_agg(p.id::text, E'\\n' ORDER BY p.id), 'UTF8')), 'hex') AS patients_sha256
    FROM unnest(CAST(:codes AS text[]), CAST(:mrns AS text[])) AS shown (code, mrn)
    JOIN client c ON c.vendor_id = (SELECT tenancy.current_vendor()) AND c.code = shown.code
    LEFT JOIN patient p ON p.vendor_id = c.vendor_id AND p.client_id = c.client_id AND p.mrn = shown.mrn
""")


def note_patients_read(connection: Connection, command: str, shown: Iterable[tuple[str, str]], **detail: Detail) -> None:
    """Add the one event of a command for all patients that it shows, given as code of the client and record number; none for no patient.

    The event holds the clients' ids, how many patients there are, and the SHA-256 over their ids, sorted and one a line: whoever has a list of
    patients can prove that it is the one that was read. Take it last in the transaction, since it locks the head of the chain.
    """
    pairs = sorted(set(shown))
    if not pairs:
        return
    given = {"codes": [code for code, _ in pairs], "mrns": [mrn for _, mrn in pairs]}
    found = connection.execute(SHOWN, given).one()
    read = {"client_ids": found.client_ids or [], "patients": len(pairs), "patients_sha256": found.patients_sha256}
    append_event(connection, action="patients.read", detail={"command": command, **detail, **read})
