"""Exception reports to print in tests: believable, of any size, the same every time."""

from __future__ import annotations

from datetime import date

from caretally.exceptions.report import Adjustment, ClientNote, ExceptionReport, ExceptionRow, ExcludedTime, LateEntry, Outcome
from caretally.months import Month

NAMES = (
    "Abara, Alma",
    "Ковалёва, Мария",
    "حداد, ليلى",
    "כהן, אברהם",
    "王, 小明",
    "김, 민준",
    "शर्मा, प्रिया",
    "สุขใจ, มานะ",
    "O’Brien, Siobhán",
)
HOLDS = (
    (
        "ATTESTATION_MISSING",
        "Attestation not signed",
        "Dr. R. Okafor has not signed October 2026.",
        "Provider",
        "Send the attestation to Dr. R. Okafor to sign.",
    ),
    (
        "CARE_PLAN_REVIEW_OVERDUE",
        "Care-plan review overdue",
        "The last review was on 3 Aug 2025; it was due on 3 Aug 2026.",
        "Coordinator",
        "Review plan version 3 and record it.",
    ),
    (
        "NO_CONSENT",
        "Consent missing",
        "No consent is on record for Dr. P. Hale.",
        "Clinic",
        "Obtain consent, verbal or written, and record the four acknowledgements.",
    ),
)


def row(number: int, *, outcome: Outcome = "held", primary: bool = True) -> ExceptionRow:
    """Return an exception of patient `number`; held rows go round three reasons."""
    code, title, sentence, owner, fix = HOLDS[number % 3]
    if outcome == "not_billable":
        code, title, owner = "TIME_BELOW_THRESHOLD", "Under 20 minutes", "Coordinator"
        sentence, fix = (
            "12 min 40 s counted; 7 min 20 s more would have supported 99490.",
            "Nothing for October; the time is not carried over.",
        )
    return ExceptionRow(
        code=code,
        title=title,
        mrn=f"LFM-{3000 + number}",
        patient=NAMES[number % len(NAMES)] + (f" {number}" if number >= len(NAMES) else ""),
        outcome=outcome,
        effect="holds" if outcome == "held" else "unsupports",
        primary=primary,
        sentence=sentence,
        owner=owner,
        due_on=date(2026, 11, 13) if outcome == "held" else None,
        fix=fix,
        held_cents=3800 if outcome == "held" and primary else 0,
        counted_seconds=1500 + number % 900 if outcome == "held" else 760,
        explanation="25 min 0 s counted, so 99490 is supported (R1)." if outcome == "held" else "",
    )


def proposal(cents: int | None) -> Adjustment:
    """Return an adjustment of so many cents that is proposed for September."""
    return Adjustment(
        month=Month(2026, 9),
        mrn="LFM-2042",
        patient="Abara, Alma",
        cured=("NO_CONSENT",),
        claim="99490 + 99439",
        codes=("99490", "99439"),
        units=(1, 1),
        date_of_service=date(2026, 9, 14),
        counted_seconds=2520,
        amount_cents=cents,
        sentence="September 2026 was closed as held (no consent); with what came in since, it supports 99490 + 99439.",
        owner="Billing admin",
        due_on=date(2026, 11, 10),
        fix="Take the proposed adjustment onto the next invoice, or refuse it with a reason.",
    )


def report_of(held: int, *, not_billable: int = 5, late: int = 1, parked_reason: str = "") -> ExceptionReport:
    """Return a closed report with so many patients held and not billable, and 197 billed."""
    rows = [row(number) for number in range(held)] + [row(held + number, outcome="not_billable") for number in range(not_billable)]
    return ExceptionReport(
        vendor="Meridian Care Partners",
        accent="#0b6259",
        client="Lakeside Family Medicine",
        month=Month(2026, 10),
        timezone="America/New_York",
        state="Parked" if parked_reason else "Closed",
        invoice_number="" if parked_reason else "INV-2026-0406",
        enrolled=197 + held + not_billable,
        billable=197,
        held=held,
        not_billable=not_billable,
        billable_cents=862200,
        raw_seconds=500_000,
        counted_seconds=488_000,
        excluded=(
            ExcludedTime(code="TIME_OVERLAP_PATIENT", sentence="Another entry already claims it", seconds=7_000),
            ExcludedTime(code="NON_CLINICAL_STAFF", sentence="Administrative staff", seconds=5_000),
        ),
        rows=tuple(rows),
        client_notes=(
            ClientNote(
                code="BAA_MISSING",
                sentence="No business associate agreement is on record.",
                owner="Billing admin",
                fix="Record the date it was signed.",
            ),
        ),
        parked_reason=parked_reason,
        late_entries=tuple(
            LateEntry(
                external_id=f"dialer-88{number}",
                mrn="LFM-2041",
                patient="Abara, Alma",
                day=date(2026, 10, 30),
                starts="16:05",
                ends="16:17",
                staff="T. Rivers, LPN",
                seconds=720,
                sentence="12 minutes; no further unit, so no adjustment is proposed.",
            )
            for number in range(late)
        ),
        rule_set="CMS 2026.1",
    )
