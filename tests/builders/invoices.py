"""Invoices to print in tests: believable, of any size, the same every time."""

from __future__ import annotations

from datetime import date

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
from caretally.months import Month

NAMES = (
    "Abara, Alma",
    "Bellweather, Bernard",
    "Castellano, Carla",
    "Dupree, Desmond",
    "Ковалёва, Мария",
    "Παπαδόπουλος, Γιώργος",
    "حداد, ليلى",
    "כהן, אברהם",
    "王, 小明",
    "田中, さくら",
    "김, 민준",
    "शर्मा, प्रिया",
    "สุขใจ, มานะ",
    "Nguyễn, Thị Ánh",
    "ব্যানার্জি, রীতা",
    "முருகன், கவிதா",
    "გელაშვილი, ნინო",
    "Հակոբյան, Անի",
    "ተስፋዬ, አበበ",
    "ខៀវ, សុភា",
    "O’Brien-Łukaszewicz, Siobhán",
)
ACTIVITIES = (
    "Medication reconciliation with pharmacy",
    "Blood-pressure log review, call to patient",
    "Cardiology referral coordinated",
    "Care plan goals updated with patient",
    "Refill follow-up call",
    "Discharge papers obtained from hospital",
)
STAFF = (("T. Rivers", "LPN"), ("M. Soto", "RN"), ("J. Adeyemi", "CMA"))
PROVIDERS = ("Dr. R. Okafor", "Dr. L. Sandoval", "Dr. P. Hale")
BASE = Charge(code="99490", label="First 20 minutes, clinical staff", units=1, unit_price_cents=3800, amount_cents=3800)
ON_RECORD = Evidence(
    consent="on_record",
    consent_text="Verbal consent, 14 Mar 2026",
    plan="on_record",
    plan_text="Care plan version 4; last review 23 Oct 2026",
    attestation="not_required",
    attestation_text="",
)


def patient_line(number: int, *, name: str | None = None, entries: int = 6) -> PatientLine:
    """Return the line of patient `number`: 20 minutes and more in `entries` entries, up to two add-on units."""
    pieces = [200 + (number * 37 + index * 101) % 420 for index in range(entries)]
    pieces = pieces if sum(pieces) >= 1200 else [piece + 200 for piece in pieces]
    units = min(2, sum(pieces) // 1200 - 1)
    extra = [Charge(code="99439", label="Each further 20 minutes", units=units, unit_price_cents=1600, amount_cents=1600 * units)]
    charges = (BASE, *(extra if units else []))
    return PatientLine(
        mrn=f"LFM-{2041 + number}",
        name=name or _name(number),
        provider=PROVIDERS[number % 3],
        counted_seconds=sum(pieces),
        code_text="99490" + ("", " + 99439", " + 99439 ×2")[units],
        charges=charges,
        amount_cents=sum(c.amount_cents for c in charges),
        evidence=ON_RECORD,
        fingerprint=f"{number * 2654435761 % 2**32:08x}",
        explanation="20 minutes were reached, so 99490 (R1).",
        entries=entry_details(pieces, number),
    )


def _name(number: int) -> str:
    name = NAMES[number % len(NAMES)]
    return name if number < len(NAMES) else f"{name} {number}"


def entry_details(pieces: list[int], number: int) -> tuple[EntryDetail, ...]:
    """Return one entry per piece of seconds, on rising days."""
    sums = [sum(pieces[: index + 1]) for index in range(len(pieces))]
    return tuple(
        EntryDetail(
            day=date(2026, 10, 1 + (index * 5 + number) % 31),
            starts=f"{9 + index:02d}:12",
            ends=f"{9 + index:02d}:{12 + piece // 60:02d}",
            activity=ACTIVITIES[(index + number) % 6],
            staff=STAFF[index % 3][0],
            credential=STAFF[index % 3][1],
            seconds=piece,
            running_seconds=total,
            crosses=total // 1200 > (total - piece) // 1200 and total < 4800,
        )
        for index, (piece, total) in enumerate(zip(pieces, sums, strict=True))
    )


def summary(lines: tuple[PatientLine, ...]) -> tuple[ServiceSummary, ...]:
    """Return the summary by code of these lines."""
    charges = [charge for line in lines for charge in line.charges]
    return tuple(
        ServiceSummary(
            code=code,
            label=label,
            patients=sum(c.code == code for c in charges),
            units=sum(c.units for c in charges if c.code == code),
            unit_price_cents=price,
            amount_cents=sum(c.amount_cents for c in charges if c.code == code),
        )
        for code, label, price in sorted({(c.code, c.label, c.unit_price_cents) for c in charges}, reverse=True)
    )


def made_invoice(*, lines: tuple[PatientLine, ...], extra_lines: tuple[ExtraLine, ...] = (), revision: int = 1) -> Invoice:
    """Return an open invoice with these lines and 115 patients not billed."""
    return Invoice(
        number="INV-2026-0406",
        revision=revision,
        state="Open",
        issuer=Issuer(
            name="Meridian Care Partners", address=("410 Harbor St, Suite 9", "Austin, TX 78701"), contact="billing@meridian.example"
        ),
        recipient=Recipient(
            name="Lakeside Family Medicine",
            bill_to=("Lakeside Family Medicine", "12 Shore Rd, Austin, TX 78703"),
            purchase_order="LFM-88120",
        ),
        month=Month(2026, 10),
        timezone="America/New_York",
        issued_on=date(2026, 11, 2),
        due_on=date(2026, 11, 30),
        terms_days=28,
        agreement_version="2026-B, from 1 Jul 2026",
        rule_set="CMS 2026.1",
        services=summary(lines),
        lines=lines,
        extra_lines=extra_lines,
        not_billed=(
            NotBilled(sentence="Under 20 minutes", patients=91),
            NotBilled(sentence="Attestation not signed", patients=12),
            NotBilled(sentence="Care-plan review overdue", patients=7),
            NotBilled(sentence="Consent missing or withdrawn", patients=3),
            NotBilled(sentence="Overlapping time entries", patients=2),
        ),
        enrolled=len(lines) + 115,
        checks=(
            Check(sentence="Lines add up to the total", detail=f"{len(lines)} lines"),
            Check(sentence="No patient billed twice", detail="checked against every vendor invoice for October"),
            Check(sentence="Every second counted once", detail="counted + excluded = raw"),
        ),
        evidence_fingerprint="9f2c41ae07d3" + "5b" * 26,
    )


def invoice_of(patients: int, *, entries: int = 6) -> Invoice:
    """Return an invoice for so many patients with so many entries each."""
    return made_invoice(lines=tuple(patient_line(number, entries=entries) for number in range(patients)))
