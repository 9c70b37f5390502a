"""Evaluates one client's month with changes and tells the difference, patient by patient; the database stays as it was."""

from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, text

from caretally.close.prepare import Client, prepare
from caretally.close.read_month import latest_client_month
from caretally.close.results import ClientParked
from caretally.evaluation.parameters import ClientMonth
from caretally.months import Month
from caretally.whatif.changes import Changes
from caretally.whatif.shadow import shadow

CLAIM = "(SELECT string_agg(c.code || 'x' || c.units, '+' ORDER BY c.o) FROM unnest({0}.codes, {0}.units) WITH ORDINALITY AS c (code, units, o))"
CLOSED = text(
    f"CREATE TEMP TABLE whatif_before ON COMMIT DROP AS SELECT p.mrn, p.outcome, p.primary_reason, p.amount_cents, {CLAIM.format('p')} AS claim "
    "FROM patient_month p WHERE vendor_id = :vendor_id AND client_id = :client_id AND client_month_id = :client_month_id"
)
OPEN = text(
    "CREATE TEMP TABLE whatif_before ON COMMIT DROP AS SELECT e.mrn, e.outcome, e.primary_reason, coalesce(a.amount_cents, 0) AS amount_cents, "
    f"{CLAIM.format('e')} AS claim FROM eval_decision e LEFT JOIN close_amount a ON a.decision_id = e.id"
)
INVOICED = text(
    "SELECT coalesce(sum(total_cents), 0)::bigint FROM invoice WHERE vendor_id = :vendor_id AND client_id = :client_id "
    "AND client_month_id = :client_month_id AND kind = 'invoice'"
)
# Amounts by volume depend on every patient of the month; others are asked again for the patients in question alone.
BY_VOLUME = text("SELECT EXISTS (SELECT FROM agreement_price WHERE client_id = :client_id AND tier_from > 1)")
PATIENTS = text("SELECT id FROM patient WHERE vendor_id = :vendor_id AND client_id = :client_id AND mrn = ANY(:mrns)")
DIFFERENCES = text((Path(__file__).parent / "differences.sql").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Difference:
    """One patient-month before and after; money in cents, claims as `99490x1+99439x2`, an absent side has no outcome."""

    mrn: str
    outcome_before: str | None
    claim_before: str
    reason_before: str
    cents_before: int
    outcome_after: str | None
    claim_after: str
    reason_after: str
    cents_after: int
    came_in_since: bool = False


@dataclass(frozen=True)
class ClientDifference:
    """What would be different for one client: totals of the invoice in cents, and the patients; `parked_reason` when it could not be priced.

    `compared` counts the patient-months that were decided before; the rule sets are those that decided and would decide, empty for none.
    """

    client: str
    state: str
    total_cents_before: int
    total_cents_after: int
    patients: tuple[Difference, ...]
    parked_reason: str | None = None
    compared: int = 0
    rules_before: str = ""
    rules_after: str = ""


def what_if(connection: Connection, client: Client, month: Month, changes: Changes) -> ClientDifference:
    """Return the difference that `changes` would make to one client's month; everything is rolled back, whatever happens.

    A closed month is compared with what was closed, an open one with what would be decided now. A patient of a closed month who would differ
    without the changes too, by what came in since, is marked `came_in_since`. What cannot be priced, as it stands or
    as changed, says why in `parked_reason` and has no patients.
    """
    savepoint = connection.begin_nested()
    try:
        return _compared(connection, client, month, changes)
    finally:
        savepoint.rollback()


def _compared(connection: Connection, client: Client, month: Month, changes: Changes) -> ClientDifference:
    subject = ClientMonth(client.vendor_id, client.id, client.code, client.timezone, month)
    current = latest_client_month(connection, vendor_id=client.vendor_id, client_id=client.id, month=month)
    if current is not None and current["status"] == "closed":
        key = {"vendor_id": client.vendor_id, "client_id": client.id, "client_month_id": current["id"]}
        connection.execute(CLOSED, key)
        before = ClientDifference(
            client.code, "closed", int(connection.scalar(INVOICED, key) or 0), 0, (), rules_before=current["rule_set"]
        )
    else:
        try:
            prepared = prepare(connection, client, subject, acknowledge_jump=True)
        except ClientParked as parked:
            return ClientDifference(client.code, "open", 0, 0, (), parked.message)
        connection.execute(OPEN)
        before = ClientDifference(client.code, "open", prepared.total_cents, 0, (), rules_before=prepared.rule_set)
    before = replace(before, compared=int(connection.scalar(text("SELECT count(*) FROM whatif_before")) or 0))
    after = _after(connection, client, subject, changes, before)
    if before.state == "closed" and after.patients:
        return replace(after, patients=_marked(connection, client, subject, after.patients))
    return after


def _after(connection: Connection, client: Client, subject: ClientMonth, changes: Changes, before: ClientDifference) -> ClientDifference:
    """Evaluate behind the shadow tables and take them away again."""
    savepoint = connection.begin_nested()
    try:
        shadow(connection, changes, subject.month)
        prepared = prepare(connection, client, subject, acknowledge_jump=True)
        patients = tuple(Difference(**row) for row in connection.execute(DIFFERENCES).mappings())
    except ClientParked as parked:
        return replace(before, parked_reason=parked.message)
    finally:
        savepoint.rollback()
    return replace(before, total_cents_after=prepared.total_cents, patients=patients, rules_after=prepared.rule_set)


def _marked(connection: Connection, client: Client, subject: ClientMonth, patients: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """Return the differences of a closed month, those marked that are there without any change."""
    only = None
    if not connection.scalar(BY_VOLUME, {"client_id": client.id}):
        asked = {"vendor_id": client.vendor_id, "client_id": client.id, "mrns": [one.mrn for one in patients]}
        only = connection.scalars(PATIENTS, asked).all()
    try:
        prepare(connection, client, subject, acknowledge_jump=True, only=only)
    except ClientParked:
        return patients
    anyway = {row["mrn"] for row in connection.execute(DIFFERENCES).mappings()}
    return tuple(replace(one, came_in_since=one.mrn in anyway) for one in patients)
