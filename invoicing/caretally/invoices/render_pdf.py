"""The invoice as PDF/UA-1."""

from __future__ import annotations

from pathlib import Path

from caretally.files.pdf import name, pdf_bytes
from caretally.files.printed_words import clock, counted, long_date
from caretally.files.typesetting import narrow
from caretally.invoices.document import EntryDetail, Evidence, Invoice, PatientLine
from caretally.money import format_dollars

_TEMPLATE = Path(__file__).parent / "invoice.typ"
_PROOF_WORDS = {"on_record": "on record", "missing": "missing", "not_required": "not asked for"}


def invoice_pdf(invoice: Invoice) -> bytes:
    """Return the invoice as a tagged PDF: summary, reasons not billed, one row per patient, then each patient's entries."""
    return pdf_bytes(_TEMPLATE, {**_head(invoice), **_sums(invoice), **_proof(invoice), "lines": [_line(line) for line in invoice.lines]})


def _head(invoice: Invoice) -> dict[str, object]:
    month = f"{invoice.month.first_day:%B %Y}"
    sentence = f"Chronic care management for {month}, from {invoice.issuer.name} to {invoice.recipient.name}."
    return {
        "title": invoice.shown_number,
        "author": invoice.issuer.name,
        "description": sentence,
        "footer": f"{invoice.shown_number} · {invoice.issuer.name} to {invoice.recipient.name} · {month}",
        "accent": invoice.issuer.accent,
        "issuer_name": invoice.issuer.name,
        "issuer_lines": [*invoice.issuer.address, *([invoice.issuer.contact] if invoice.issuer.contact else [])],
        "state": invoice.state,
        "state_text": _state_text(invoice),
        "subtitle": sentence,
        "facts": _facts(invoice),
        "details": _details(invoice),
    }


def _state_text(invoice: Invoice) -> str:
    return f"Open, due {long_date(invoice.due_on)}" if invoice.state == "Open" else invoice.state


def _facts(invoice: Invoice) -> list[tuple[str, str]]:
    terms = counted(invoice.terms_days, "day", "days")
    return [("Issued", long_date(invoice.issued_on)), ("Due", long_date(invoice.due_on)), ("Terms", terms)]


def _details(invoice: Invoice) -> list[tuple[str, str]]:
    first, last = invoice.month.first_day, invoice.month.last_day
    rows = [
        ("From", invoice.issuer.name),
        ("To", invoice.recipient.name),
        ("Bill to", ", ".join(invoice.recipient.bill_to)),
        ("Purchase order", invoice.recipient.purchase_order),
        ("Remit to", ", ".join(invoice.issuer.remit_to)),
        ("Period", f"{first.day}\u2013{long_date(last)}"),
        ("Time zone", invoice.timezone.replace("_", " ")),
        ("Agreement", invoice.agreement_version),
        ("Rules", invoice.rule_set),
    ]
    return [(word, value) for word, value in rows if value]


def _sums(invoice: Invoice) -> dict[str, object]:
    patients = counted(len(invoice.lines), "patient", "patients")
    return {
        "total": format_dollars(invoice.total_cents),
        "total_note": f"for {patients}",
        "total_word": "Total",
        "services": [
            {
                "code": service.code,
                "label": service.label,
                "patients": f"{service.patients:,}",
                "units": f"{service.units:,}",
                "price": "by tier" if service.unit_price_cents is None else format_dollars(service.unit_price_cents),
                "amount": format_dollars(service.amount_cents),
            }
            for service in invoice.services
        ],
        "extras": [
            {"label": extra.label, "detail": extra.detail, "amount": format_dollars(extra.amount_cents)} for extra in invoice.extra_lines
        ],
        "lines_note": counted(len(invoice.lines), "line", "lines") + ", one per patient",
        "lines_total_word": f"Total for {patients}",
        "lines_total": format_dollars(invoice.lines_cents),
    }


def _proof(invoice: Invoice) -> dict[str, object]:
    entries = sum(len(line.entries) for line in invoice.lines)
    return {
        "not_billed": [(reason.sentence, f"{reason.patients:,}") for reason in invoice.not_billed]
        + [("Billed", f"{len(invoice.lines):,}")],
        "not_billed_count": f"{sum(reason.patients for reason in invoice.not_billed):,}",
        "enrolled": (f"Enrolled in {invoice.month.first_day:%B}", f"{invoice.enrolled:,}"),
        "checks": [(check.sentence, check.detail) for check in invoice.checks],
        "fingerprint": invoice.evidence_fingerprint,
        "fingerprint_note": "SHA-256 over every line and the entries behind it, as frozen at the close. Anyone can recompute it.",
        "with_entries": entries > 0,
        "entries_note": f"{counted(entries, 'entry', 'entries')} in {invoice.timezone.replace('_', ' ')} time",
    }


def _line(line: PatientLine) -> dict[str, object]:
    evidence = line.evidence
    return {
        "name": name(line.name),
        "mrn": narrow(line.mrn, width=9),
        "provider": line.provider,
        "minutes": clock(line.counted_seconds),
        "seconds": line.counted_seconds,
        "codes": narrow(line.code_text, width=18),
        "proof": [evidence.consent, evidence.plan, evidence.attestation],
        "proof_text": _proof_text(evidence),
        "amount": format_dollars(line.amount_cents),
        "why": " · ".join(
            text
            for text in (line.explanation, evidence.consent_text, evidence.plan_text, evidence.complexity_text, evidence.attestation_text)
            if text
        ),
        "fingerprint": line.fingerprint,
        "entries": [_entry(entry) for entry in line.entries],
    }


def _proof_text(evidence: Evidence) -> str:
    states = {"Consent": evidence.consent, "care plan": evidence.plan, "attestation": evidence.attestation}
    return ", ".join(f"{word} {_PROOF_WORDS[state]}" for word, state in states.items())


def _entry(entry: EntryDetail) -> list[object]:
    when = f"{entry.day.day}".rjust(2, "\u2007") + f" {entry.day:%b}  {entry.starts}\u2013{entry.ends}"
    staff = f"{entry.staff}, {entry.credential}" if entry.credential else entry.staff
    return [when, entry.activity, staff, clock(entry.seconds), clock(entry.running_seconds), entry.crosses]
