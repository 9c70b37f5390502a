"""A client's month at one look, kept beside it by a preview and by its close, so that no page adds up patient-months."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from caretally.close.statements import statement

BIN_SECONDS = 300
# The last one is for whoever has as much time or more.
BINS = 17
NEAR_SECONDS = 300


def summary_now(connection: Connection, values: Mapping[str, Any], *, total_cents: int, line_count: int) -> str:
    """Return the summary of the decisions that stand in the transaction's working tables, as JSON.

    `values` are the parameters of `Prepared`. Counts are enrolled patients; `minutes` counts them by outcome in steps of `BIN_SECONDS`;
    `near` are the not billable who miss at most `NEAR_SECONDS` of a code, `near_cents` its list price.
    """
    sizes = {"bin_seconds": BIN_SECONDS, "bins": BINS, "near_seconds": NEAR_SECONDS}
    written: str = connection.execute(
        statement("summary"), dict(values) | sizes | {"total_cents": total_cents, "line_count": line_count}
    ).scalar_one()
    return written
