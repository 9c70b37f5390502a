"""The frame around every page: the rail with what the visitor may open, the search box, and the words and icons that templates use."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, NamedTuple, cast
from uuid import UUID

from flask import Flask, current_app, g, request, url_for
from markupsafe import Markup, escape

from caretally.files.printed_words import clock, counted, long_date
from caretally.money import format_dollars
from caretally.months import Month
from caretally.tenancy.read_rows import Statement, read_rows
from caretally.web.edge import connection, has_connection, visitor
from caretally.web.parts import made_once, part
from caretally.web.shortcuts import install_shortcuts

PATHS = {
    "heart": "M8 13S2.5 9.7 2.5 6.2A2.8 2.8 0 018 5a2.8 2.8 0 015.5 1.2C13.5 9.7 8 13 8 13z",
    "down": "M4 6.2l4 4 4-4",
    "home": "M2.5 7.5L8 3l5.5 4.5V13H10V9.5H6V13H2.5z",
    "document": "M4 2.2h5.2L12 5v8.8H4zM9 2.4V5h2.8M6 8h4M6 10.5h4",
    "people": "M6 7.3a2.2 2.2 0 100-4.4 2.2 2.2 0 000 4.4zM2 13c0-2.4 1.6-4 4-4s4 1.6 4 4M10.6 3.2a2.1 2.1 0 010 4M11.6 9.2c1.6.5 2.5 1.9 2.5 3.8",
    "pen": "M3 13l.6-2.8L10.8 3l2.2 2.2-7.2 7.2z",
    "gear": "M8 5.8a2.2 2.2 0 100 4.4 2.2 2.2 0 000-4.4zM8 1.8v2M8 12.2v2M1.8 8h2M12.2 8h2M3.6 3.6L5 5M11 11l1.4 1.4M12.4 3.6L11 5M5 11l-1.4 1.4",
    "search": "M7 2.5a4.5 4.5 0 100 9 4.5 4.5 0 000-9zM10.3 10.3l3.2 3.2",
    "calendar": "M2.8 3.8h10.4v9.4H2.8zM2.8 6.8h10.4M5.5 2.2v3M10.5 2.2v3",
    "list": "M3 4h10M3 8h10M3 12h10",
    "lock": "M4 7.2h8v6H4zM5.6 7V5.2a2.4 2.4 0 014.8 0V7",
    "shield": "M8 2l5 2v4c0 3-2.1 5.2-5 6-2.9-.8-5-3-5-6V4zM5.8 8l1.6 1.6L10.4 6.5",
    "key": "M10.2 2.6a3.2 3.2 0 100 6.4 3.2 3.2 0 000-6.4zM7.9 8.1L2.6 13.4M4.4 11.6l1.8 1.8",
    "tick": "M3 8.5l3.2 3L13 4.5",
    "clock": "M8 2a6 6 0 100 12A6 6 0 008 2zM8 5v3.2l2 1.4",
    "warning": "M8 2.2l6.3 11.3H1.7zM8 6.5v3.2M8 11.6v.1",
    "save": "M8 2.5v7.5M4.8 7L8 10.2 11.2 7M2.8 13.2h10.4",
    "upload": "M8 10V2.5M4.8 5.5L8 2.3l3.2 3.2M2.8 13.2h10.4",
    "building": "M3.5 13.5V2.8h6v10.7M9.5 6.5h3v7M2.2 13.5h11.6M5.5 5.3h2M5.5 7.8h2M5.5 10.3h2",
    "phone": "M5.5 2.5H3.2c0 6 4.3 10.3 10.3 10.3v-2.3l-2.8-1.2-1.5 1.4A8 8 0 015.4 7L6.8 5.4z",
    "flag": "M4 14V2.5M4 3h8.5l-2 3 2 3H4",
    "cross": "M4 4l8 8M12 4l-8 8",
    "speech": "M2.5 3.5h11v7.4H7.2L4.2 13.4v-2.5H2.5z",
    "page": "M4 2.2h5.2L12 5v8.8H4z",
}
ADDRESSES, MOST_ADDRESSES = "caretally_addresses", 4096
SECTIONS = ("Installation", "Work", "Money", "Setup")


@dataclass(frozen=True)
class Entry:
    """One line of the rail: shown to visitors who hold `permission`, an empty one means everybody signed in.

    `key` goes there after g, `also_key` without. `waiting` is a query that counts what is left to look at there, with no parameter but `:vendor_id`;
    pages without a transaction show no number, and no visitor is shown one who holds none of the permissions `waits_for` (none named: it waits for
    everybody). `also` names the blueprints of other pages that belong to the line.
    """

    section: str
    label: str
    endpoint: str
    icon: str
    permission: str = ""
    waiting: str = ""
    waits_for: frozenset[str] = frozenset()
    key: str = ""
    also_key: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Shell:
    """What the frame offers: the lines of the rail, the page that searches and the page that switches (empty: none yet).

    `practice` is a query that gives the name of the one client of a practice's visitor, with no parameter but `:vendor_id`.
    """

    entries: Sequence[Entry] = ()
    search: Entry | None = None
    switch: str = ""
    practice: str = ""
    leave: str = ""
    profile: str = ""
    help: str = ""
    keys: str = ""
    stop_reading: str = ""
    demo: bool = False


def install_shell(app: Flask, shell: Shell) -> None:
    """Offer the frame, icons and words to every template."""
    app.jinja_env.globals.update(icon=icon, shell=shell, frame=lambda: frame(shell), visitor=visitor, may=may, stack_of=stack_of)
    app.jinja_env.filters.update(dollars=format_dollars, day=long_date, clock=clock, month_words=month_words, minutes=minutes)
    app.jinja_env.filters["thousands"] = thousands
    app.jinja_env.globals["counted"] = counted
    app.jinja_env.globals["url_for"] = address
    app.extensions[ADDRESSES] = remembered_addresses(app)
    install_shortcuts(app)


@cache
def icon(name: str) -> Markup:
    """Return the picture of this name; words beside it say what it means."""
    return Markup('<svg class="i" viewBox="0 0 16 16" aria-hidden="true"><path d="{}"/></svg>').format(PATHS[name])


def may(permission: str) -> bool:
    """Tell whether the visitor holds a permission; a line that needs none is for everybody signed in."""
    who = visitor()
    return who is not None and (not permission or permission in who.permissions)


class Frame(NamedTuple):
    """What of the frame hangs on the visitor's lines: the files of its head, the side with the rail, the list of keys, and the beginnings of the forms
    that sign out and search with what comes after the latter's token."""

    files: Markup
    side: Markup
    keys: Markup
    leave: Markup
    search: Markup
    after_search: Markup


