"""The exception report as PDF/UA-1."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from caretally.exceptions.report import Adjustment, ExceptionReport, ExceptionRow, LateEntry, Outcome
from caretally.files.pdf import name, pdf_bytes
from caretally.files.printed_words import clock, counted, long_date
from caretally.files.typesetting import narrow
from caretally.money import format_dollars

_TEMPLATE = Path(__file__).parent / "exceptions.typ"
_OUTCOME_WORDS: dict[Outcome, str] = {"billable": "billable", "held": "held", "not_billable": "not billable"}


def exceptions_pdf(report: ExceptionReport) -> bytes:
    """Return the report as a tagged PDF: who is accounted for, why money is held, then every exception by outcome."""
    return pdf_bytes(_TEMPLATE, {**_head(report), **_outcomes(report), **_why(report), **_time(report), **_tables(report), **_rest(report)})


def _head(report: ExceptionReport) -> dict[str, object]:
    month = f"{report.month.first_day:%B %Y}"
    sentence = f"What could not be billed for {month}, what it costs and what fixes it, for {report.client}."
    return {
        "title": f"Exceptions, {month}",
        "author": report.vendor,
        "description": sentence,
        "footer": f"Exception report {report.month} · {report.client} · {report.vendor}",
        "vendor": report.vendor,
        "accent": report.accent,
        "state": report.state,
        "state_text": report.state,
        "subtitle": sentence,
        "held_money": format_dollars(report.held_cents),
        "held_note": f"held for {_patients(report.held)}",
        "facts": _facts(report),
        "parked_reason": report.parked_reason,
    }


def _facts(report: ExceptionReport) -> list[tuple[str, str]]:
    period = f"{report.month.first_day.day}\u2013{long_date(report.month.last_day)}"
    invoice = [("Invoice", report.invoice_number)] if report.invoice_number else []
    return [("Billable", format_dollars(report.billable_cents)), ("Period", period), *invoice, ("Rules", report.rule_set)]


def _outcomes(report: ExceptionReport) -> dict[str, object]:
    counts: dict[Outcome, int] = {"billable": report.billable, "held": report.held, "not_billable": report.not_billable}
    parts = [
        {"outcome": outcome, "count": count, "patients": f"{count:,}", "words": _OUTCOME_WORDS[outcome]}
        for outcome, count in counts.items()
    ]
    return {"enrolled": f"{report.enrolled:,}", "outcomes": parts}


def _why(report: ExceptionReport) -> dict[str, object]:
    held = [row for row in report.rows if row.outcome == "held" and row.primary]
    groups = {code: [row for row in held if row.code == code] for code in dict.fromkeys(row.code for row in held)}
    money = {code: sum(row.held_cents for row in rows) for code, rows in groups.items()}
    most = max(money.values(), default=0)
    return {
        "why_title": f"Why {_patients(report.held)} {'is' if report.held == 1 else 'are'} held",
        "why": [
            {
                "words": rows[0].title,
                "money": format_dollars(money[code]),
                "note": f"{_patients(len(rows))}, waiting on {_owners(rows)}",
                # A share is only drawn, so thousandths are fine enough and no float comes near the money.
                "share": money[code] * 1000 // most / 1000 if most else 0,
            }
            for code, rows in sorted(groups.items(), key=lambda group: (-money[group[0]], group[0]))
        ],
    }


def _owners(rows: Iterable[ExceptionRow]) -> str:
    return ", ".join(dict.fromkeys(row.owner for row in rows))


def _time(report: ExceptionReport) -> dict[str, object]:
    time_counted = [("Counted", clock(report.counted_seconds))]
    return {
        "timezone": f"minutes and seconds, {report.timezone.replace('_', ' ')}",
        "time": time_counted + [(excluded.sentence, clock(excluded.seconds)) for excluded in report.excluded],
        "raw": ("Logged", clock(report.raw_seconds)),
    }


def _tables(report: ExceptionReport) -> dict[str, object]:
    waived = [row for row in report.rows if row.effect == "waived"]
    rows = {outcome: [row for row in report.rows if row.outcome == outcome and row.effect != "waived"] for outcome in _OUTCOME_WORDS}
    return {
        "held": [_row(row) for row in rows["held"]],
        "held_rows_note": f"{_reasons(rows['held'])} at {_patients(report.held)}",
        "held_total_word": f"Held for {_patients(report.held)}, each counted once",
        "waived": [_row(row) for row in waived],
        "waived_note": f"{_reasons(waived)} that the vendor itself asks, and does not ask here",
        "waived_money": format_dollars(sum(row.waived_cents or 0 for row in waived)),
        "not_billable": [_row(row) for row in rows["not_billable"]],
        "not_billable_note": f"{_reasons(rows['not_billable'])} at {_patients(report.not_billable)}",
        "billable": [_row(row) for row in rows["billable"]],
        "billable_note": f"{_reasons(rows['billable'])}; these are on the invoice",
    }


def _row(row: ExceptionRow) -> dict[str, object]:
    return {
        "patient": name(row.patient),
        "mrn": narrow(row.mrn),
        "code": row.code,
        "sentence": row.sentence,
        "why": row.explanation.removesuffix(row.sentence).strip() if row.primary or row.waived_cents is not None else "",
        "owner": row.owner,
        "due": f"waived until {long_date(row.due_on)}"
        if row.effect == "waived" and row.due_on
        else f"by {long_date(row.due_on)}"
        if row.due_on
        else "",
        "fix": row.fix,
        "minutes": clock(row.counted_seconds),
        "money": _money(row),
    }


def _money(row: ExceptionRow) -> str:
    if row.waived_cents is not None:
        return format_dollars(row.waived_cents)
    return format_dollars(row.held_cents) if row.primary else "with above"


def _rest(report: ExceptionReport) -> dict[str, object]:
    return {
        "late": [_late(entry) for entry in report.late_entries],
        "late_note": counted(len(report.late_entries), "entry", "entries"),
        "adjustments": [_adjustment(proposed) for proposed in report.adjustments],
        "adjustments_note": f"{counted(len(report.adjustments), 'month', 'months')} proposed, on no invoice yet",
        "notes": [{"code": note.code, "sentence": note.sentence, "owner": note.owner, "fix": note.fix} for note in report.client_notes],
        "notes_note": f"{len(report.client_notes):,} open",
        "closing": "Every enrolled patient has exactly one outcome, and every logged second is counted or excluded for one reason.",
    }


def _late(entry: LateEntry) -> dict[str, object]:
    return {
        "patient": name(entry.patient),
        "mrn": narrow(entry.mrn),
        "when": f"{long_date(entry.day)} {entry.starts}\u2013{entry.ends}",
        "staff": entry.staff,
        "sentence": entry.sentence,
        "id": entry.external_id,
        "minutes": clock(entry.seconds),
    }


def _adjustment(proposed: Adjustment) -> dict[str, object]:
    return {
        "patient": name(proposed.patient),
        "mrn": narrow(proposed.mrn),
        "month": f"{proposed.month.first_day:%B %Y}",
        "claim": proposed.claim,
        "sentence": proposed.sentence,
        "cured": ", ".join(proposed.cured),
        "minutes": clock(proposed.counted_seconds),
        "money": "no price" if proposed.amount_cents is None else format_dollars(proposed.amount_cents),
    }


def _reasons(rows: list[ExceptionRow]) -> str:
    return counted(len(rows), "reason", "reasons")


def _patients(number: int) -> str:
    return counted(number, "patient", "patients")
