"""Money as whole cents (int, US dollars); no float ever touches it."""

import re

from caretally.errors import UsageMistake

WRITTEN = re.compile(r"(-?)\$?([0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,13})(?:\.([0-9]{1,2}))?")


class NotAnAmount(UsageMistake):
    """The text is no amount in dollars and cents."""

    code = "not_an_amount"


def format_dollars(cents: int) -> str:
    """Return cents as people read them: `123450` is `$1,234.50`, `-5` is `-$0.05`."""
    dollars, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}${dollars:,}.{rest:02d}"


def parse_cents(text: str) -> int:
    """Return the cents of an amount written as `38`, `38.5`, `38.00`, `1,234.50` or `-$5.00`.

    Raises `NotAnAmount` for anything else: a third decimal is refused, not rounded.
    """
    written = WRITTEN.fullmatch(text.strip())
    if written is None:
        raise NotAnAmount(f"{text[:40]!r} is not an amount in dollars; write it as 38.00.")
    sign, dollars, fraction = written.groups()
    cents = int(dollars.replace(",", "")) * 100 + int((fraction or "0").ljust(2, "0"))
    return -cents if sign else cents
