"""A practice's own sample of billed patient-months: drawn by a seed that is kept, judged one by one. Nothing is ever changed, only added."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.errors import Conflict, NothingToDo, UsageMistake
from caretally.evaluation.claim_words import claim_text
from caretally.files.cells import Cell, dollars, minutes
from caretally.files.xlsx_file import Column
from caretally.months import Month
from caretally.practice.statements import statement

MOST_DRAWN = 200
POPULATION = text(
    "SELECT count(p.id)::int FROM client_month m LEFT JOIN patient_month p ON p.vendor_id = m.vendor_id AND p.client_id = m.client_id "
    "AND p.client_month_id = m.id AND p.outcome = 'billable' WHERE m.vendor_id = :vendor_id AND m.client_id = :client_id AND m.month = :month "
    "AND m.status = 'closed' GROUP BY m.id"
)
JUDGE = text(
    "INSERT INTO practice_verdict (vendor_id, client_id, item_id, seq, verdict, reason, given_name) SELECT i.vendor_id, i.client_id, i.id, :seq, :verdict, "
    ":reason, :name FROM practice_sample_item i WHERE i.vendor_id = :vendor_id AND i.id = :item_id ON CONFLICT DO NOTHING RETURNING id"
)
NEWEST = text(
    "SELECT i.sample_id, v.seq, v.verdict, v.reason FROM practice_sample_item i LEFT JOIN practice_verdict v ON v.vendor_id = i.vendor_id "
    "AND v.client_id = i.client_id AND v.item_id = i.id WHERE i.vendor_id = :vendor_id AND i.id = :item_id ORDER BY v.seq DESC NULLS LAST LIMIT 1"
)
COLUMNS = (
    Column(header="drawn", kind="count", width=7),
    Column(header="mrn", width=14),
    Column(header="patient", width=28),
    Column(header="provider", width=24),
    Column(header="codes", width=20),
    Column(header="counted_minutes", kind="minutes", width=10),
    Column(header="amount", kind="money", width=12),
    Column(header="verdict", width=10),
    Column(header="reason", kind="long_text", width=50),
    Column(header="given_by", width=22),
    Column(header="month", width=9),
    Column(header="seed", width=20),
)


class NoSuchSample(NothingToDo):
    """No sample or drawn patient-month that the practice may see has this id."""

    code = "no_such_sample"


class NothingToDraw(UsageMistake):
    """The month is not closed for the practice, or fewer were billed than shall be drawn."""

    code = "nothing_to_draw"


class ReasonMissing(UsageMistake):
    """Something is found not right without a word why."""

    code = "reason_missing"


class JudgedMeanwhile(Conflict):
    """Somebody gave a verdict after the page was opened; it is on the page now."""

    code = "judged_meanwhile"


@dataclass(frozen=True, kw_only=True, slots=True)
class Draw:
    """What shall be drawn: `id` is made with the form, so that a form sent twice is one sample."""

    id: UUID
    client_id: UUID
    month: Month
    size: int
    seed: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """A sample and how far it is judged."""

    id: UUID
    month: Month
    client: str
    seed: str
    size: int
    population: int
    drawn_name: str
    drawn_at: datetime
    ok: int
    not_ok: int

    @property
    def to_judge(self) -> int:
        """How many have no verdict yet."""
        return self.size - self.ok - self.not_ok


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One drawn patient-month with its newest verdict; `seq` is that verdict's number, 0 when there is none."""

    id: UUID
    ordinal: int
    patient_id: UUID
    patient_name: str
    mrn: str
    provider_name: str
    codes: list[str]
    units: list[int]
    counted_seconds: int
    amount_cents: int
    seq: int
    verdict: Literal["ok", "not_ok"] | None
    reason: str
    given_name: str | None

    @property
    def claim(self) -> str:
        """The codes with their units."""
        return claim_text(self.codes, self.units)