def frame(shell: Shell) -> Frame:
    """Return the visitor's frame, asked for once a page."""
    if "frame" not in g:
        g.frame = frame_now(shell)
    return cast("Frame", g.frame)


def frame_now(shell: Shell) -> Frame:
    """Ask what waits behind the lines of the rail, and return the frame around them."""
    who = visitor()
    if who is None:
        return frame_of(shell, frozenset(), here="", counts=(0,) * len(open_entries(shell, frozenset())), vendor_name="", kind="")
    entries, here = open_entries(shell, who.permissions), shown_at(shell, request.endpoint or "")
    one_practice = shell.practice if len(who.clients or ()) == 1 else ""
    practice, waits = waiting_at(entries, one_practice, vendor_id=who.vendor_id, permissions=who.permissions)
    kind = "Operator console" if who.operates else "Vendor" if who.clients is None else who.vendor_name if practice else "Provider clients"
    counts = tuple(waits.get(entry.endpoint, 0) for entry in entries)
    at = here.endpoint if here else ""
    return frame_of(shell, who.permissions, here=at, counts=counts, vendor_name=practice or who.vendor_name, kind=kind)


@made_once
def frame_of(shell: Shell, permissions: frozenset[str], *, here: str, counts: Sequence[int], vendor_name: str, kind: str) -> Frame:
    """Return the frame of a page: the sections of the rail with the lines open to these permissions, those without any left out."""
    lines = [
        (entry.section, {"entry": entry, "url": address(entry.endpoint), "here": entry.endpoint == here, "count": count})
        for entry, count in zip(open_entries(shell, permissions), counts, strict=True)
    ]
    sections = [(name, found) for name in SECTIONS if (found := [line for of, line in lines if of == name])]
    made = part(
        "web/frame.html",
        sections=sections,
        switch=shell.switch,
        vendor_name=vendor_name,
        kind=kind,
        way_out=shell.leave,
        searched=shell.search if shell.search and {shell.search.permission} <= permissions | {""} else None,
        guide=shell.help,
        demo=shell.demo,
    )
    return Frame(made.files(), made.side(), made.keys(), made.leave().strip(), made.search().strip(), made.after_search())


