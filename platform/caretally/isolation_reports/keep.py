"""Keeps each isolation report as it was signed, and gives it back unchanged."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.audit.chain import canonical

# What a report says of itself beside its content.
SEALS = ("public_key", "signature")
KEEP = text(
    "INSERT INTO isolation_report (vendor_id, made_at, holds, report, pdf) "
    "VALUES ((SELECT tenancy.current_vendor()), :made_at, :holds, CAST(:report AS jsonb), :pdf)"
)
LIST = text(
    "SELECT id, made_at, report FROM isolation_report WHERE vendor_id = (SELECT tenancy.current_vendor()) ORDER BY made_at DESC, id DESC LIMIT :most"
)
READ = text("SELECT id, made_at, report, pdf FROM isolation_report WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = :id")


@dataclass(frozen=True)
class KeptReport:
    """A report as it was signed: when it was made (UTC) and what it says."""

    id: UUID
    made_at: datetime
    told: Mapping[str, Any]

    @property
    def found(self) -> list[str]:
        """Return everything that did not hold, in sentences."""
        return [*self.told["catalog_breaches"], *self.told["leaks"]]

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 that the audit log keeps of it."""
        return fingerprint(self.told)


def keep_report(connection: Connection, told: Mapping[str, Any], *, pdf: bytes) -> None:
    """Keep a signed report of the current vendor and its PDF."""
    values = {"made_at": datetime.fromisoformat(told["at"]), "holds": told["holds"], "report": json.dumps(told), "pdf": pdf}
    connection.execute(KEEP, values)


def kept_reports(connection: Connection, *, most: int) -> list[KeptReport]:
    """Return the newest reports of the current vendor."""
    return [KeptReport(*row) for row in connection.execute(LIST, {"most": most})]


def kept_report(connection: Connection, report_id: UUID) -> tuple[KeptReport, bytes] | None:
    """Return a report and its PDF, None when the current vendor has none of this id."""
    row = connection.execute(READ, {"id": report_id}).one_or_none()
    return None if row is None else (KeptReport(row.id, row.made_at, row.report), bytes(row.pdf))


def fingerprint(told: Mapping[str, Any]) -> str:
    """Return the SHA-256, hex, of the canonical JSON of what a report says without its seals."""
    return sha256(canonical({name: said for name, said in told.items() if name not in SEALS})).hexdigest()


def report_json(told: Mapping[str, Any]) -> bytes:
    """Return the signed report as a file: JSON in the order of its names, whichever way it was kept."""
    return json.dumps(told, indent=2, sort_keys=True).encode() + b"\n"
