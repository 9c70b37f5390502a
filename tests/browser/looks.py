"""How a page must look: axe finds nothing in either colour scheme, on a desk and on a phone, and nothing lies beside the screen."""

import os
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    "selectors": False,
}
LOOKS = ((1440, False), (1440, True), (390, False), (390, True))


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """Return what axe finds on a page as it stands: a rule and the beginnings of the elements that break it."""
    found: list[dict[str, Any]] = Axe().run(page, options=RULES).response["violations"]
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]


def assert_every_look(page: Page, name: str, *, looks: tuple[tuple[int, bool], ...] = LOOKS) -> None:
    """Assert for each look, a width in pixels and whether it is dark, that axe finds nothing and that the page is no wider than the screen."""
    faults: list[Any] = []
    for width, dark in looks:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if dark else "light")
        picture(page, f"{name}-{width}{'-dark' if dark else ''}")
        wide = page.evaluate("document.documentElement.scrollWidth")
        faults += [(width, dark, *one) for one in violations(page)]
        faults += [(width, dark, f"{wide} pixels wide")] if wide > width else []
    assert faults == [], name


def picture(page: Page, name: str) -> None:
    """Keep a picture when CARETALLY_TEST_PICTURES names a folder, for people to look at."""
    folder = os.environ.get("CARETALLY_TEST_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name.replace(' ', '-')}.png", full_page=True)
