"""Proves the counts beside the months: each exception read one by one comes to what the queue adds up."""

from sqlalchemy import Connection, text

from caretally.exceptions.build_report import FACTS_ABOUT_CLIENT
from caretally.months import Month
from caretally.settling.statements import counts_off_statement

VENDOR = text("SELECT tenancy.current_vendor()")


def count_breaches(connection: Connection, *, month: Month | None) -> tuple[str, ...]:
    """Name the months in which the queue counts other patients than there are, at most twenty; writes nothing."""
    values = {"vendor_id": connection.scalar(VENDOR), "about_client": sorted(FACTS_ABOUT_CLIENT)}
    values |= {"month": month.first_day} if month else {}
    return tuple(connection.scalars(counts_off_statement(frozenset(values)), values))
