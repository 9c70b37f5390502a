"""What needs a visitor today: a sentence for each thing that waits for somebody with their permissions, the gravest first."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from caretally.files.printed_words import counted, long_date
from caretally.money import format_dollars
from caretally.months import Month
from caretally.overview.figures import Figures

Pages = tuple[tuple[str, Mapping[str, Any]], ...]
# Who pays and checks for a practice asks about it too: an auditor and a provider who signs owe nothing.
PAYS = "ask_questions"
# Who is told of what: the permission that each owner's people have; everybody else's reasons go to whoever settles exceptions.
CURED_BY = {"clinical_supervisor": "approve_time", "billing_admin": "close_month"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """One thing to do: its sentence and detail, the pages it may lead to (the first that there is), and whether it cannot wait."""

    says: str
    detail: str
    pages: Pages
    urgent: bool = False


def tasks_of(figures: Figures, *, permissions: Collection[str], of_practice: bool) -> list[Task]:
    """Return the tasks of a visitor who holds these permissions."""
    found = list(_of_practice(figures, permissions) if of_practice else _of_vendor(figures))
    return [task for permission, task in found if permission in permissions]


def _of_practice(figures: Figures, permissions: Collection[str]) -> Iterator[tuple[str, Task]]:
    waits = figures.waits
    pages: Pages
    if waits["overdue"]:
        yield PAYS, _past_due(waits, detail="Payments are not kept here yet: what you have paid is among them.")
    if waits["open"] > waits["overdue"]:
        says = f"{counted(waits['open'], 'invoice is', 'invoices are')} open, {format_dollars(waits['open_cents'])}"
        pages = (("invoices.listed", {"state": "open"}),)
        yield PAYS, Task(says=says, detail=f"The next is due {long_date(waits['next_due'])}.", pages=pages)
    if waits["answered"]:
        says = f"{counted(waits['answered'], 'question of yours has an answer', 'questions of yours have answers')}"
        detail = "Accept it, or ask on; the invoice stands until then."
        yield PAYS, Task(says=says, detail=detail, pages=(("questions.listed", {}),))
    for month in figures.months[:1]:
        if month.held:
            says = f"{counted(month.held, 'patient is', 'patients are')} held in {month.month.first_day:%B}"
            pages = (("patients_of_month.listed", {"month": month.month, "outcome": "held"}),)
            detail = "Some of it only your practice can cure: the month says what waits on whom."
            yield "attest" if "attest" in permissions else PAYS, Task(says=says, detail=detail, pages=pages)


def _of_vendor(figures: Figures) -> Iterator[tuple[str, Task]]:
    waits, month = figures.waits, Month.of(figures.waits["month"])
    pages: Pages
    yield from _of_own(waits)
    yield from _of_close(waits, month)
    yield from _of_money(waits)
    if waits["unapproved"]:
        says = f"{counted(waits['unapproved'], 'entry waits', 'entries wait')} for approval"
        pages = (("time_approvals.listed", {}), ("months.show", {"month": month}))
        yield "approve_time", Task(says=says, detail="Manual time counts once it is approved.", pages=pages, urgent=True)
    if waits["refused_rows"]:
        says = f"{counted(waits['refused_rows'], 'row', 'rows')} of imports refused"
        pages = (("imports.listed", {}), ("months.show", {"month": month}))
        yield "import", Task(says=says, detail="Correct them and import the file again.", pages=pages)
    yield from _of_reasons(figures)
    if waits["waivers_ending"]:
        says = f"{counted(waits['waivers_ending'], 'waiver ends', 'waivers end')} within 30 days"
        pages = (("exceptions.listed", {}), ("months.show", {"month": month}))
        yield "waive_gates", Task(says=says, detail="What they waive holds patients again after that.", pages=pages)
    if waits["overpayments"]:
        says = f"{counted(waits['overpayments'], 'overpayment review is', 'overpayment reviews are')} under way"
        yield "credit_invoice", Task(says=says, detail="A closed month turned out unsupported.", pages=(("invoices.listed", {}),))
    near = next((one.near for one in figures.months if one.closed < one.clients), 0)
    if near:
        says = f"{counted(near, 'patient is', 'patients are')} within 5 minutes of a code"
        pages = (("forecast.show", {"month": Month.of(waits["open_month"])}),)
        yield "read_forecast", Task(says=says, detail="The forecast says whom a call helps most.", pages=pages)


def _of_own(waits: Mapping[str, Any]) -> Iterator[tuple[str, Task]]:
    pages: Pages
    if waits["returned"]:
        says = f"{counted(waits['returned'], 'entry of yours was', 'entries of yours were')} sent back"
        pages = (("time.logged", {"logged_id": waits["returned_id"]}),)
        yield "log_time", Task(says=says, detail="Each says why; put it right and it waits for approval anew.", pages=pages, urgent=True)
    if waits["assigned"]:
        says = f"{counted(waits['assigned'], 'exception is', 'exceptions are')} assigned to you"
        pages = (("exceptions.listed", {"month": "all", "assignee": "me"}),)
        yield "settle_exceptions", Task(says=says, detail="Each says what fixes it and by when.", pages=pages)
    if waits["timers"]:
        yield "log_time", Task(says="Your timer is not stopped", detail="It counts until you stop it.", pages=(("time.show", {}),))
    if waits["unconfirmed"]:
        says = f"{counted(waits['unconfirmed'], 'note of yours is', 'notes of yours are')} not confirmed"
        pages = (("time.logged", {"logged_id": waits["unconfirmed_id"]}),)
        yield "log_time", Task(says=says, detail="The oldest comes first; read it and confirm it.", pages=pages)


def _of_close(waits: Mapping[str, Any], month: Month) -> Iterator[tuple[str, Task]]:
    words = f"{month.first_day:%B}"
    pages: Pages

    def at(show: str) -> Pages:
        return (("months.show", {"month": month, "show": show}),)

    if waits["parked"]:
        says = f"{counted(waits['parked'], 'client is', 'clients are')} parked in {words}"
        yield "close_month", Task(says=says, detail="Each says why, and what to do.", pages=at("parked"), urgent=True)
    if waits["to_preview"]:
        says = f"Preview {words} for {counted(waits['to_preview'], 'client', 'clients')}"
        detail = f"{waits['closed']} of {waits['clients']} are closed."
        yield "close_month", Task(says=says, detail=detail, pages=at("open"))
    if waits["previewed"]:
        says = f"Close {words} for {counted(waits['previewed'], 'client', 'clients')}"
        yield "close_month", Task(says=says, detail="They are previewed and wait for the close.", pages=at("ready"))
    if waits["without_agreement"]:
        says = f"{counted(waits['without_agreement'], 'client has', 'clients have')} no agreement today"
        pages = (("replay.listed", {}), ("months.show", {"month": Month.of(waits["open_month"])}))
        yield "change_agreements", Task(says=says, detail="Without one their month cannot be closed.", pages=pages)


def _of_money(waits: Mapping[str, Any]) -> Iterator[tuple[str, Task]]:
    if waits["questions"]:
        says = f"{counted(waits['questions'], 'question of a practice waits', 'questions of practices wait')} for an answer"
        disputed = f", {format_dollars(waits['disputed_cents'])} disputed" if waits["disputed_cents"] else ""
        detail = f"The first by {long_date(waits['answer_by'])}{disputed}."
        yield "answer_questions", Task(says=says, detail=detail, pages=(("questions.listed", {}),))
    filing = [
        counted(waits[name], *words)
        for name, words in (
            ("filing_held", ("held patient", "held patients")),
            ("filing_open", ("client's month not closed", "clients' months not closed")),
        )
        if waits[name]
    ]
    if filing:
        says = f"Filing time runs out: {' and '.join(filing)}"
        detail = "A claim is filed within a year of the service; settle what holds it and bill it."
        pages: Pages = (("months.newest", {}),)
        if waits["filing_month"]:
            oldest = Month.of(waits["filing_month"])
            detail += f" The oldest are of {oldest.first_day:%B %Y}."
            pages = (("exceptions.listed", {"month": str(oldest), "outcome": "held"}), *pages)
        yield "close_month", Task(says=says, detail=detail, pages=pages, urgent=True)
    if waits["drafts"]:
        says = f"Send {counted(waits['drafts'], 'invoice', 'invoices')}, {format_dollars(waits['draft_cents'])}"
        yield "send_invoice", Task(says=says, detail="They are drafts; the practices do not owe them yet.", pages=(("invoices.send", {}),))
    if waits["overdue"]:
        detail = f"of {format_dollars(waits['open_cents'])} open in all. Payments are not kept here yet: what was paid is among them."
        yield "read_invoices", _past_due(waits, detail=detail)


def _past_due(waits: Mapping[str, Any], *, detail: str) -> Task:
    says = f"{counted(waits['overdue'], 'invoice is', 'invoices are')} past the due day, {format_dollars(waits['overdue_cents'])}"
    return Task(says=says, detail=detail, pages=(("invoices.listed", {"state": "overdue"}),))


def _of_reasons(figures: Figures) -> Iterator[tuple[str, Task]]:
    pages: Pages
    for month in figures.months[:1]:
        for reason in figures.reasons[:4]:
            says = f"{reason.label}: {counted(reason.patients, 'patient', 'patients')}, {format_dollars(reason.held_cents)}"
            detail = f"held in {month.month.first_day:%B}, waiting on {reason.owner.replace('_', ' ')}"
            pages = (
                ("exceptions.listed", {"month": str(month.month), "code": reason.code, "outcome": "held"}),
                ("months.show", {"month": month.month, "show": "review"}),
            )
            yield CURED_BY.get(reason.owner, "settle_exceptions"), Task(says=says, detail=detail, pages=pages)
