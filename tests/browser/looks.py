"""How a page must look: axe finds nothing in either colour scheme, on a desk and on a phone, and nothing lies beside the screen."""

import os
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

ALL_RULES: dict[str, Any] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    "selectors": False,
}
# A colour scheme changes colours alone (the style sheet's dark part sets nothing else), so that in the dark the contrast is asked for.
COLOURS = ALL_RULES | {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# A folder that the repository ignores, unless another is named.
PICTURES = Path(os.environ.get("CARETALLY_TEST_PICTURES") or Path(__file__).parents[2] / "var" / "pictures")
LOOKS = ((1440, False), (1440, True), (390, False), (390, True))


def violations(page: Page, rules: dict[str, Any] = ALL_RULES) -> list[tuple[str, list[str]]]:
    """Return what axe finds on a page as it stands: a rule and the beginnings of the elements that break it."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(Axe().axe_script)
    found: list[dict[str, Any]] = page.evaluate("async rules => (await axe.run(document, rules)).violations", rules)
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]


def assert_every_look(page: Page, name: str) -> None:
    """Assert at each width in pixels, light and dark, that axe finds nothing and that the page is no wider than the screen."""
    faults: list[Any] = []
    for width, dark in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
        picture(page, f"{name}-{width}{'-dark' if dark else ''}")
        wide = page.evaluate("document.documentElement.scrollWidth")
        faults += [(width, dark, *one) for one in violations(page, COLOURS if dark else ALL_RULES)]
        faults += [(width, dark, f"{wide} pixels wide")] if wide > width else []
    assert faults == [], f"{name}: {faults}"


def picture(page: Page, name: str) -> None:
    """Keep a picture for people to look at, in place of the one that an earlier run kept."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name.replace(' ', '-').replace('/', '-')}.png", full_page=True)
