"""The part that a preview and a close share: decisions, priced lines and every check, before anything is written."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from caretally.agreements.in_force import Agreement, agreement_in_force
from caretally.close.known_to_planner import make_sources_known
from caretally.close.look_back import LookBack, look_back
from caretally.close.results import ClientParked, ConservationBreach
from caretally.close.statements import statement
from caretally.evaluation.evaluate import evaluate, has_lines
from caretally.evaluation.parameters import ClientMonth, MonthRead, Terms
from caretally.money import format_dollars
from caretally.months import Month
from caretally.waivers.in_force import Waiver

JUMP_FACTOR = 3
JUMP_MONTHS = 3
LINE_TOTALS = text("SELECT count(*)::int AS lines, coalesce(sum(amount_cents), 0)::bigint AS cents FROM close_line")


@dataclass(frozen=True)
class Client:
    """What a close needs to know of a client."""

    vendor_id: UUID
    id: UUID
    code: str
    name: str
    timezone: str
    po_number: str
    terms_days: int


@dataclass(frozen=True)
class Prepared:
    """Decisions and lines stand in the temporary tables; these are their figures and the parameters that the writes need."""

    agreement: Agreement
    rule_set: str
    values: dict[str, Any]
    figures: RowMapping
    lines: int
    total_cents: int
    excluded_seconds: dict[str, int]
    exceptions: dict[str, int]
    look_back: LookBack
    waivers: tuple[Waiver, ...]


def prepare(
    connection: Connection, client: Client, subject: ClientMonth, *, acknowledge_jump: bool = False, only: Collection[UUID] | None = None
) -> Prepared:
    """Evaluate, price and check one client's month in the caller's transaction, and look back at closed ones; nothing that stays is written.

    `only` leaves out all other patients, for a question about some; the totals are then theirs, and prices by volume mean nothing.
    Raises `ClientParked` (no agreement, no price, a missing PO number, a jump of the total nobody acknowledged) and
    `ConservationBreach`.
    """
    agreement = _agreement(connection, client, subject)
    make_sources_known(connection, client.id)
    came_since = look_back(connection, subject)
    terms = Terms.of(agreement.as_json())
    read = evaluate(connection, subject, terms, only=only)
    values = values_of(read, agreement)
    _price(connection, client, values)
    figures = connection.execute(statement("summarise")).mappings().one()
    totals = connection.execute(LINE_TOTALS).one()
    refuse_breaches(client, connection.scalars(statement("conservation")).all())
    _check_jump(connection, client, values, total_cents=totals.cents, acknowledged=acknowledge_jump)
    return Prepared(
        agreement,
        read.row["rule_set"],
        values | {"rule_set": read.row["rule_set"]},
        figures,
        totals.lines,
        totals.cents,
        dict(connection.execute(statement("excluded_now")).all()),
        dict(connection.execute(statement("exceptions_now")).all()) | came_since.exceptions,
        came_since,
        read.waivers(terms),
    )


def _agreement(connection: Connection, client: Client, subject: ClientMonth) -> Agreement:
    agreement = agreement_in_force(connection, vendor_id=client.vendor_id, client_id=client.id, month=subject.month)
    return usable_agreement(client, agreement, subject.month)


def usable_agreement(client: Client, agreement: Agreement | None, month: Month) -> Agreement:
    """Return the agreement of a client's month. Raises `ClientParked` when there is none or it asks for a number that is not on record."""
    if agreement is None:
        raise ClientParked("NO_PRICE_AGREEMENT", f"{client.code} has no agreement for {month}; import one whose dates cover the month.")
    if agreement.po_required and not client.po_number:
        raise ClientParked(
            "STATEMENT_DETAILS_MISSING",
            f"{client.code}'s agreement asks for a purchase order number and none is on record; import it with the client.",
        )
    return agreement


def values_of(read: MonthRead, agreement: Agreement) -> dict[str, Any]:
    """Return the parameters of the statements that price a month."""
    subject = read.subject
    return {
        "vendor_id": subject.vendor_id,
        "client_id": subject.client_id,
        "month_first": subject.month.first_day,
        "month_last": subject.month.last_day,
        "starts_at": read.row["starts_at"],
        "ends_at": read.row["ends_at"],
        "agreement_id": agreement.id,
        "basis": agreement.basis,
        "percent": agreement.percent,
        "whole_volume": agreement.tier_mode == "whole_volume",
        "minimum_cents": agreement.minimum_cents,
        "qhp_time": agreement.qhp_time,
    }


def _price(connection: Connection, client: Client, values: dict[str, Any]) -> None:
    connection.exec_driver_sql((Path(__file__).parent / "tables.sql").read_text(encoding="utf-8"))
    for step in ("rates", "expect", "expect_lines") if has_lines(connection) else ("rates", "expect"):
        connection.execute(statement(step), values)
    connection.exec_driver_sql("ANALYZE pg_temp.close_expected; ANALYZE pg_temp.close_expected_of_lines")
    if values["basis"] == "percentage":
        refuse_unexpected(client, connection.scalars(statement("unexpected")).all())
        steps: tuple[str, ...] = ("price_share", "minimum_line", "amounts")
    else:
        refuse_unpriced(client, connection.scalars(statement("unpriced"), values).all())
        steps = ("price_lines", "minimum_line", "amounts")
    for step in steps:
        connection.execute(statement(step), values)
    connection.execute(statement("held_share" if values["basis"] == "percentage" else "held"), values)
    connection.exec_driver_sql("ANALYZE pg_temp.close_line; ANALYZE pg_temp.close_amount; ANALYZE pg_temp.close_held")


def refuse_unpriced(client: Client, codes: Sequence[str]) -> None:
    """Raise `ClientParked` when something would be billed that the agreement has no price for; an empty code stands for a patient-month."""
    if codes:
        unpriced = ", ".join(code or "a patient-month" for code in codes)
        raise ClientParked("NO_PRICE_AGREEMENT", f"{client.code}'s agreement has no price for {unpriced}; add it to the agreement.")


def refuse_unexpected(client: Client, missing: Sequence[str]) -> None:
    """Raise `ClientParked` when a percentage is agreed of an amount that is not known."""
    if missing:
        raise ClientParked(
            "NO_PRICE_AGREEMENT",
            f"{client.code} pays a percentage of the expected Medicare amount, which is not known: {'; '.join(missing)}; "
            "load the fee schedule with caretally rules load, or agree on a price.",
        )


def refuse_breaches(client: Client, breaches: Sequence[str]) -> None:
    """Raise `ConservationBreach` when a second or a cent would be lost or counted twice."""
    if breaches:
        raise ConservationBreach(f"{client.code} was not closed: " + "; ".join(breaches) + ".")


def _check_jump(connection: Connection, client: Client, values: dict[str, Any], *, total_cents: int, acknowledged: bool) -> None:
    earlier = sorted(connection.scalars(statement("earlier_totals"), values | {"months": JUMP_MONTHS}))
    if acknowledged or len(earlier) < JUMP_MONTHS or total_cents <= JUMP_FACTOR * earlier[len(earlier) // 2]:
        return
    median = earlier[len(earlier) // 2]
    raise ClientParked(
        "INVOICE_JUMP",
        f"{client.code}'s invoice of {format_dollars(total_cents)} is more than {JUMP_FACTOR} times its {JUMP_MONTHS}-month median of "
        f"{format_dollars(median)}; check it and close again with --acknowledge-jump.",
    )
