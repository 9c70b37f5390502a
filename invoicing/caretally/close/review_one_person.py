"""Starts the overpayment review of closed months that were billed for one person in two records, when that comes to light later."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection

from caretally.close.statements import statement


def review_one_person(connection: Connection, patients: Collection[UUID]) -> int:
    """Start the review of every closed month billed for these patients and for another record of the same person; return how many are new.

    Works in the transaction that joined the records and holds their clients against a close.
    """
    return connection.execute(statement("review_one_person"), {"patients": list(patients)}).rowcount if patients else 0
