"""A new version of an agreement as it is typed: the rows of its file, tried and kept by the rules of that file."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import Connection

from caretally.agreements.import_agreements import AGREEMENTS
from caretally.errors import Conflict
from caretally.imports.results import ImportResult
from caretally.imports.typed_rows import RowRefused, import_typed
from caretally.months import Month
from caretally.replay.versions import TERMS, Version, price_row, versions_of
from caretally.whatif.changes import TriedVersion

# What decides and prices a month; a version's own days do not.
TRIED_TERMS = tuple(name for name in TERMS if name not in {"valid_from", "valid_to"})


class VersionsChangedMeanwhile(Conflict):
    """Somebody else changed the client's versions after the page was opened; the page's answer is 412 (RFC 9110, 15.5.13)."""

    code = "versions_changed_meanwhile"
    status = 412


def digest_of(standing: Sequence[Version]) -> str:
    """Return what tells these versions, with all their terms and prices, from any others."""
    told = [(str(version.id), version.written(), [price_row(price) for price in version.prices]) for version in standing]
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def refuse_changed_versions(standing: Sequence[Version], *, seen: str) -> None:
    """Refuse to go on from other versions than the page was made from (`digest_of` them). Raises `VersionsChangedMeanwhile`."""
    if digest_of(standing) != seen:
        raise VersionsChangedMeanwhile(
            "Somebody else changed the versions of this client after you opened the page; look at them, then replay or keep yours again."
        )


def refuse_first_day_taken(standing: Sequence[Version], first_day: date | None) -> None:
    """Refuse a first day that a version has: its prices would be mixed with those typed. Raises `RowRefused`."""
    if any(version.valid_from == first_day for version in standing):
        raise RowRefused({"valid_from": f"A version begins on {first_day} already; choose another day, or change that one by its file."})


def refuse_day_within_month(first_day: date | None) -> None:
    """Refuse a first day that is not the first of a month, on which a version would not hold yet. Raises `RowRefused`."""
    if first_day is not None and first_day.day != 1:
        month = Month.of(first_day)
        nearest = f"{month.first_day} or {month.next().first_day}"
        raise RowRefused(
            {"valid_from": f"A version begins on the first of a month, because one version governs a whole month; write {nearest}."}
        )


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
