"""An invoice as its page shows it: the whole at one look, and the lines of one page, in three queries however many lines there are.

What can change is asked each time (`invoice_head`, `lines_now`, `lines_chosen`). What cannot, since lines, their month and its patients are frozen, is read
once and given in again (`sums_of`, `printed_lines`). Lines come as texts of JSON, which need not be read where the same texts were made into markup before.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, TextClause, text

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
from caretally.patients.roster import name_patterns
from caretally.tenancy.read_rows import Statement, read_rows

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
# A name is found without its marks too, as the search finds it.
MATCHES = r""" AND (patient_name ILIKE :pattern OR mrn ILIKE :pattern OR cardinality(CAST(:looked_for AS text[])) > 0
        AND lower(regexp_replace(normalize(patient_name, NFKD), '[\u0300-\u036f]', '', 'g')) LIKE ALL (CAST(:looked_for AS text[])))"""
# What a line shows of its patient-month; the line that is open needs all of it.
SHOWN = ", ".join(
    f"p.{name}"
    for name in (
        "id patient_id mrn patient_name provider_name codes units clinical_seconds qhp_seconds consent_on plan_version reviewed_on".split()
    )
)
# The charges of each line, which the line that is open shows.
CHARGES = """
       (SELECT jsonb_agg(jsonb_build_object('id', l.id, 'code', l.code, 'units', l.units, 'cents', l.amount_cents) ORDER BY l.line_number)
        FROM invoice_line l WHERE l.vendor_id = :vendor_id AND l.client_id = :client_id AND l.invoice_id = :invoice_id
          AND l.line_number BETWEEN shown.first_line AND shown.last_line AND l.patient_month_id = shown.patient_month_id) AS charges,
       """
AS_TEXT = "SELECT json_agg(said)::text AS said, count(*)::int AS many FROM ({}) said"
DATES = ("consent_on", "reviewed_on")
# Behind every line of an invoice.
NO_LINE = 2**31 - 1
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
    """One patient of an invoice; `row` is the row of `patient_month`, `number` the line's in print, `going_on` tells of an open question.

    `charges` are those of a page on which a line is open, and empty on others.
    """

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


@dataclass(frozen=True, eq=False)
class Sums:
    """What `sums.sql` gives: it is the same for ever, so that one of them is told from another by itself."""

    row: Mapping[str, Any]

    @property
    def letters(self) -> int:
        """About how much is kept with it."""
        return len(str(self.row))


@dataclass(frozen=True, kw_only=True)
class PrintedLines:
    """What never changes of a page of lines in the order of the print: JSON in a text, its patients as an array in SQL, and how many they are."""

    said: str
    patients: str
    many: int

    @property
    def letters(self) -> int:
        """How much is kept with it."""
        return len(self.said) + len(self.patients)


@dataclass(frozen=True, kw_only=True)
class LinesSaid:
    """The lines of one page as JSON in texts that tell them from all others, and how many they are.

    `signed` (by patient) and `asked` (threads and whether one goes on, by patient-month) are what can change, where the lines do not say it themselves.
    """

    said: str
    many: int
    signed: str | None = None
    asked: str | None = None

    @property
    def letters(self) -> int:
        """How much is kept with it."""
        return sum(len(one or "") for one in (self.said, self.signed, self.asked))


class InvoicePage:
    """An invoice without its lines: `row` is what `head.sql` and `sums.sql` give, and every sum on it is one over the lines."""

    def __init__(self, head: Any, sums: Sums, tables: RuleTables) -> None:
        """Take the rows and the tables that its words come from."""
        row: Mapping[str, Any] = {**sums.row, **head._asdict()}
        self.head, self.sums, self.row, self.tables = head, sums, row, tables
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
def quick_statement(name: str) -> Statement:
    """Return a statement of this capability that is read past SQLAlchemy."""
    return Statement((FOLDER / f"{name}.sql").read_text(encoding="utf-8").replace("{columns}", SHOWN))


@cache
def printed_statement() -> Statement:
    """Return the statement of what never changes of a page of all lines in the order of the print, as one text."""
    written = (FOLDER / "lines_of_page.sql").read_text(encoding="utf-8").replace("{columns}", SHOWN)
    return Statement(
        f"SELECT json_agg(said)::text AS said, coalesce(array_agg(said.patient_id), '{{}}')::text AS patients, count(*)::int AS many FROM ({written}) said"
    )


@cache
def now_statement() -> Statement:
    """Return the statement of what can change of these lines."""
    return Statement(with_parts("lines_now", {}))


@cache
def chosen_statement(sort: str, *, looked_for: bool) -> Statement:
    """Return the statement of a page of some lines or in another order, as one text."""
    return Statement(AS_TEXT.format(lines_written(sort, looked_for=looked_for, whole=False)))


@cache
def lines_statement(sort: str, *, looked_for: bool) -> TextClause:
    """Return the statement of a page of lines of which one is open."""
    return text(lines_written(sort, looked_for=looked_for, whole=True))


def lines_written(sort: str, *, looked_for: bool, whole: bool) -> str:
    """Return the statement of a page of lines in one of the orders known; `looked_for` tells of words, `whole` that a line is open."""
    by_patient = looked_for or sort.lstrip("-") in OF_PATIENT
    parts = {
        "{order}": SORTS.get(sort, SORTS["line"]),
        "{columns}": "p.*" if whole else SHOWN,
        "{charges}": CHARGES if whole else "",
        "{looked_for}": PATIENTS if by_patient else " FROM numbered",
        "{matches}": MATCHES if looked_for else "",
    }
    return with_parts("lines_on_page", parts)


def with_parts(name: str, parts: Mapping[str, str]) -> str:
    """Return a statement of lines with its parts in their places, the questions asked about the lines among them."""
    written = (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    for place, part in {"{asked}": (FOLDER / "asked_of_lines.sql").read_text(encoding="utf-8"), **parts}.items():
        written = written.replace(place, part)
    return written


def invoice_head(connection: Connection, invoice_id: UUID, *, vendor_id: UUID) -> Any:
    """Return the row of `head.sql`: that there is one tells that the visitor may see the invoice. Raises `NoSuchInvoice`."""
    found = read_rows(connection, quick_statement("head"), {"vendor_id": vendor_id, "invoice_id": invoice_id})
    if not found:
        raise no_such_invoice()
    return found[0]


def sums_of(connection: Connection, head: Any) -> Sums:
    """Add up the lines of an invoice whose head was read in this transaction."""
    key = {"vendor_id": head.vendor_id, "client_id": head.client_id, "invoice_id": head.id, "size": PAGE_SIZE}
    [row] = read_rows(connection, quick_statement("sums"), key)
    return Sums(row._asdict())


def invoice_page(connection: Connection, invoice_id: UUID, *, vendor_id: UUID) -> InvoicePage:
    """Return the invoice without its lines, all of it asked for. Raises `NoSuchInvoice`."""
    head = invoice_head(connection, invoice_id, vendor_id=vendor_id)
    return InvoicePage(head, sums_of(connection, head), kept_rule_tables(connection, head.rule_tables_now))


def in_print(sums: Sums, wanted: LinesWanted) -> bool:
    """Tell whether all lines are wanted in the order of the print, of which pages can be cut by the invoice's own line numbers."""
    return bool(wanted.only == "all" and wanted.sort == "line" and not wanted.words and sums.row["page_starts"])


