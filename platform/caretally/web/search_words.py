"""Words that somebody looks for may be a patient's name, so they never stand in an address: a form posts them, and the address holds them sealed.

The page stays one with an address: it can be loaded again, paged, sorted and sent on within the session that looked.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, Flask, redirect, request
from flask.typing import ResponseReturnValue

from caretally.config.sealed import SealBroken, seal, unseal
from caretally.web.access import open_to_all, sign_in_first
from caretally.web.edge import edge, visitor
from caretally.web.own_forms import FIELD
from caretally.web.own_pages import page_of_ours
from caretally.web.queries import printable

search_words = Blueprint("search_words", __name__)
MARK = "~"
WORDS = "q"
# What the address of a new search does not keep of the one before: it begins at its first page with nothing open.
DROPPED = frozenset({WORDS, "page", "open"})


def install_search_words(app: Flask) -> None:
    """Offer `address_words` to the templates."""
    app.jinja_env.globals["address_words"] = address_words


@search_words.post("/look-for")
@open_to_all("it reads nothing and sends the words back sealed to the page that asked, which declares its own permission")
def keep() -> ResponseReturnValue:
    """Send the browser back to the page of ours that `to` names, with the form's fields in its address, the words sealed."""
    if visitor() is None:
        return sign_in_first()
    wanted = urlsplit(page_of_ours(request.form.get("to", ""), otherwise="/"))
    sent = [(name, value) for name, value in request.form.items(multi=True) if name not in ("to", FIELD, WORDS) and value]
    named = DROPPED | {name for name, _ in sent}
    kept = [(name, value) for name, value in parse_qsl(wanted.query) if name not in named]
    words = printable(request.form.get(WORDS, "")).strip()
    query = urlencode([*kept, *sent, *([(WORDS, sealed_words(words))] if words else [])])
    return redirect(f"{wanted.path}{'?' if query else ''}{query}{'#' if wanted.fragment else ''}{wanted.fragment}", 303)


def address_words(words: str) -> str | None:
    """Return the words as an address of this page holds them, None for none."""
    given = request.args.get(WORDS, "")
    return given if given.startswith(MARK) and words else sealed_words(words) if words else None


def sealed_words(words: str) -> str:
    """Return words as an address holds them: sealed for this session, so that another one reads nothing in them."""
    return MARK + urlsafe_b64encode(seal(words.encode(), secret=edge().secret, owner=owner())).decode().rstrip("=")


def words_in_query(name: str) -> str:
    """Return the words to look for of an address, sealed or plain (as an invoice's number in a link), cut at 100 letters; foreign seals say nothing."""
    given = request.args.get(name, "")
    if not given.startswith(MARK):
        return printable(given)
    try:
        sealed = urlsafe_b64decode(given[1:] + "=" * (-len(given[1:]) % 4))
        return printable(unseal(sealed, secret=edge().secret, owner=owner()).decode())
    except (SealBroken, NotBase64, ValueError):
        return ""


def owner() -> str:
    """Return whose words they are."""
    who = visitor()
    return f"search:{who.session_key if who else ''}"
