"""A month as a part of an address, as in /months/2026-10."""

from werkzeug.routing import BaseConverter, ValidationError

from caretally.months import Month, NotAMonth


class MonthInPath(BaseConverter):
    """Gives pages a `Month`; an address with anything else leads nowhere."""

    regex = r"[0-9]{4}-[0-9]{2}"

    def to_python(self, value: str) -> Month:
        """Return the month written in the address."""
        try:
            return Month.parse(value)
        except NotAMonth as error:
            raise ValidationError from error

    def to_url(self, value: Month) -> str:
        """Return the month as it stands in an address."""
        return str(value)
