"""What an address's query may say: anything else is as if it were not there, so that no address breaks a page."""

from uuid import UUID

from flask import request

LONGEST_WORDS = 100
MOST_DIGITS = 18
MOST_PAGES = 100_000


def number_in_query(name: str, *, otherwise: int) -> int:
    """Return a whole number of at most 18 digits, from 1 up, else `otherwise`."""
    given = request.args.get(name, "")
    whole = given.isascii() and given.isdigit() and len(given) <= MOST_DIGITS and int(given) >= 1
    return int(given) if whole else otherwise


def id_in_query(name: str) -> UUID | None:
    """Return an id, None for what is none."""
    try:
        return UUID(request.args.get(name, ""))
    except ValueError:
        return None


def page_in_query() -> int:
    """Return the page that is asked for, from 1 up; a number beyond every list is the first page."""
    page = number_in_query("page", otherwise=1)
    return page if page <= MOST_PAGES else 1


def printable(given: str) -> str:
    """Return what was typed without what cannot be printed (the database takes no NUL), cut at 100 letters."""
    return "".join(letter for letter in given if letter.isprintable())[:LONGEST_WORDS]
