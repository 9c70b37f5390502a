"""A new version of an agreement as it is typed: the rows of its file, tried and kept by the rules of that file."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Connection

from caretally.agreements.import_agreements import AGREEMENTS
from caretally.imports.results import ImportResult
from caretally.imports.typed_rows import import_typed
from caretally.replay.versions import TERMS, Version, versions_of
from caretally.whatif.changes import TriedVersion

# What decides and prices a month; a version's own days do not.
TRIED_TERMS = tuple(name for name in TERMS if name not in {"valid_from", "valid_to"})


def version_rows(terms: Mapping[str, str], prices: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return the rows of a typed version: one for each price of which something was typed, one without a price when nothing was."""
    typed = [dict(price) for price in prices if any(value.strip() for value in price.values())] or [{}]
    return [{"code": "", "price": "", "percent": "", "tier_from": ""} | dict(terms) | price for price in typed]


def rows_that_make_room(standing: Sequence[Version], first_day: date) -> list[dict[str, str]]:
    """Return the rows that end the version which holds on a day the day before; none when no version began before that day."""
    before = next((version for version in standing if version.holds_on(first_day) and version.valid_from < first_day), None)
    return [] if before is None else list(before.rows(valid_to=(first_day - timedelta(days=1)).isoformat()))


def keep_version(connection: Connection, rows: Sequence[Mapping[str, str]]) -> ImportResult:
    """Keep a version as its file would. Raises `RowRefused` when a rule or another version stands against it."""
    return import_typed(connection, AGREEMENTS, rows)


def tried_version(connection: Connection, client_id: UUID, rows: Sequence[Mapping[str, str]], *, first_day: date) -> TriedVersion:
    """Return the version that these rows make, read back from where they were written and taken away again. Raises `RowRefused`."""
    savepoint = connection.begin_nested()
    try:
        import_typed(connection, AGREEMENTS, rows)
        made = next(version for version in versions_of(connection, client_id) if version.valid_from == first_day)
    finally:
        savepoint.rollback()
    prices = tuple((price.code, price.tier_from, price.cents, price.percent) for price in made.prices)
    return TriedVersion(client_id, {name: made.terms[name] for name in TRIED_TERMS}, prices)
