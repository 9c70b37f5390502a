"""The statements of the queue, put together from the SQL files beside this module with the lines that are asked for."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from sqlalchemy import TextClause, text

# Where the exceptions come from: some of what closes and previews wrote, the counts beside the months, or some patients.
Source = frozenset[str]
CLOSED, BESIDE, WARNED, PREVIEWED = "reasons_closed", "reasons_beside", "reasons_warned", "reasons_previewed"
REASONS, COUNTED, WALKED = frozenset({CLOSED, BESIDE, WARNED, PREVIEWED}), frozenset({"counted"}), frozenset({"walked"})
ORDERS = {"money": "-held_cents", "due": "due_on", "code": "ordinal", "client": "client", "patient": "patient", "assignee": "assignee"}
KINDS_IN_ORDER = "outcome <> 'held', outcome = 'warning', due_on, client_code"
ASKED, PARAMETER = "-- asked\n", re.compile(r"(?<!:):(\w+)")
# The orders that begin with a name, which is looked up for a page's rows alone otherwise.
BY_NAME = frozenset({"client", "patient", "assignee"})


@cache
def statement(name: str) -> TextClause:
    """Return the file `<name>.sql` as a statement with named parameters."""
    return text(sql_of(name))


def over_matched(name: str, given: Iterable[str]) -> TextClause:
    """Return the statement `<name>.sql` over the exceptions that filters let through, with the lines that there are parameters `given` for."""
    return _over_matched(name, frozenset(given))


@cache
def page_statement(source: Source, sort: str, given: frozenset[str]) -> TextClause:
    """Return the statement of a page of the queue from a source in one of the orders known."""
    first = f" ORDER BY {ORDERS[sort]}, outcome <> 'held', outcome = 'warning', due_on FETCH FIRST (CAST(:upto AS bigint)) ROWS WITH TIES"
    page = sql_of("page").replace("{order}", ORDERS[sort]).replace("{candidates}", "" if sort in BY_NAME else first)
    return text(f"WITH {_matched(source, given)}{page}")


@cache
def totals_statement(sort: str, given: frozenset[str]) -> TextClause:
    """Return the statement of what all that matches comes to and of the kinds that a page's places are in, in one of the orders known."""
    # Only names order what is sorted by patient.
    steps = "true" if sort == "patient" else f"{ORDERS[sort]}, {KINDS_IN_ORDER}"
    return text(f"WITH {_matched(COUNTED, given)}{sql_of('totals').replace('{steps}', steps)}")


@cache
def counts_off_statement(given: frozenset[str]) -> TextClause:
    """Return the statement that compares the counts beside the months with what is read one by one."""
    asked = sql_of("counts_off").replace("{reasons}", f"WITH {_read_from(REASONS)}").replace("{counted}", f"WITH {_read_from(COUNTED)}")
    return text(_with_lines(f"WITH {sql_of('newest_months').rstrip()}\n{asked}", given))


@cache
def _over_matched(name: str, given: frozenset[str]) -> TextClause:
    return text(f"WITH {_matched(REASONS, given)}{sql_of(name)}")


def _matched(source: Source, given: frozenset[str]) -> str:
    parts = (sql_of("newest_months"), _read_from(source), sql_of("matched"))
    return _with_lines(",\n".join(part.rstrip() for part in parts) + "\n", given)


def _read_from(source: Source) -> str:
    if source <= REASONS:
        return sql_of("reasons").replace("{reasons}", "UNION ALL\n".join(sql_of(reasons) for reasons in sorted(source)).rstrip())
    return "".join(sql_of(name) for name in source)


def _with_lines(written: str, given: frozenset[str]) -> str:
    lines = written.splitlines(keepends=True)
    return "".join(line for line in lines if not line.endswith(ASKED) or set(PARAMETER.findall(line)) <= given)


def sql_of(name: str) -> str:
    """Return the file `<name>.sql`."""
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")
