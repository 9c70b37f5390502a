"""A database that is held by others, full or gone while a month is closed: the client is parked in words of its own."""

from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from caretally.close.close_month import close_month
from caretally.close.prepare import Client
from caretally.months import Month

LFM = Client(vendor_id=UUID(int=1), id=UUID(int=2), code="LFM", name="Lake", timezone="UTC", po_number="", terms_days=30)


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        (psycopg.errors.LockNotAvailable, 5, "LFM is being changed by somebody else"),
        (psycopg.errors.DeadlockDetected, 5, "LFM is being changed by somebody else"),
        (psycopg.errors.DiskFull, 6, "The database has no room left, so nothing of LFM was written; make room"),
        (psycopg.errors.AdminShutdown, 6, "The database did not answer while LFM was being closed; nothing of it was written"),
        (psycopg.OperationalError, 6, "The database did not answer while LFM was being closed; nothing of it was written"),
        (psycopg.errors.CheckViolation, 6, "A defect on our side stopped LFM, so nothing of it was written; try again"),
        (psycopg.errors.NumericValueOutOfRange, 6, "A defect on our side stopped LFM, so nothing of it was written; try again"),
    ],
)
def test_the_client_is_parked_for_what_the_database_said(said: type[psycopg.Error], code: int, words: str) -> None:
    def transaction() -> Connection:
        raise DBAPIError.instance("statement", {}, said("Osei"), psycopg.Error)

    (result,) = close_month(transaction, Month.parse("2026-10"), [LFM])
    assert (result.status, result.error_exit_code) == ("parked", code)
    assert (result.parked_reason or "").startswith(words)
    assert "Osei" not in (result.parked_reason or "")