@lru_cache(maxsize=256)
def open_entries(shell: Shell, permissions: frozenset[str]) -> tuple[Entry, ...]:
    """Return the lines of the rail that are open to who holds these permissions."""
    return tuple(entry for entry in shell.entries if not entry.permission or entry.permission in permissions)


def waiting_at(
    entries: tuple[Entry, ...], practice: str, *, vendor_id: UUID, permissions: frozenset[str]
) -> tuple[str | None, dict[str, int]]:
    """Return the practice's name (None without a query for it) and how much is left to look at behind each line of the rail that counts, by its
    endpoint; one statement for all of them."""
    counting = [entry for entry in entries if entry.waiting and (not entry.waits_for or entry.waits_for & permissions)]
    if not (counting or practice) or not has_connection():
        return None, {}
    queries = (practice or "SELECT NULL::text", *(entry.waiting for entry in counting))
    ((name, *counts),) = read_rows(connection(), all_counts(queries), {"vendor_id": vendor_id})
    return name, dict(zip((entry.endpoint for entry in counting), counts, strict=True))


@cache
def all_counts(queries: tuple[str, ...]) -> Statement:
    """Return one statement that answers several queries, a value each."""
    return Statement("SELECT " + ", ".join(f"({query}) AS count{place}" for place, query in enumerate(queries)))


@lru_cache(maxsize=1024)
def shown_at(shell: Shell, endpoint: str) -> Entry | None:
    """Return the line of the rail that a page belongs to: its own, else the first of its blueprint's, else one that names the blueprint too."""
    own = next((entry for entry in shell.entries if entry.endpoint == endpoint), None)
    blueprint = endpoint.partition(".")[0]
    same = (entry for entry in shell.entries if entry.endpoint.partition(".")[0] == blueprint)
    return own or next(same, None) or next((entry for entry in shell.entries if blueprint in entry.also), None)


def month_words(month: Month) -> str:
    """Return a month in words, as in October 2026."""
    return f"{month.first_day:%B %Y}"


def minutes(seconds: int) -> str:
    """Return the full minutes of seconds, as in 47; what is left over is not rounded up."""
    return f"{seconds // 60:,}"


def thousands(number: int) -> str:
    """Return a whole number as people read it, as in 1,134."""
    return f"{number:,}"


def address(endpoint: str, **values: Any) -> str:
    """Return what `url_for` does and remember it: a page of fifty rows asks for hundreds of addresses, mostly the same again.

    Those that hang on the page being shown or on its host are made each time.
    """
    if endpoint.startswith(".") or "_external" in values or "_scheme" in values:
        return url_for(endpoint, **values)
    made: Callable[..., str] = current_app.extensions[ADDRESSES]
    # the type too: 1 and true are equal and are written differently
    return made(request.script_root, endpoint, tuple((name, value, type(value)) for name, value in values.items()))


def remembered_addresses(app: Flask) -> Callable[..., str]:
    """Return what makes an address under a root, for an endpoint and its values, and keeps the newest of them."""

    @lru_cache(maxsize=MOST_ADDRESSES)
    def made(_root: str, endpoint: str, values: tuple[tuple[str, Any, type], ...]) -> str:
        return app.url_for(endpoint, **{name: value for name, value, _kind in values})

    return made


def stack_of(parts: Sequence[tuple[str, int]], *, label: str) -> Markup:
    """Return a bar of parts as SVG: each part is a colour class and a number of patients; `label` says the same in words."""
    total, bars, at = sum(number for _, number in parts), [], 0
    for colour, number in parts:
        if number:
            start, width = 1000 * at // total, 1000 * number // total
            bars.append(
                f'<rect class="f-{escape(colour)}" x="{start}" width="{max(width - (3 if at + number < total else 0), 3)}" height="12"/>'
            )
        at += number
    frame = '<svg class="bar" viewBox="0 0 1000 12" preserveAspectRatio="none" role="img" aria-label="'
    return Markup(f'{frame}{escape(label)}">{"".join(bars)}</svg>')  # noqa: S704 - numbers, and words that are escaped
