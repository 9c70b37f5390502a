"""What a line of an invoice shows as pictures: how far its minutes came, and what proves it; a page has fifty of them."""

from functools import lru_cache

from markupsafe import Markup, escape

from caretally.files.printed_words import clock
from caretally.invoices.document import Evidence
from caretally.invoices.invoice_page import LineOnPage
from caretally.web.shell import icon

WIDTH, LEAST = 104, 2
PICTURES = {"consent": "page", "plan": "heart", "attestation": "pen"}


def meter(line: LineOnPage, longest: int | None) -> Markup:
    """Return the counted minutes of a line as a bar, beside the longest of the invoice in seconds, with the marks at which its codes were reached."""
    return meter_of(line.counted_seconds, line.thresholds_seconds, longest or 1)


@lru_cache(maxsize=4096)
def meter_of(seconds: int, reached_at: tuple[int, ...], longest: int) -> Markup:
    """Return a bar of seconds; many lines have the same."""
    places = [WIDTH * reached // longest for reached in reached_at]
    marks = "".join(f'<line class="line" x1="{at}" x2="{at}" y1="-3" y2="11"/>' for at in places)
    bar = f'<rect class="f-bill" width="{max(WIDTH * seconds // longest, LEAST)}" height="8" rx="4"/>'
    frame = f'<svg class="meter" viewBox="0 0 {WIDTH} 8" role="img" aria-label="{clock(seconds)} minutes counted">'
    return Markup(f'{frame}<rect class="bg" width="{WIDTH}" height="8" rx="4"/>{bar}{marks}</svg>')  # noqa: S704 - numbers


def proofs(evidence: Evidence) -> Markup:
    """Return what proves a line, a picture each, its words in the label."""
    return Markup("").join(proof(getattr(evidence, name), getattr(evidence, f"{name}_text"), picture) for name, picture in PICTURES.items())


@lru_cache(maxsize=4096)
def proof(state: str, words: str, picture: str) -> Markup:
    """Return the picture of one proof, nothing for one that nobody asks for."""
    if state == "not_required":
        return Markup()
    missing = ' class="w"' if state == "missing" else ""
    return Markup(f'<span{missing} role="img" aria-label="{escape(words)}">{icon(picture)}</span>')  # noqa: S704 - words that are escaped