def is_page_of_print(sums: Sums, page: int) -> bool:
    """Tell whether the print has this page."""
    return page <= len(sums.row["page_starts"])


def printed_lines(connection: Connection, head: Any, sums: Sums, wanted: LinesWanted) -> PrintedLines:
    """Return what never changes of a page in the order of the print; the invoice's head was read in this transaction."""
    starts = [*sums.row["page_starts"], NO_LINE]
    key = _key(head, sums, wanted) | {"from_line": starts[wanted.page - 1], "until_line": starts[wanted.page]}
    [found] = read_rows(connection, printed_statement(), key)
    return PrintedLines(said=found.said, patients=found.patients, many=found.many)


def lines_now(connection: Connection, head: Any, sums: Sums, wanted: LinesWanted, printed: PrintedLines) -> LinesSaid:
    """Return a page in the order of the print as it is now."""
    key = _key(head, sums, wanted) | {"month": head.month, "patients": printed.patients, "questioned": head.questioned}
    [found] = read_rows(connection, now_statement(), key)
    return LinesSaid(said=printed.said, many=printed.many, signed=found.signed or "{}", asked=found.asked or "{}")


def lines_chosen(connection: Connection, head: Any, sums: Sums, wanted: LinesWanted) -> LinesSaid:
    """Return a page of some lines or in another order, with none open."""
    [found] = read_rows(connection, chosen_statement(wanted.sort, looked_for=bool(wanted.words)), _key(head, sums, wanted))
    return LinesSaid(said=found.said or "[]", many=found.many)


