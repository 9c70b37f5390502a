"""The colour that a vendor's documents are set in, and whether it can be seen on white paper."""

import re
from decimal import Decimal

COLOUR = re.compile("#[0-9a-f]{6}")
# WCAG 2.2, success criterion 1.4.11: what carries meaning without being text differs from its ground by 3 to 1.
LEAST_CONTRAST = Decimal(3)
# WCAG 2.2, relative luminance: the shares of red, green and blue, and the curve of sRGB.
SHARES = (Decimal("0.2126"), Decimal("0.7152"), Decimal("0.0722"))
FLARE = Decimal("0.05")


def contrast_with_white(colour: str) -> Decimal:
    """Return the contrast ratio of a colour such as `#0b6259` with white, from 1 (white) to 21 (black)."""
    parts = (Decimal(int(colour[place : place + 2], 16)) / 255 for place in (1, 3, 5))
    luminance = sum((share * _linear(part) for share, part in zip(SHARES, parts, strict=True)), Decimal(0))
    return (1 + FLARE) / (luminance + FLARE)


def _linear(part: Decimal) -> Decimal:
    if part <= Decimal("0.04045"):
        return part / Decimal("12.92")
    return ((part + Decimal("0.055")) / Decimal("1.055")) ** Decimal("2.4")
