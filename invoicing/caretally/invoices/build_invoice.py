"""Builds what an invoice says from the rows of its close, in a handful of queries."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from caretally.cms.expected_payment import ExpectedPayment
from caretally.cms.rule_tables import RuleTables, rule_tables
from caretally.errors import NothingToDo
from caretally.evaluation.claim_words import claim_text
from caretally.evaluation.decided import Decision
from caretally.evaluation.explain import explanation
from caretally.evaluation.program_lines import Lines, lines_of_close
from caretally.files.printed_words import long_date
from caretally.invoices.document import (
    Charge,
    Check,
    EntryDetail,
    Evidence,
    ExtraLine,
    Invoice,
    Issuer,
    NotBilled,
    PatientLine,
    Recipient,
    ServiceSummary,
)
from caretally.money import format_dollars
from caretally.months import Month
from caretally.patient_months.behind import documented_decision, thresholds
from caretally.waivers.in_force import Waived, waived_in_close

BASIS_WORDS = {
    "per_patient_month": "per patient month",
    "per_code": "per code",
    "percentage": "percentage of the expected Medicare amount",
}
FLAT_LABEL = "Care management, one patient for one month"
EXTRA_LABELS = {"minimum": "Monthly minimum", "adjustment": "Adjustment"}
INVOICE = text(
    "SELECT i.*, m.agreement, m.enrolled, m.rows_hash, (SELECT s.state FROM invoice_state s WHERE s.vendor_id = i.vendor_id AND s.client_id = i.client_id "
    "AND s.invoice_id = i.id ORDER BY s.seq DESC LIMIT 1) AS state "
    "FROM invoice i JOIN client_month m ON m.vendor_id = i.vendor_id AND m.client_id = i.client_id AND m.id = i.client_month_id "
    "WHERE i.vendor_id = :vendor_id AND i.client_id = :client_id AND i.client_month_id = :client_month_id AND i.kind = 'invoice'"
)
NOT_BILLED = text(
    "SELECT primary_reason, count(*)::int AS patients FROM patient_month WHERE vendor_id = :vendor_id AND client_id = :client_id "
    "AND client_month_id = :client_month_id AND enrolled AND outcome <> 'billable' GROUP BY 1"
)
ATTESTED = text(
    "SELECT patient_id, signed_at AT TIME ZONE :timezone AS signed_at FROM attestation "
    "WHERE vendor_id = :vendor_id AND client_id = :client_id AND month = :month"
)


def build_invoice(connection: Connection, *, vendor_id: UUID, client_id: UUID, client_month_id: UUID) -> Invoice:
    """Return the invoice of a closed month. Raises `NothingToDo` when that close made none."""
    key: dict[str, Any] = {"vendor_id": vendor_id, "client_id": client_id, "client_month_id": client_month_id}
    row = connection.execute(INVOICE, key).mappings().one_or_none()
    if row is None:
        raise NothingToDo("This month was closed without anything to invoice.")
    client = row["bill"]["client"]
    key |= {"invoice_id": row["id"], "timezone": client["timezone"], "month": row["month"]}
    tables = rule_tables(connection)
    lines = connection.execute(_statement("lines"), key).mappings().all()
    patient_lines = _patient_lines(connection, lines, key, row, tables)
    return Invoice(
        number=row["number"].split("/")[0],
        revision=int([*row["number"].split("/"), "1"][1]),
        state=row["state"].capitalize(),
        issuer=issuer_of(row["bill"]["vendor"]),
        recipient=Recipient(
            name=client["name"], bill_to=lines_of_address(client["bill_to"] or client["address"]), purchase_order=client["po_number"]
        ),
        month=Month.of(row["month"]),
        timezone=client["timezone"],
        issued_on=row["issued_on"],
        due_on=row["due_on"],
        terms_days=(row["due_on"] - row["issued_on"]).days,
        agreement_version=f"{BASIS_WORDS[row['agreement']['basis']]}, from {row['agreement']['valid_from']}",
        rule_set=row["rule_set"],
        services=_services(lines, tables, label_without_code(row["agreement"])),
        lines=patient_lines,
        extra_lines=_extra_lines(lines),
        not_billed=_not_billed(connection, key, tables),
        enrolled=row["enrolled"],
        checks=checks_of(row, len(patient_lines)),
        evidence_fingerprint=row["evidence_hash"].hex(),
    )


def _statement(name: str) -> Any:
    return text((Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8"))


def issuer_of(vendor: Mapping[str, str]) -> Issuer:
    """Return the vendor as the invoice keeps it."""
    return Issuer(
        name=vendor["name"],
        address=lines_of_address(vendor["address"]),
        contact=vendor["contact"],
        remit_to=lines_of_address(vendor["remit_to"]),
        accent=vendor["accent"],
    )


def lines_of_address(written: str) -> tuple[str, ...]:
    """Return the lines of an address written with line breaks or semicolons."""
    return tuple(part.strip() for part in written.replace("\n", ";").split(";") if part.strip())


def _services(lines: Iterable[RowMapping], tables: RuleTables, flat_label: str) -> tuple[ServiceSummary, ...]:
    by_code: dict[str, list[RowMapping]] = defaultdict(list)
    for line in lines:
        if line["kind"] in ("code", "patient_month"):
            by_code[line["code"]].append(line)
    return tuple(_service(code, of_code, tables, flat_label) for code, of_code in by_code.items())


def _service(code: str, lines: list[RowMapping], tables: RuleTables, flat_label: str) -> ServiceSummary:
    prices = {line["unit_price_cents"] for line in lines}
    return ServiceSummary(
        code=code,
        label=service_label(code, tables, flat_label),
        patients=len({line["id"] for line in lines}),
        units=sum(line["line_units"] for line in lines),
        unit_price_cents=prices.pop() if len(prices) == 1 else None,
        amount_cents=sum(line["line_cents"] for line in lines),
    )


def label_without_code(agreement: Mapping[str, Any]) -> str:
    """Return what a line without a code is for; agreements of earlier closes know no percentage."""
    percent = agreement.get("percent")
    return FLAT_LABEL if percent is None else f"Care management, {percent} % of the expected Medicare amount"


def service_label(code: str, tables: RuleTables, flat_label: str) -> str:
    """Return what a code is called; a line without one is called by `flat_label`."""
    return tables.codes[code].label if code in tables.codes else flat_label


def _patient_lines(
    connection: Connection, lines: Iterable[RowMapping], key: dict[str, Any], invoice: RowMapping, tables: RuleTables
) -> tuple[PatientLine, ...]:
    entries = _entries(connection, key)
    attested: dict[UUID, Any] = dict(connection.execute(ATTESTED, key).all())
    billed = [line for line in lines if line["id"] is not None]
    month = {name: invoice[name] for name in ("vendor_id", "client_id", "client_month_id")}
    programs, waived = lines_of_close(connection, **month), waived_in_close(connection, **month)
    return tuple(
        _patient_line(list(of_patient), entries, attested, invoice, tables, programs=programs, waived=waived)
        for _id, of_patient in groupby(billed, key=lambda line: line["id"])
    )


def _patient_line(
    of_patient: list[RowMapping],
    entries: Mapping[UUID, list[RowMapping]],
    attested: Mapping[UUID, Any],
    invoice: RowMapping,
    tables: RuleTables,
    *,
    programs: Lines,
    waived: Waived,
) -> PatientLine:
    row = of_patient[0]
    decision = Decision.of_row(dict(row), tables, programs.get(row["patient_id"], ()), waived=waived.get(row["patient_id"], ()))
    charges = _charges(of_patient, decision, tables, label_without_code(invoice["agreement"]))
    reached_at = thresholds(decision)
    evidence = evidence_of(row, attested.get(row["patient_id"]), required=invoice["agreement"]["attestation_required"])
    return PatientLine(
        mrn=row["mrn"],
        name=row["patient_name"],
        provider=row["provider_name"],
        counted_seconds=decision.counted_seconds,
        code_text=claim_text(decision.codes, decision.units),
        charges=charges,
        amount_cents=sum(charge.amount_cents for charge in charges),
        evidence=replace(evidence, complexity_text=", ".join(part for part in documented_decision(decision, row["mdm"]) or () if part)),
        fingerprint=row["evidence_hash"].hex()[:12],
        explanation=explanation(decision),
        entries=tuple(_entry_details(entries[row["id"]], reached_at)),
        thresholds_seconds=reached_at,
    )


def _charges(of_patient: list[RowMapping], decision: Decision, tables: RuleTables, flat_label: str) -> tuple[Charge, ...]:
    expected = ExpectedPayment.of_row(dict(of_patient[0]))
    cents = dict(zip(decision.codes, expected.line_cents, strict=True)) | {"": expected.cents}
    charges = [
        Charge(
            code=line["code"],
            label=service_label(line["code"], tables, flat_label),
            units=line["line_units"],
            unit_price_cents=line["unit_price_cents"],
            amount_cents=line["line_cents"],
        )
        for line in of_patient
    ]
    # A code that tiers split into several charges is paid once.
    first = {charge.code: index for index, charge in reversed(list(enumerate(charges)))}
    for code, index in first.items():
        charges[index] = replace(charges[index], expected_cents=cents.get(code), expected_note=expected.note)
    return tuple(charges)


def evidence_of(row: Mapping[Any, Any], signed_at: Any, *, required: bool) -> Evidence:
    """Return what stands behind a row of `patient_month`; `required` tells that the agreement asks for an attestation."""
    return Evidence(
        consent="on_record" if row["consent_on"] else "missing",
        consent_text=f"Consent, {long_date(row['consent_on'])}" if row["consent_on"] else "No consent on record",
        plan="on_record" if row["plan_version"] else "missing",
        plan_text=_plan_text(row),
        attestation="on_record" if signed_at else "missing" if required else "not_required",
        attestation_text=f"Attested {long_date(signed_at)}"
        if signed_at
        else "Attestation not asked for"
        if not required
        else "No attestation",
    )


def _plan_text(row: Mapping[Any, Any]) -> str:
    """Return which plan is in use and when any version of it was reviewed last: the row does not say of which version the review was."""
    if not row["plan_version"]:
        return "No care plan on record"
    reviewed = f"; last review {long_date(row['reviewed_on'])}" if row["reviewed_on"] else ""
    return f"Care plan version {row['plan_version']}{reviewed}"


def _entries(connection: Connection, key: dict[str, Any]) -> dict[UUID, list[RowMapping]]:
    by_patient: dict[UUID, list[RowMapping]] = defaultdict(list)
    for row in connection.execute(_statement("entries"), key).mappings():
        by_patient[row["patient_month_id"]].append(row)
    return by_patient


def _entry_details(rows: Iterable[RowMapping], reached_at: tuple[int, ...]) -> Iterable[EntryDetail]:
    running = 0
    for row in rows:
        before, running = running, running + row["seconds"]
        yield EntryDetail(
            day=row["starts"].date(),
            starts=f"{row['starts']:%H:%M}",
            ends=f"{row['ends']:%H:%M}",
            activity=row["activity"],
            staff=row["staff"],
            credential=row["credential"],
            seconds=row["seconds"],
            running_seconds=running,
            crosses=any(before < threshold <= running for threshold in reached_at),
        )


def _extra_lines(lines: Iterable[RowMapping]) -> tuple[ExtraLine, ...]:
    return tuple(
        ExtraLine(
            label=EXTRA_LABELS[line["kind"]],
            detail="the difference between the patients' lines and the minimum of the agreement" if line["kind"] == "minimum" else "",
            amount_cents=line["line_cents"],
        )
        for line in lines
        if line["kind"] in EXTRA_LABELS
    )


def _not_billed(connection: Connection, key: dict[str, Any], tables: RuleTables) -> tuple[NotBilled, ...]:
    counts: Counter[str] = Counter()
    for row in connection.execute(NOT_BILLED, key):
        counts[tables.gates[row.primary_reason].label] += row.patients
    return tuple(
        NotBilled(sentence=label, patients=patients) for label, patients in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def checks_of(row: Mapping[Any, Any], billed: int) -> tuple[Check, ...]:
    """Return what was checked before the invoice was made, with the figures of this one."""
    return (
        Check(sentence="Lines add up to the total", detail=f"{row['line_count']:,} lines = {format_dollars(row['total_cents'])}"),
        Check(
            sentence="No patient billed twice", detail=f"{billed:,} patients, one line set each; a second record of the same person is held"
        ),
        Check(sentence="Every second accounted for", detail="counted and excluded seconds add up to the time logged"),
    )
