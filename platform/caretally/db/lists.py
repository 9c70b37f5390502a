"""Long lists a page at a time: the rows of a page, how many pages there are, and words looked for as the pattern of a statement."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from caretally.errors import UsageMistake

PAGE_SIZE = 50
Row = TypeVar("Row")


class TooManyForOneFile(UsageMistake):
    """A file would have to leave out rows that were asked for."""

    code = "too_many_for_one_file"


def refuse_more_than(most: int, found: int, *, what: str) -> None:
    """Refuse a file that could not hold all that was found; `what` are the rows in words. Raises `TooManyForOneFile`."""
    if found > most:
        raise TooManyForOneFile(
            f"{found:,} {what} are found and a file holds at most {most:,}, so none was made; narrow the list, by client for example, and take it again."
        )


def page_count(found: int) -> int:
    """Return the number of pages that so many rows fill, at least 1."""
    return max(-(-found // PAGE_SIZE), 1)


def literal_pattern(words: str) -> str:
    """Return a pattern for LIKE and ILIKE that looks for the words as they are: no sign in them means anything."""
    literal = words.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{literal}%"


@dataclass(frozen=True, kw_only=True, slots=True)
class PageOf(Generic[Row]):
    """A page of rows and how many there are in all; pages count from 1."""

    rows: tuple[Row, ...]
    found: int
    page: int

    @property
    def pages(self) -> int:
        """The number of pages, at least 1."""
        return page_count(self.found)


@dataclass(frozen=True, kw_only=True, slots=True)
class PricedPage(PageOf[Row]):
    """A page of rows that cost something; `found_cents` is what all that were found come to."""

    found_cents: int
