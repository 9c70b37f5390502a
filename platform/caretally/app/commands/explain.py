"""`caretally explain`: why one patient-month came out as it did."""

import json
from dataclasses import dataclass
from typing import Any

import click
from sqlalchemy import Connection, text

from caretally.app.installation import Installation
from caretally.app.patients_read import note_patients_read
from caretally.close.close_month import clients_to_close
from caretally.close.prepare import Client, prepare
from caretally.close.read_month import latest_client_month
from caretally.cms.expected_payment import ExpectedPayment
from caretally.cms.rule_tables import rule_tables
from caretally.errors import NothingToDo
from caretally.evaluation.claim_words import claim_text, duration_words, stored_claim_text
from caretally.evaluation.decided import Decision
from caretally.evaluation.explain import explanation, nearest_miss, rules
from caretally.evaluation.parameters import ClientMonth
from caretally.evaluation.program_lines import lines_now, lines_of_close
from caretally.money import format_dollars
from caretally.months import Month
from caretally.waivers.in_force import waived_in_close, waived_now

CLOSED = text(
    "SELECT * FROM patient_month WHERE vendor_id = :vendor_id AND client_id = :client_id AND client_month_id = :client_month_id AND mrn = :mrn"
)
LIVE = text(
    "SELECT d.*, coalesce(a.amount_cents, 0) AS amount_cents, coalesce(x.line_cents, '{}') AS expected_line_cents, x.cents AS expected_cents, "
    "coalesce(x.note, '') AS expected_note FROM eval_decision d LEFT JOIN close_amount a ON a.decision_id = d.id "
    "LEFT JOIN decision_expected x ON x.decision_id = d.id WHERE d.mrn = :mrn"
)


@click.command("explain")
@click.argument("month")
@click.option("--vendor", "vendor_word", required=True, help="slug or name of the vendor")
@click.option("--client", "code", required=True, help="code of the client")
@click.option("--patient", "mrn", required=True, help="the client's record number of the patient")
@click.option("--json", "as_json", is_flag=True, help="print the answer as JSON")
def explain_command(month: str, vendor_word: str, code: str, mrn: str, as_json: bool) -> None:
    """Say why a patient's MONTH is billable, held or not billable, with rule numbers, the nearest miss and the lawful alternatives."""
    chosen = Month.parse(month)
    vendor = Installation().vendor(vendor_word)
    with vendor.transaction() as connection:
        client = clients_to_close(connection, [code])[0]
        explained = decided(connection, client, chosen, mrn=mrn)
        note_patients_read(connection, "explain", [(client.code, mrn)], month=str(chosen))
    answer = answer_of(explained)
    subject = f"{mrn} at {client.code} in {chosen} ({explained.state})"
    click.echo(json.dumps(answer, ensure_ascii=False) if as_json else _words(answer, explained, subject))


@dataclass(frozen=True)
class Explained:
    """One patient-month as it was decided: `price_cents` is what the vendor charges for it, `expected` what Medicare may pay for it."""

    decision: Decision
    state: str
    price_cents: int
    expected: ExpectedPayment


def decided(connection: Connection, client: Client, month: Month, *, mrn: str) -> Explained:
    """Return one patient-month, `closed` or `open, as it stands now`.

    Raises `NothingToDo` when the patient has neither enrolment nor time in the month.
    """
    tables = rule_tables(connection)
    current = latest_client_month(connection, vendor_id=client.vendor_id, client_id=client.id, month=month)
    if current is not None and current["status"] == "closed":
        key = {"vendor_id": client.vendor_id, "client_id": client.id, "client_month_id": current["id"], "mrn": mrn}
        row, known, state = connection.execute(CLOSED, key).mappings().one_or_none(), {}, "closed"
        lines = lines_of_close(connection, vendor_id=client.vendor_id, client_id=client.id, client_month_id=current["id"])
        waived = waived_in_close(connection, vendor_id=client.vendor_id, client_id=client.id, client_month_id=current["id"])
    else:
        subject = ClientMonth(client.vendor_id, client.id, client.code, client.timezone, month)
        prepared = prepare(connection, client, subject, acknowledge_jump=True)
        known = {"qhp_time": prepared.agreement.qhp_time}
        row, state = connection.execute(LIVE, {"mrn": mrn}).mappings().one_or_none(), "open, as it stands now"
        lines, waived = lines_now(connection, qhp_time=prepared.agreement.qhp_time), waived_now(connection, prepared.waivers)
    if row is None:
        raise NothingToDo(
            f"{client.code} has no patient {mrn[:40]!r} with enrolment or time in {month}; check the record number and the month."
        )
    return Explained(
        Decision.of_row(dict(row), tables, lines.get(row["patient_id"], ()), **known, waived=waived.get(row["patient_id"], ())),
        state,
        row["amount_cents"],
        ExpectedPayment.of_row(dict(row)),
    )


def answer_of(explained: Explained) -> dict[str, Any]:
    """Return the answer as JSON shows it."""
    decision = explained.decision
    return {
        "outcome": decision.outcome,
        "claim": [{"code": code, "units": units} for code, units in zip(decision.codes, decision.units, strict=True)],
        "date_of_service": decision.date_of_service.isoformat() if decision.date_of_service else None,
        "exceptions": list(decision.exceptions),
        "warnings": list(decision.warnings),
        "counted_seconds": {"clinical": decision.clinical_seconds, "qhp": decision.qhp_seconds},
        "excluded_seconds": decision.excluded,
        "raw_seconds": decision.raw_seconds,
        "price_cents": explained.price_cents,
        "expected_medicare": explained.expected.as_json(decision.codes, decision.units),
        "waived": [
            {"code": one.gate_code, "waived_by": one.waived_by, "reason": one.reason, "expires_on": one.expires_on.isoformat()}
            for one in decision.waived
        ],
        "explanation": explanation(decision),
        "nearest_miss": nearest_miss(decision),
        "alternatives": [stored_claim_text(claim) for claim in decision.alternatives],
        "rules": list(rules(decision)),
        "rule_set": decision.tables.rule_set,
    }


def _words(answer: dict[str, Any], explained: Explained, subject: str) -> str:
    decision = explained.decision
    lines = [subject, "", answer["explanation"], ""]
    lines.append(f"Claim         {claim_text(decision.codes, decision.units)}")
    lines += [f"Price         {format_dollars(explained.price_cents)}"] if decision.outcome == "billable" else []
    expected = explained.expected.words(decision.codes)
    lines += [f"Medicare      {expected}"] if expected else []
    lines.append(f"Counted       {duration_words(decision.counted_seconds)} of {duration_words(decision.raw_seconds)} logged")
    lines += [f"Not counted   {duration_words(seconds)}  {reason}" for reason, seconds in decision.excluded.items()]
    lines += [f"Nearest miss  {answer['nearest_miss']}"] if answer["nearest_miss"] else []
    lines += [f"Alternative   {claim}" for claim in answer["alternatives"]]
    lines.append(f"Rules         {', '.join(answer['rules'])}  (rule set {answer['rule_set']})")
    return "\n".join(lines)
