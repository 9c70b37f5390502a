"""The pages of help."""

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from caretally.guide.topics import FIRST, help_folder, read_topics
from caretally.web.access import open_to_all

pages = Blueprint("guide", __name__, template_folder="templates", url_prefix="/help")
TOPICS = read_topics(help_folder())


@pages.get("")
@open_to_all("how to use the pages, the same for everybody")
def first() -> ResponseReturnValue:
    """Show where to begin."""
    return shown(FIRST)


@pages.get("/<name>")
@open_to_all("how to use the pages, the same for everybody")
def topic(name: str) -> ResponseReturnValue:
    """Show one text."""
    return shown(name)


def shown(name: str) -> str:
    """Return the page of a text, 404 for a name that none has."""
    found = TOPICS.get(name)
    if found is None:
        abort(404)
    return render_template("guide/topic.html", topic=found, topics=TOPICS.values(), first=FIRST)
