"""Cells that show a clock in a spreadsheet: which of them are surely a duration, and what the others say.

A spreadsheet makes the time of day 20:00 of the text 20:00, which means 20 minutes in our files. Whatever it shows as hours and minutes
alone may be such minutes and seconds, and so may every time of an hour or more. Decision 0006.
"""

import re
import zipfile
from datetime import datetime, time, timedelta

from caretally.imports.refusals import DamagedWorkbook
from caretally.imports.workbook_parts import CELL, PLACED, QUOTE, Archive, blocks_of, column_number, elements_of, related_part

LONGEST_CELL_XML = 1 << 13
HOUR = timedelta(hours=1)
# Excel keeps moments as fractions of a day: 09:30 can come as 09:29:59.999999.
HALF_A_MILLISECOND = timedelta(microseconds=500)
# The day that a spreadsheet gives to a time without one; 24:00 is the first day after it.
NO_DAY = datetime(1899, 12, 31)  # noqa: DTZ001 - a spreadsheet knows no zones
BUILT_IN = {18: "h:mm am/pm", 19: "h:mm:ss am/pm", 20: "h:mm", 21: "h:mm:ss", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0"}
# What a format says about itself rather than about the value: texts, colours, languages, conditions.
ASIDE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]')
HALF_DAY = re.compile(r"am/pm|a/p")
CELL_OF_STYLE = rf"{CELL}(?=[^>]*\bs={QUOTE}(?:%s){QUOTE})"

Place = tuple[int, int]


def vague_clocks(archive: Archive, part: zipfile.ZipInfo, *, name: str) -> set[Place]:
    """Return the cells of a sheet, as (row from 1, column from 0), whose format shows a time without its seconds or as a half of the day.

    Raises `DamagedWorkbook` when such a cell does not say where it stands.
    """
    styles = _vague_styles(archive, name=name)
    found: set[Place] = set()
    if not styles:
        return found
    of_style = CELL_OF_STYLE % "|".join(styles)
    cell, unplaced, carried = re.compile(f"{of_style}{PLACED}".encode()), re.compile(rf"{of_style}(?![^>]*\br=)".encode()), b""
    for block in blocks_of(archive, part, name=name):
        xml = carried + block
        if unplaced.search(xml):
            raise DamagedWorkbook(name=name)
        found.update((int(match[2]), column_number(match[1])) for match in cell.finditer(xml))
        carried = xml[-LONGEST_CELL_XML:]
    return found


def _vague_styles(archive: Archive, *, name: str) -> list[str]:
    styles = elements_of(archive, related_part(archive, "styles", name=name), name=name)
    codes = BUILT_IN | {_number(e.get("numFmtId")): e.get("formatCode", "") for e in styles if e.tag.endswith("}numFmt")}
    formats = next((group for group in styles if group.tag.endswith("}cellXfs")), ())
    return [str(place) for place, style in enumerate(formats) if _is_vague(codes.get(_number(style.get("numFmtId")), ""))]


def _number(digits: str | None) -> int:
    return int(digits) if digits and digits.isdecimal() else 0


def _is_vague(code: str) -> bool:
    shown = ASIDE.sub("", code.lower()).partition(";")[0]
    if HALF_DAY.search(shown):
        return True
    return bool(set("hm") & set(shown)) and not set("syd") & set(shown)


def clock_text(clock: time | timedelta, *, vague: bool) -> str:
    """Return a clock as text: 00:20:00 where that is surely how long it is, else the time of day that a spreadsheet takes it for."""
    length = clock if isinstance(clock, timedelta) else _since_midnight(clock)
    seconds = (length + HALF_A_MILLISECOND) // timedelta(seconds=1)
    if not vague and seconds >= 0 and length < HOUR:
        return f"00:{seconds // 60:02}:{seconds % 60:02}"
    moment = NO_DAY + timedelta(seconds=seconds)
    return f"{moment:%I:%M:%S %p}".lstrip("0") if moment.date() == NO_DAY.date() else moment.isoformat()


def _since_midnight(clock: time) -> timedelta:
    return timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second, microseconds=clock.microsecond)
