"""What may stand in one cell of an exported table."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal

Cell = str | int | Decimal | date | None
LONGEST_TEXT = 32_767  # Excel's limit for one cell, in characters

# A spreadsheet skips what it cannot see before it decides that a cell is a formula; the wide forms count in East Asian locales.
_FORMULA = re.compile(
    r"^(?:[\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b]|[ \xa0]*[\t\r\n])"
)
_BREAKS = re.compile(r"\r\n|[\t\n\v\f\r\x85\u2028\u2029]")
_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_BROKEN = re.compile(r"[\ud800-\udfff]")


def plain_text(text: str) -> str:
    """Return `text` on one line, without control or direction-override characters, in composed form; a lone surrogate becomes U+FFFD."""
    visible = _HIDDEN.sub("", _BREAKS.sub(" ", text))
    return unicodedata.normalize("NFC", _BROKEN.sub("\ufffd", visible))


def safe_text(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula.

    Text that begins, also after spaces, with `= + - @`, tab or CR gets a leading apostrophe; more than 32,767 characters
    end in an ellipsis. Source: OWASP, "CSV Injection".
    """
    guarded = ("'" if _FORMULA.match(text) else "") + plain_text(text)
    return guarded if len(guarded) <= LONGEST_TEXT else guarded[: LONGEST_TEXT - 1] + "…"


def dollars(cents: int) -> Decimal:
    """Return cents as exact dollars with two places: 862200 is Decimal("8622.00")."""
    return Decimal(cents).scaleb(-2)


def minutes(seconds: int) -> Decimal:
    """Return seconds as minutes, cut (not rounded) to two places: 1199 is Decimal("19.98"), never 20."""
    return Decimal(seconds * 100 // 60).scaleb(-2)
