"""Files of long invoices, made once in the background for each state of an invoice and kept: its bytes are the same whoever makes them."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.audit.chain import append_with_commit
from caretally.invoices.find_invoices import invoice_of, no_such_invoice
from caretally.invoices.render_pdf import invoice_pdf
from caretally.invoices.render_xlsx import invoice_xlsx
from caretally.jobs.at_work import JobAtWork
from caretally.jobs.enqueue import enqueue
from caretally.jobs.kinds import Kind

# Shorter ones are set while the browser waits, in less than two seconds.
MOST_LINES_IN_REQUEST = 200
SLOW = {"pdf": invoice_pdf, "xlsx": invoice_xlsx}
FIND = text(
    "SELECT i.client_id, i.line_count, s.seq, f.content, f.file_name, f.patients FROM invoice i CROSS JOIN LATERAL "
    "(SELECT max(o.seq) AS seq FROM invoice_state o WHERE o.vendor_id = i.vendor_id AND o.client_id = i.client_id AND o.invoice_id = i.id) s "
    "LEFT JOIN invoice_file f ON f.vendor_id = i.vendor_id AND f.client_id = i.client_id AND f.invoice_id = i.id AND f.ending = :ending "
    "AND f.state_seq = s.seq WHERE i.vendor_id = :vendor_id AND i.id = :invoice_id AND i.kind = 'invoice'"
)
KEEP = text(
    "INSERT INTO invoice_file (vendor_id, client_id, invoice_id, ending, state_seq, file_name, patients, content) "
    "VALUES (:vendor_id, :client_id, :invoice_id, :ending, :seq, :file_name, :patients, :content) "
    "ON CONFLICT (vendor_id, client_id, invoice_id, ending, state_seq) DO NOTHING"
)


@dataclass(frozen=True)
class InvoiceFile:
    """A file of an invoice as it stands: `content` is None until it was made for this state."""

    client_id: UUID
    lines: int
    seq: int
    content: bytes | None
    name: str
    patients: int

    def takes_long(self, ending: str) -> bool:
        """Tell whether it is made in the background."""
        return ending in SLOW and self.lines > MOST_LINES_IN_REQUEST


def file_of(connection: Connection, invoice_id: UUID, ending: str, *, vendor_id: UUID) -> InvoiceFile:
    """Return a file of an invoice, made or not. Raises `NoSuchInvoice`."""
    row = connection.execute(FIND, {"vendor_id": vendor_id, "invoice_id": invoice_id, "ending": ending}).one_or_none()
    if row is None:
        raise no_such_invoice()
    content = None if row.content is None else bytes(row.content)
    return InvoiceFile(row.client_id, row.line_count, row.seq, content, row.file_name or "", row.patients or 0)


def ask_for_file(connection: Connection, invoice_id: UUID, ending: str, *, seq: int) -> UUID:
    """Ask for a file to be made for a state of an invoice and return the job; asked twice it is made once."""
    return enqueue(connection, MAKE_FILE.name, {"about": invoice_id, "ending": ending}, key=f"{invoice_id} {ending} {seq}")


def note_given(connection: Connection, invoice_id: UUID, *, patients: int, form: str) -> None:
    """Add to the audit log that an invoice's patients were read, and in which form."""
    append_with_commit(connection, action="invoice.read", detail={"invoice_id": invoice_id, "patients": patients, "form": form})


def make_file(job: JobAtWork) -> str:
    """Make a file of an invoice and keep it; between reading and keeping, no transaction waits for the pages to be set."""
    invoice_id, ending = UUID(job.payload["about"]), str(job.payload["ending"])
    job.report_progress(0, 2, "steps, now reading the invoice")
    with job.transaction() as connection:
        found = file_of(connection, invoice_id, ending, vendor_id=job.vendor_id)
        invoice = invoice_of(connection, invoice_id, vendor_id=job.vendor_id)
    if found.content is None:
        job.report_progress(1, 2, "steps, now setting the pages")
        values = {
            "client_id": found.client_id,
            "invoice_id": invoice_id,
            "ending": ending,
            "seq": found.seq,
            "patients": len(invoice.lines),
        }
        kept = {"file_name": f"{invoice.shown_number.replace('/', '-')}.{ending}", "content": SLOW[ending](invoice)}
        with job.transaction() as connection:
            connection.execute(KEEP, values | kept | {"vendor_id": job.vendor_id})
    job.report_progress(2, 2, "steps")
    return f"The {ending.upper()} of {len(invoice.lines):,} lines is ready."


MAKE_FILE = Kind(
    name="make_invoice_file",
    words="Making the file of an invoice",
    run=make_file,
    permission="export",
    result=lambda payload: ("invoices.download", {"invoice_id": payload["about"], "ending": payload["ending"]}),
)
