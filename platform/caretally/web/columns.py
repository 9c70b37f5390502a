"""Which columns of a wide table are shown: those that the address names, else those chosen last in this browser, else all of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, make_response, redirect, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from caretally.errors import UsageMistake
from caretally.web.access import open_to_all, sign_in_first
from caretally.web.cookies import forget_in_browser, keep_in_browser, kept_by_browser
from caretally.web.edge import visitor
from caretally.web.own_pages import page_of_ours
from caretally.web.parts import made_once, part
from caretally.web.queries import printable

column_choice = Blueprint("columns", __name__)
QUERY = "columns"
NONE = "none"
PLAIN = re.compile(r"[a-z_]{1,30}")
MOST_COLUMNS = 30
ONE_YEAR_SECONDS = 365 * 24 * 3600


class UnknownColumn(UsageMistake):
    """The address names a column that the table does not have; the page's answer is 400."""

    code = "unknown_column"


@dataclass(frozen=True)
class Shown:
    """The columns of one page: `names` are shown, `address` is how the page's own address says so, None when it does not; `table` tells the rest."""

    table: str
    choices: Mapping[str, str] = field(compare=False)
    always: str = field(compare=False)
    names: frozenset[str]
    address: str | None

    def __contains__(self, name: str) -> bool:
        """Tell whether a column is shown."""
        return name in self.names

    @property
    def hidden(self) -> int:
        """How many columns are not shown."""
        return len(self.choices) - len(self.names)


@dataclass(frozen=True)
class Columns:
    """The columns of a table that somebody may hide, by name with their labels; `always` says in words which others stay, as they name the row.

    `fixed` are the names of those: an address may name them, and hides them by no means.
    """

    table: str
    always: str
    choices: Mapping[str, str]
    fixed: frozenset[str] = field(default_factory=frozenset)

    def shown(self) -> Shown:
        """Return what of the table is shown to this request. Raises `UnknownColumn`."""
        said = ",".join(request.args.getlist(QUERY))
        asked = [name for name in said.split(",") if name and name != NONE]
        strange = next((name for name in asked if name not in self.choices and name not in self.fixed), None)
        if strange is not None:
            raise UnknownColumn(
                f"The table of {self.table} has no column “{printable(strange)[:40]}”; open the page without “columns” and choose there."
            )
        kept = [name for name in kept_by_browser(cookie_of(self.table)).split(",") if name]
        names = asked if said else kept or self.choices
        return Shown(self.table, self.choices, self.always, frozenset(names) & frozenset(self.choices), said or None)


class ColumnFields(NamedTuple):
    """The form that chooses columns, before its token and after it."""

    before: Markup
    after: Markup


@column_choice.app_template_global("column_fields")
def fields_of(columns: Shown, to: str, *, files: bool) -> ColumnFields:
    """Return the form that chooses the columns of a page's table; `to` is the page's own address, `files` says whether the page offers files."""
    return column_fields(columns.table, tuple(columns.choices.items()), columns.names, columns.always, to=to, files=files)


@made_once
def column_fields(
    table: str, choices: tuple[tuple[str, str], ...], names: frozenset[str], always: str, *, to: str, files: bool
) -> ColumnFields:
    """Return the form that chooses among columns, of which `names` are shown."""
    hidden = len(choices) - len(names)
    made = part("web/column_fields.html", table=table, choices=choices, names=names, always=always, hidden=hidden, to=to, files=files)
    return ColumnFields(made.before(), made.after())


@column_choice.post("/columns")
@open_to_all("it reads nothing and sends the choice back to the page that asked, which declares its own permission")
def choose() -> ResponseReturnValue:
    """Keep in this browser which columns of a table are shown, and go back to the page with them in its address; all of them is no choice."""
    if visitor() is None:
        return sign_in_first()
    table, names = request.form.get("table", ""), request.form.getlist("column")
    if not all(PLAIN.fullmatch(one) for one in (table, *names)) or len(names) > MOST_COLUMNS:
        raise UsageMistake("These columns were not chosen on the page of a table, so nothing was changed; open the page and choose there.")
    every = "all" in request.form or str(len(set(names))) == request.form.get("of")
    said = "" if every else ",".join(dict.fromkeys(names)) or NONE
    answer = make_response(redirect(with_columns(page_of_ours(request.form.get("to", ""), otherwise="/"), said), 303))
    if said:
        keep_in_browser(answer, cookie_of(table), said, seconds=ONE_YEAR_SECONDS)
    else:
        forget_in_browser(answer, cookie_of(table))
    return answer


def with_columns(address: str, said: str) -> str:
    """Return an address that says which columns are shown, in place of what it said before."""
    wanted = urlsplit(address)
    kept = [(name, value) for name, value in parse_qsl(wanted.query) if name != QUERY]
    query = urlencode([*kept, *([(QUERY, said)] if said else [])], safe=",~")
    return f"{wanted.path}{'?' if query else ''}{query}"


def cookie_of(table: str) -> str:
    """Return the name of the cookie that keeps the choice for a table."""
    return f"caretally_columns_{table}"
