"""The table of a month's clients as somebody asked to see it: filtered, sorted, a page at a time, or all of it as a file."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from caretally.close.overview import ClientInMonth, MonthOverview
from caretally.db.lists import PAGE_SIZE, page_count
from caretally.files.cells import Cell, dollars
from caretally.files.csv_file import csv_bytes
from caretally.files.xlsx_file import Column, Sheet, xlsx_bytes

SORTS: Mapping[str, Callable[[ClientInMonth], Any]] = {
    "client": lambda one: (one.name.casefold(), one.code),
    "enrolled": lambda one: one.figure("enrolled"),
    "billable": lambda one: one.figure("billable"),
    "not_billable": lambda one: one.figure("not_billable"),
    "held": lambda one: (one.figure("held_cents"), one.figure("held")),
    "invoice": lambda one: one.figure("total_cents"),
    "change": lambda one: one.change_per_mille or 0,
    "status": lambda one: (one.status, one.state or ""),
}
FILTERS: Mapping[str, tuple[str, Callable[[ClientInMonth], bool]]] = {
    "all": ("All", lambda _one: True),
    "review": ("To review", lambda one: one.figure("held") > 0),
    "parked": ("Parked", lambda one: bool(one.waits.parked)),
    "open": ("To preview", lambda one: one.status in ("open", "reopened")),
    "ready": ("To close", lambda one: one.status == "previewed" and not one.waits.parked),
    "draft": ("To send", lambda one: one.state == "draft"),
    "closed": ("Closed", lambda one: one.closed),
}
COLUMNS = (
    Column(header="Client", width=30),
    Column(header="Code", width=10),
    *(Column(header=name, kind="count") for name in ("Enrolled", "Billable", "Not billable", "Held")),
    *(Column(header=name, kind="money") for name in ("Held money", "Invoice or preview", "Month before")),
    Column(header="Status"),
    Column(header="Invoice number", width=18),
    Column(header="Invoice state"),
)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How somebody wants the table: a filter and a sort by their names, words in the client's name, a page from 1."""

    show: str = "all"
    sort: str = "client"
    down: bool = False
    words: str = ""
    page: int = 1


@dataclass(frozen=True, kw_only=True)
class Shown:
    """The clients that match, in their order, and those of the page; `counts` has the clients of each filter."""

    asked: Asked
    matching: tuple[ClientInMonth, ...]
    counts: Mapping[str, int]

    @property
    def on_page(self) -> tuple[ClientInMonth, ...]:
        """The clients of the page."""
        first = (self.page - 1) * PAGE_SIZE
        return self.matching[first : first + PAGE_SIZE]

    @property
    def pages(self) -> int:
        """The number of pages, at least 1."""
        return page_count(len(self.matching))

    @property
    def page(self) -> int:
        """The page shown, the last one for a number beyond."""
        return min(self.asked.page, self.pages)

    def total(self, name: str) -> int:
        """Return the sum of a figure over all that match."""
        return sum(one.figure(name) for one in self.matching)


def shown(overview: MonthOverview, asked: Asked) -> Shown:
    """Return the table as it was asked for; a name that is not known asks for nothing."""
    chosen = FILTERS.get(asked.show, FILTERS["all"])[1]
    named = [one for one in overview.clients if asked.words.casefold() in f"{one.name} {one.code}".casefold()]
    found = sorted((one for one in named if chosen(one)), key=SORTS["client"])
    found.sort(key=SORTS.get(asked.sort, SORTS["client"]), reverse=asked.down)
    counts = {name: sum(map(rule, named)) for name, (_label, rule) in FILTERS.items()}
    return Shown(asked=asked, matching=tuple(found), counts=counts)


def clients_file(clients: Collection[ClientInMonth], *, title: str, author: str, ending: str) -> bytes:
    """Return the clients as `csv` or `xlsx`; money in dollars, empty where there are no figures."""
    rows = [_cells(one) for one in clients]
    if ending == "csv":
        return csv_bytes([column.header for column in COLUMNS], rows)
    return xlsx_bytes([Sheet(name="Clients", columns=COLUMNS, rows=rows)], title=title, author=author)


def _cells(one: ClientInMonth) -> tuple[Cell, ...]:
    counts: tuple[Cell, ...] = (None,) * 6
    if one.known:
        counts = (
            *(one.figure(name) for name in ("enrolled", "billable", "not_billable", "held")),
            *(dollars(one.figure(name)) for name in ("held_cents", "total_cents")),
        )
    before = None if one.before_cents is None else dollars(one.before_cents)
    return (one.name, one.code, *counts, before, one.status, one.number, one.state)
