"""An invoice as its page shows it: the whole at one look, and the lines of one page, in three queries however many lines there are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, TextClause, text

from caretally.cms.kept_rule_tables import kept_rule_tables
from caretally.cms.rule_tables import RuleTables
from caretally.db.lists import PAGE_SIZE, literal_pattern, page_count
from caretally.evaluation.claim_words import claim_text
from caretally.invoices.build_invoice import (
    BASIS_WORDS,
    EXTRA_LABELS,
    checks_of,
    evidence_of,
    issuer_of,
    label_without_code,
    service_label,
)
from caretally.invoices.document import Evidence, ServiceSummary
from caretally.invoices.find_invoices import no_such_invoice
from caretally.months import Month
from caretally.patient_months.behind import thresholds_of

ONLY = ("all", "addons", "questioned")
SORTS = {
    "line": "number",
    "name": "lower(patient_name), number",
    "-name": "lower(patient_name) DESC, number",
    "minutes": "counted_seconds, number",
    "-minutes": "counted_seconds DESC, number",
    "amount": "cents, number",
    "-amount": "cents DESC, number",
}
# The sorts that need more of a patient than the invoice's lines say, and what gives it.
OF_PATIENT = ("name", "minutes")
PATIENTS = (
    ", p.mrn, p.patient_name, p.clinical_seconds + p.qhp_seconds AS counted_seconds FROM numbered JOIN patient_month p "
    "ON p.vendor_id = :vendor_id AND p.client_id = :client_id AND p.id = numbered.patient_month_id"
)
# What a line shows of its patient-month; the line that is open needs all of it.
SHOWN = ", ".join(
    f"p.{name}"
    for name in (
        "id patient_id mrn patient_name provider_name codes units clinical_seconds qhp_seconds consent_on plan_version reviewed_on".split()
    )
)
FOLDER = Path(__file__).parent


@dataclass(frozen=True, kw_only=True, slots=True)
class LinesWanted:
    """Which lines of an invoice are shown, in which order, and the number of the one whose entries are shown (None: of none)."""

    words: str = ""
    only: str = "all"
    sort: str = "line"
    page: int = 1
    opened: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChargeOfLine:
    """One line of the invoice about a patient; `id` is what a question is asked about, cents are the vendor's price."""

    id: UUID
    code: str
    label: str
    units: int
    cents: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LineOnPage:
    """One patient of an invoice; `row` is the row of `patient_month`, `number` the line's in print, `going_on` tells of an open question."""

    number: int
    row: Mapping[str, Any]
    charges: tuple[ChargeOfLine, ...]
    amount_cents: int
    counted_seconds: int
    code_text: str
    evidence: Evidence
    thresholds_seconds: tuple[int, ...]
    threads: int
    going_on: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class LinesOnPage:
    """The lines of one page, how many were found in all and what those come to in cents."""

    lines: tuple[LineOnPage, ...]
    found: int
    found_cents: int
    wanted: LinesWanted

    @property
    def pages(self) -> int:
        """The number of pages, at least 1."""
        return page_count(self.found)


class InvoicePage:
    """An invoice without its lines: `row` is what `head.sql` gives, and every sum on it is one over the lines."""

    def __init__(self, row: RowMapping, tables: RuleTables) -> None:
        """Take the row and the tables that its words come from."""
        self.row, self.tables = row, tables
        self.month = Month.of(row["month"])
        self.client: Mapping[str, Any] = row["bill"]["client"]
        self.issuer = issuer_of(row["bill"]["vendor"])
        self.flat_label = label_without_code(row["agreement"])
        self.agreement = f"{BASIS_WORDS[row['agreement']['basis']]}, from {row['agreement']['valid_from']}"
        self.checks = checks_of(row, row["patients"])
        self.terms_days = (row["due_on"] - row["issued_on"]).days

    @property
    def services(self) -> tuple[ServiceSummary, ...]:
        """The summary by service, as it is printed."""
        return tuple(ServiceSummary(**one, label=service_label(one["code"], self.tables, self.flat_label)) for one in self.row["services"])

    @property
    def extras(self) -> list[tuple[str, int]]:
        """Label and cents of the lines that are no patient's."""
        return [(EXTRA_LABELS[one["kind"]], one["amount_cents"]) for one in self.row["extras"]]

    @property
    def not_billed(self) -> list[tuple[str, str, int]]:
        """Code, words and number of patients of each reason, the most first; with those billed they are all who were enrolled."""
        told = [(one["code"], self.tables.gates[one["code"]].label, one["patients"]) for one in self.row["not_billed"]]
        return sorted(told, key=lambda reason: (-reason[2], reason[1]))


