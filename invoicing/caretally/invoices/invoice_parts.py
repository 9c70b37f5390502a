"""What an invoice's page looks like: its parts, made once for the same invoice, lines, choices and permissions."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from markupsafe import Markup

from caretally.cms.rule_tables import RuleTables
from caretally.db.lists import PAGE_SIZE
from caretally.invoices.invoice_page import InvoicePage, LinesSaid, LinesWanted, Sums, lines_of
from caretally.invoices.line_pictures import meter, proofs
from caretally.web.parts import made_once, part

NO_LINES = LinesSaid(said="[]", many=0)


@dataclass(frozen=True, kw_only=True)
class Looked:
    """How somebody looks at the lines: what is wanted with none open, and its words as an address holds them."""

    wanted: LinesWanted
    sealed: str | None
    permissions: frozenset[str]

    @property
    def query(self) -> dict[str, Any]:
        """What an address says of it; what is as at first is left out."""
        page, only, sort = self.wanted.page, self.wanted.only, self.wanted.sort
        return {
            "q": self.sealed,
            "only": None if only == "all" else only,
            "sort": None if sort == "line" else sort,
            "page": page if page > 1 else None,
        }


class InvoiceParts(NamedTuple):
    """The parts of the page; `lines` is empty where the lines are not made once, since one is open."""

    above: Markup
    narrowed: Markup
    lines: Markup
    beside: Markup


@made_once
def invoice_parts(head: Any, sums: Sums, tables: RuleTables, *, said: LinesSaid | None, looked: Looked) -> InvoiceParts:
    """Return the parts of an invoice; `head` is the row that was just read, `said` its lines, None where one is open."""
    invoice = InvoicePage(head, sums, tables)
    made = part(
        "invoices/parts.html",
        invoice=invoice,
        invoice_id=head.id,
        shown=lines_of(said or NO_LINES, invoice, looked.wanted),
        query=looked.query,
        **for_lines(looked.permissions),
    )
    return InvoiceParts(made.above(), made.narrowed(), made.lines() if said else Markup(), made.beside())


def for_lines(permissions: frozenset[str]) -> dict[str, Any]:
    """Return what the template of the parts takes beside the invoice and its lines."""
    return {"size": PAGE_SIZE, "meter": meter, "proofs": proofs, "may": permissions.__contains__}