def lines_of(said: LinesSaid, invoice: InvoicePage, wanted: LinesWanted) -> LinesOnPage:
    """Return the lines that texts of JSON say."""
    rows = json.loads(said.said)
    if said.signed is not None and said.asked is not None:
        rows = list(_with_now(rows, signed=json.loads(said.signed), asked=json.loads(said.asked)))
    # The plain page does not say how many there are in all: the sums do.
    every = {"found": invoice.row["patients"], "found_cents": invoice.row["patients_cents"]}
    first = every | rows[0] if rows else {"found": 0, "found_cents": 0}
    lines = tuple(_line(_with_days(row), invoice) for row in rows)
    return LinesOnPage(lines=lines, found=first["found"], found_cents=first["found_cents"], wanted=wanted)


def _with_now(rows: Iterable[dict[str, Any]], *, signed: Mapping[str, str], asked: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        threads, going_on = asked.get(row["id"], (0, False))
        yield row | {"signed_at": signed.get(row["patient_id"]), "threads": threads, "going_on": going_on}


def lines_on_page(connection: Connection, invoice: InvoicePage, wanted: LinesWanted) -> LinesOnPage:
    """Return the lines wanted with all that is known of them, a page of which one may be open."""
    key = _key(invoice.head, invoice.sums, wanted)
    rows = connection.execute(lines_statement(wanted.sort, looked_for=bool(wanted.words)), key).mappings().all()
    lines = tuple(_line(row, invoice) for row in rows)
    first = rows[0] if rows else {"found": 0, "found_cents": 0}
    return LinesOnPage(lines=lines, found=first["found"], found_cents=first["found_cents"], wanted=wanted)


def _key(head: Any, sums: Sums, wanted: LinesWanted) -> dict[str, Any]:
    return {
        "vendor_id": head.vendor_id,
        "client_id": head.client_id,
        "invoice_id": head.id,
        "timezone": sums.row["bill"]["client"]["timezone"],
        "only": wanted.only,
        "size": PAGE_SIZE,
        "start": (wanted.page - 1) * PAGE_SIZE,
    } | ({"pattern": literal_pattern(wanted.words), "looked_for": name_patterns(wanted.words)} if wanted.words else {})


def _with_days(row: dict[str, Any]) -> dict[str, Any]:
    days = {name: row[name] and date.fromisoformat(row[name]) for name in DATES}
    return row | days | {"signed_at": row["signed_at"] and datetime.fromisoformat(row["signed_at"])}


def _line(row: Mapping[Any, Any], invoice: InvoicePage) -> LineOnPage:
    return LineOnPage(
        number=row["number"],
        row={**row, "starts_at": invoice.row["starts_at"], "ends_at": invoice.row["ends_at"], "timezone": invoice.client["timezone"]},
        charges=tuple(_charges(row.get("charges", ()), invoice)),
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
