"""The web process of the bench of pages: the product's own application, and beside it a page that says hello."""

from flask import Flask

from caretally.app.web_process import application as product
from caretally.web.access import open_to_all


def application() -> Flask:
    """Return the product's application with `/hello`, which opens no transaction and asks who nobody is."""
    app = product()
    app.add_url_rule("/hello", "hello", open_to_all("a bench's page")(lambda: "hello"))
    return app
