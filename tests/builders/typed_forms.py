"""Forms of records as a browser would send them."""

import re
from html import unescape

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


def form_of(browser: FlaskClient, path: str) -> dict[str, str]:
    """Return what the form on a page holds, as a browser would send it; of boxes to tick the last one that is ticked."""
    return typed_in(browser.get(path))


def typed_in(answer: TestResponse) -> dict[str, str]:
    """Return what the form of an answer holds, as a browser would send it."""
    page = answer.text.split("<main", 1)[1]
    fields = {name: value for tag, name, value in re.findall(r'(<input[^>]* name="(\w+)"[^>]*? value="([^"]*)"[^>]*>)', page) if sent(tag)}
    fields |= {name: text.strip("\n") for name, text in re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>([^<]*)</textarea>', page)}
    for name, options in re.findall(r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        fields[name] = chosen[1] if chosen else ""
    return {name: unescape(text) for name, text in fields.items() if name != "form_token"}


def sent(tag: str) -> bool:
    """Tell whether a browser sends an input: a box only when it is ticked."""
    return 'type="checkbox"' not in tag or " checked" in tag


def looked_at(page: TestResponse) -> str:
    """Return what a page that asks to look first wants back."""
    found = re.search(r'name="looked" value="([0-9a-f]{64})"', page.text)
    assert found is not None
    return found[1]
