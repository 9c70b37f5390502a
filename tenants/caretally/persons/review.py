"""The pairs of records that may be one person, as somebody of the vendor reviews them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from caretally.persons.statements import statement

OPEN = ("proposed",)
ALL = ("proposed", "same", "different")
# A pair is called by the beginning of its id: eight letters, as few vendors have so many pairs that two begin alike.
SHOWN = 8
WORDS = {
    "birth_date_same": "same birth date",
    "birth_date_day_and_month_swapped": "day and month of birth swapped",
    "birth_date_one_day_apart": "birth dates one day apart",
    "birth_date_one_digit": "birth dates differ in one digit",
    "birth_date_digits_swapped": "two digits of the birth date swapped",
    "birth_date_different": "other birth date",
    "family_name_same": "same family name",
    "family_name_similar": "family names differ in a letter or two",
    "family_name_one_of_two": "one of two family names is the same",
    "family_name_different": "other family name",
    "given_name_same": "same given name",
    "given_name_similar": "given names differ in a letter or two",
    "given_name_first_word": "same first given name",
    "given_name_short_form": "one given name is short for the other",
    "given_name_initial": "one given name is an initial of the other",
    "given_name_different": "other given name",
    "names_swapped": "family and given name swapped",
    "could_be_twins": "could be twins",
    "generations_differ": "different generations (Sr, Jr, III)",
    "mbi_same": "same Medicare number",
    "mbi_one_character": "Medicare numbers differ in one character",
    "mbi_different": "other Medicare number",
}
FOUND_BY = {
    "mbi": "same Medicare number and birth date",
    "name": "same name and birth date",
    "mbi_conflict": "one Medicare number, two birth dates",
    "name_conflict": "one name and birth date, two Medicare numbers",
    "near": "nearly the same",
}


@dataclass(frozen=True)
class ReviewedRecord:
    """One of the two records; of the Medicare number only the last four characters."""

    client: str
    mrn: str
    family_name: str
    given_name: str
    birth_date: date
    mbi_end: str | None


@dataclass(frozen=True)
class ReviewedPair:
    """A pair: what it is called, where it stands, how likely it is one person (percent), why, and who decided it (None: identifiers alone)."""

    pair: str
    id: UUID
    status: str
    score: int
    found_by: str
    reasons: tuple[str, ...]
    records: tuple[ReviewedRecord, ReviewedRecord]
    patients: tuple[UUID, UUID]
    clients: tuple[UUID, UUID]
    found_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str

    @property
    def why(self) -> str:
        """Return how it was found and what speaks for and against it, in words."""
        return "; ".join((FOUND_BY[self.found_by], *(WORDS[reason] for reason in self.reasons)))


def reviewed_pairs(connection: Connection, *, statuses: Sequence[str] = OPEN, word: str = "") -> list[ReviewedPair]:
    """Return the pairs of the current vendor in these states, open ones and the likeliest first; `word` begins their ids."""
    rows = connection.execute(statement("pairs"), {"statuses": list(statuses), "word": word}).all()
    return [_pair(row) for row in rows]


def _pair(row: Row[Any]) -> ReviewedPair:
    one = ReviewedRecord(row.client, row.mrn, row.family_name, row.given_name, row.birth_date, row.mbi_end)
    other = ReviewedRecord(
        row.other_client, row.other_mrn, row.other_family_name, row.other_given_name, row.other_birth_date, row.other_mbi_end
    )
    # Ids of one moment have no order on older servers, so the record of the earlier client is named first.
    turned = (other.client, other.mrn) < (one.client, one.mrn)
    return ReviewedPair(
        pair=str(row.id)[:SHOWN],
        id=row.id,
        status=row.status,
        score=row.score,
        found_by=row.found_by,
        reasons=tuple(row.reasons),
        records=(other, one) if turned else (one, other),
        patients=(row.first_patient_id, row.second_patient_id),
        clients=(row.first_client_id, row.second_client_id),
        found_at=row.found_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        reason=row.reason,
    )
