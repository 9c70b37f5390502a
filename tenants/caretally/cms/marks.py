"""How many seconds of a month reach which code."""

from dataclasses import dataclass
from datetime import date

from caretally.cms.rule_tables import RuleTables


@dataclass(frozen=True)
class Mark:
    """The counted seconds at which a code is reached, or one more unit of it."""

    seconds: int
    code: str


def marks_of(tables: RuleTables, program: str, day: date) -> list[Mark]:
    """Return the seconds at which the staff's path of a program reaches its base code and each further unit, from the tables in force on a day."""
    ladder = next((one for one in tables.ladders if (one.program, one.path) == (program, "staff")), None)
    base = None if ladder is None else tables.codes[ladder.base_code]
    if ladder is None or base is None or base.first_threshold_seconds is None or not base.valid_on(day):
        return []
    addon = tables.codes[ladder.addon_code] if ladder.addon_code else None
    marks = [Mark(base.first_threshold_seconds, base.code)]
    if addon is not None and addon.increment_seconds and addon.valid_on(day):
        steps = range(1, addon.max_units_month + 1)
        marks += [Mark(base.first_threshold_seconds + addon.increment_seconds * step, addon.code) for step in steps]
    return marks