@cache
def statement(name: str) -> TextClause:
    """Return a statement of this capability by the name of its file."""
    return text((FOLDER / f"{name}.sql").read_text(encoding="utf-8"))


@cache
def lines_statement(sort: str, *, looked_for: bool, whole: bool) -> TextClause:
    """Return the statement of a page of lines in one of the orders known; `looked_for` tells of words, `whole` that a line is open."""
    by_patient = looked_for or sort.lstrip("-") in OF_PATIENT
    parts = {
        "{order}": SORTS.get(sort, SORTS["line"]),
        "{columns}": "p.*" if whole else SHOWN,
        "{looked_for}": PATIENTS if by_patient else " FROM numbered",
        "{matches}": " AND (patient_name ILIKE :pattern OR mrn ILIKE :pattern)" if looked_for else "",
    }
    written = (FOLDER / "lines_on_page.sql").read_text(encoding="utf-8")
    for place, part in parts.items():
        written = written.replace(place, part)
    return text(written)


def invoice_page(connection: Connection, invoice_id: UUID, *, vendor_id: UUID) -> InvoicePage:
    """Return the invoice without its lines. Raises `NoSuchInvoice`."""
    row = connection.execute(statement("head"), {"vendor_id": vendor_id, "invoice_id": invoice_id}).mappings().one_or_none()
    if row is None:
        raise no_such_invoice()
    return InvoicePage(row, kept_rule_tables(connection, row["rule_tables_now"]))


def lines_on_page(connection: Connection, invoice: InvoicePage, wanted: LinesWanted) -> LinesOnPage:
    """Return the lines wanted, a page of them."""
    key = {
        **{name: invoice.row[name] for name in ("vendor_id", "client_id")},
        "invoice_id": invoice.row["id"],
        "timezone": invoice.client["timezone"],
        "only": wanted.only,
        "size": PAGE_SIZE,
        "start": (wanted.page - 1) * PAGE_SIZE,
    } | ({"pattern": literal_pattern(wanted.words)} if wanted.words else {})
    asked = lines_statement(wanted.sort, looked_for=bool(wanted.words), whole=wanted.opened is not None)
    rows = connection.execute(asked, key).mappings().all()
    lines = tuple(_line(row, invoice) for row in rows)
    first = rows[0] if rows else {"found": 0, "found_cents": 0}
    return LinesOnPage(lines=lines, found=first["found"], found_cents=first["found_cents"], wanted=wanted)


def _line(row: RowMapping, invoice: InvoicePage) -> LineOnPage:
    return LineOnPage(
        number=row["number"],
        row={**row, "starts_at": invoice.row["starts_at"], "ends_at": invoice.row["ends_at"], "timezone": invoice.client["timezone"]},
        charges=tuple(_charges(row["charges"], invoice)),
        amount_cents=row["cents"],
        counted_seconds=row["clinical_seconds"] + row["qhp_seconds"],
        code_text=claim_text(row["codes"], row["units"]),
        evidence=evidence_of(row, row["signed_at"], required=invoice.row["agreement"]["attestation_required"]),
        thresholds_seconds=thresholds_of(invoice.tables, row["codes"], row["units"]),
        threads=row["threads"],
        going_on=row["going_on"],
    )


def _charges(charges: Iterable[Mapping[str, Any]], invoice: InvoicePage) -> Iterable[ChargeOfLine]:
    for one in charges:
        label = service_label(one["code"], invoice.tables, invoice.flat_label)
        yield ChargeOfLine(id=UUID(one["id"]), code=one["code"], label=label, units=one["units"], cents=one["cents"])