def draw(connection: Connection, wanted: Draw, *, vendor_id: UUID, name: str) -> None:
    """Draw and keep a sample. Raises `NothingToDraw` with how many there are."""
    key = {"vendor_id": vendor_id, "client_id": wanted.client_id, "month": wanted.month.first_day}
    billed = connection.scalar(POPULATION, key)
    if billed is None:
        raise NothingToDraw(f"{wanted.month} is not closed for this practice; choose a month that is.")
    if not 1 <= wanted.size <= min(billed, MOST_DRAWN):
        raise NothingToDraw(f"{billed:,} were billed in {wanted.month}; draw from 1 to {min(billed, MOST_DRAWN)} of them.")
    connection.execute(statement("draw"), key | {"id": wanted.id, "seed": wanted.seed, "size": wanted.size, "name": name})


def samples(connection: Connection, *, vendor_id: UUID, sample_id: UUID | None = None) -> tuple[Sample, ...]:
    """Return the practice's samples, the newest first."""
    rows = connection.execute(statement("samples"), {"vendor_id": vendor_id, "sample_id": sample_id}).mappings()
    return tuple(Sample(**dict(row) | {"month": Month.of(row["month"])}) for row in rows)


def sample(connection: Connection, sample_id: UUID, *, vendor_id: UUID) -> Sample:
    """Return one sample. Raises `NoSuchSample`."""
    found = samples(connection, vendor_id=vendor_id, sample_id=sample_id)
    if not found:
        raise NoSuchSample("There is no such sample; choose one from your list.")
    return found[0]


def items(connection: Connection, sample_id: UUID, *, vendor_id: UUID) -> tuple[Item, ...]:
    """Return what a sample drew, in the order it was drawn."""
    rows = connection.execute(statement("sample_items"), {"vendor_id": vendor_id, "sample_id": sample_id}).mappings()
    return tuple(Item(**{name: row[name] for name in Item.__dataclass_fields__}) for row in rows)


def sample_of_item(connection: Connection, item_id: UUID, *, vendor_id: UUID) -> UUID:
    """Return the sample that a drawn patient belongs to. Raises `NoSuchSample`."""
    newest = connection.execute(NEWEST, {"vendor_id": vendor_id, "item_id": item_id}).one_or_none()
    if newest is None:
        raise no_such_item()
    found: UUID = newest.sample_id
    return found


def no_such_item() -> NoSuchSample:
    """Return the one sentence for every drawn patient that is not there for the reader."""
    return NoSuchSample("There is no such drawn patient; choose one from your sample.")


def judge(connection: Connection, item_id: UUID, verdict: str, reason: str, *, seen: int, vendor_id: UUID, name: str) -> UUID:
    """Add a verdict and return the sample's id; the same verdict again adds nothing.

    Raises `NoSuchSample`, `ReasonMissing` for something not right without a word, `JudgedMeanwhile` when another verdict was given.
    """
    newest = connection.execute(NEWEST, {"vendor_id": vendor_id, "item_id": item_id}).one_or_none()
    if newest is None:
        raise no_such_item()
    if verdict == "not_ok" and not reason:
        raise ReasonMissing("Write what is not right.")
    sample_id: UUID = newest.sample_id
    if (newest.verdict, newest.reason) == (verdict, reason):
        return sample_id
    values = {"vendor_id": vendor_id, "item_id": item_id, "seq": seen + 1, "verdict": verdict, "reason": reason, "name": name}
    if (newest.seq or 0) != seen or connection.scalar(JUDGE, values) is None:
        raise JudgedMeanwhile("Somebody judged this one meanwhile; look at what they found and send yours again if it differs.")
    return sample_id


def item_rows(of: Sample, drawn: tuple[Item, ...]) -> list[tuple[Cell, ...]]:
    """Return the cells of a sample, as its files show them."""
    words = {"ok": "ok", "not_ok": "not ok", None: ""}
    return [
        (
            item.ordinal,
            item.mrn,
            item.patient_name,
            item.provider_name,
            item.claim,
            minutes(item.counted_seconds),
            dollars(item.amount_cents),
            words[item.verdict],
            item.reason,
            item.given_name or "",
            str(of.month),
            of.seed,
        )
        for item in drawn
    ]
