"""What an address's query may say: anything else is as if it were not there, so that no address breaks a page."""

from flask import request

LONGEST_WORDS = 100
MOST_DIGITS = 18


def number_in_query(name: str, *, otherwise: int) -> int:
    """Return a whole number of at most 18 digits, from 1 up, else `otherwise`."""
    given = request.args.get(name, "")
    whole = given.isascii() and given.isdigit() and len(given) <= MOST_DIGITS and int(given) >= 1
    return int(given) if whole else otherwise


def printable(given: str) -> str:
    """Return what was typed without what cannot be printed (the database takes no NUL), cut at 100 letters."""
    return "".join(letter for letter in given if letter.isprintable())[:LONGEST_WORDS]
