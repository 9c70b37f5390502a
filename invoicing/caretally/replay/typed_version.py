"""A version as it was typed into the form: its prices row by row, its terms, and the rows of the file that it stands for."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection

from caretally.close.prepare import Client
from caretally.imports.typed_rows import RowRefused
from caretally.replay.new_version import refuse_day_within_month, refuse_first_day_taken, rows_that_make_room, tried_version, version_rows
from caretally.replay.versions import Version
from caretally.whatif.changes import TriedVersion

TERM_FIELDS = (
    "valid_from valid_to basis tier_mode minimum qhp_time date_of_service attestation_required copy_missing review_overdue po_required priority"
).split()
PRICE_FIELDS = ("code", "tier_from", "price", "percent")
EMPTY_PRICES = 4
# Twenty codes of ten tiers; more come as the file of agreements.
MOST_PRICES = 200


def prices_typed(typed: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the rows of prices as they were typed, and some empty ones to go on."""
    columns = {name: list(typed.get(name, [])) for name in PRICE_FIELDS}
    longest = max(map(len, columns.values()))
    rows = [{name: columns[name][at] if at < len(columns[name]) else "" for name in PRICE_FIELDS} for at in range(longest)]
    kept = [row for row in rows if any(value.strip() for value in row.values())]
    return kept + [dict.fromkeys(PRICE_FIELDS, "")] * EMPTY_PRICES


def rows_typed(client: Client, given: Mapping[str, Any], standing: Sequence[Version]) -> list[dict[str, str]]:
    """Return the rows of the typed version, and before them those that end the one before it when that was asked for.

    Raises `RowRefused` for more prices than a form takes, and a first day that is taken or not the first of a month.
    """
    terms = {name: given[name].strip() for name in TERM_FIELDS} | {"client": client.code}
    prices = prices_typed(given)[:-EMPTY_PRICES]
    if len(prices) > MOST_PRICES:
        raise RowRefused(
            {"price": f"These are {len(prices)} prices and a form takes {MOST_PRICES}; import the file of agreements instead."}
        )
    rows = version_rows(terms, prices)
    first_day = day_typed(terms["valid_from"])
    refuse_day_within_month(first_day)
    refuse_first_day_taken(standing, first_day)
    room = rows_that_make_room(standing, first_day) if given["end_before"] == "yes" and first_day else []
    return room + rows


def version_of(connection: Connection, client: Client, rows: Sequence[Mapping[str, str]]) -> TriedVersion:
    """Return the version that typed rows make. Raises `RowRefused` when a rule of the file stands against it."""
    first_day = day_typed(rows[-1]["valid_from"])
    if first_day is None:
        raise RowRefused({"valid_from": "Write the first day, as 2027-01-01."})
    return tried_version(connection, client.id, rows, first_day=first_day)


def day_typed(typed: str) -> date | None:
    """Return a day written as a date field sends it, None for anything else, which the rules of the file then refuse."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
