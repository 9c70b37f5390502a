"""Patients for single rows of the exclusions: a line with one code beside a service with the other."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from tests.builders.code_lines import line_of
from tests.builders.facts import Facts


def of_pair(row: Mapping[str, Any], codes: Iterable[tuple[str, str]], *, month: date = date(2026, 3, 1)) -> Iterator[Facts]:
    """Yield each line that the pair can bar beside each service that bars it: in `month` or the last in force, and on its first and last day."""
    first, last = row["valid_from"], row["valid_to"]
    held = month if last is None or last >= month else last.replace(day=1)
    days = {held + timedelta(days=9), first, *([last] if last else [])}
    for one, other in {*codes, *((second, first_) for first_, second in codes)}:
        for day in sorted(days):
            served = {day, *([day - timedelta(days=day.day)] if "TCM" in row["window"] else [])}
            for on, provider in ((on, who) for on in served for who in ("A", "B")):
                made = line_of(one, day, services=[{"code": other, "on": f"{on}", "provider": provider}])
                if made is not None:
                    yield made


def spelled_out(row: Mapping[str, Any], families: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    """Return the pairs of codes that a row of the exclusions stands for."""
    return [(one, other) for one in families[row["code_a"]] for other in families[row["code_b"]]]
