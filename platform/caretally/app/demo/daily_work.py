"""What the people of the demo did lately on the pages, by the functions of those pages and in their own names: what waits for each is theirs to do."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle, product
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, text

from caretally.app.demo.personas import personas
from caretally.app.installation import Installation, Vendor
from caretally.carelog.approvals import Chosen, Wanted, send_back, waiting
from caretally.carelog.call_protocol import checklist_of, drafted_note
from caretally.carelog.desk import desk_of_actor
from caretally.carelog.entries import Work, keep_clocked, keep_written
from caretally.carelog.logged import Note, confirm_note, find_logged
from caretally.db.engines import practice_engine
from caretally.forecast.work import FORECAST_MONTH
from caretally.identity.memberships import Member, members
from caretally.identity.roles import Role
from caretally.jobs.enqueue import enqueue
from caretally.months import Month
from caretally.questions.ask import Asked, ask
from caretally.questions.say import say
from caretally.settling.acts import Act, NothingMatches, do_act, tell_act
from caretally.settling.filters import Filters
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction

As = Callable[[Role], AbstractContextManager[Connection]]
# Before the office opens, when nobody has anything else on their calendar, and after it closes.
MORNING, EVENING = 7 * 60 + 4, 18 * 60 + 34
CALLS: tuple[tuple[int, tuple[str, ...], dict[str, str]], ...] = (
    (9, ("medication", "readings"), {"readings": "home pressure 128 over 76 on most mornings"}),
    (11, ("medication", "symptoms", "visits"), {"visits": "eye examination on record"}),
    (8, (), {}),
)
BY_HAND = (
    (12, "Called back from the on-call phone; the timer was not at hand."),
    (9, "The page was closed by an update in the middle of the call."),
    (14, "Spoke with the pharmacy from the car park of the clinic."),
)
SENT_BACK = "The dialer shows this call for seven minutes; please correct the hours or tell what else was done."
ASSIGNED = ("CARE_PLAN_REVIEW_OVERDUE", "CHRONIC_CONDITIONS_LT_2")
DAYS_FOR_WORK, DAYS_TO_ANSWER = 5, 10
PATIENTS = text(
    "SELECT t.client_id, t.patient_id, c.timezone FROM time_entry t JOIN client c USING (vendor_id, client_id) "
    "WHERE t.vendor_id = (SELECT tenancy.current_vendor()) AND t.staff_id = :staff_id AND t.program = 'CCM' AND t.started_at >= :since "
    "GROUP BY 1, 2, 3 ORDER BY max(t.started_at) DESC, t.patient_id LIMIT :most"
)
KNOWN = text(
    "SELECT EXISTS (SELECT FROM logged_time WHERE vendor_id = (SELECT tenancy.current_vendor()) AND staff_id = :staff_id AND source IN ('timer', 'manual'))"
)
ACTED = text("SELECT EXISTS (SELECT FROM exception_act WHERE vendor_id = (SELECT tenancy.current_vendor()) AND id = :act_id)")
CODE = text("SELECT client_id FROM client WHERE vendor_id = (SELECT tenancy.current_vendor()) AND code = :code")
LINES = text(
    "SELECT l.invoice_id, l.id, l.amount_cents FROM invoice_line l JOIN invoice i "
    "ON (i.vendor_id, i.client_id, i.id) = (l.vendor_id, l.client_id, l.invoice_id) "
    "WHERE i.vendor_id = (SELECT tenancy.current_vendor()) AND i.kind = 'invoice' AND i.month = :month "
    "AND l.patient_month_id IS NOT NULL ORDER BY l.amount_cents DESC, l.id LIMIT 2"
)


@dataclass(frozen=True, kw_only=True)
class Crew:
    """A vendor's people by role, and how each of them opens a transaction."""

    vendor: Vendor
    people: dict[str, Member]
    acting: As

    def key(self, what: str) -> UUID:
        """Return the id that a form for this has at this vendor, the same in every run."""
        return uuid5(NAMESPACE_URL, f"demo.caretally.example/{self.vendor.id}/{what}")


def ensure_daily_work(here: Installation, vendors: list[Vendor], *, month: Month, today: date) -> None:
    """Do what each person of the demo did lately, once: time on the last working day before `today`, exceptions of `month`, questions about the one before.

    The month under way is asked to be forecast, once a day; the demo's worker does it.
    """
    for vendor in vendors:
        with _crew(here, vendor) as crew:
            _log_time(crew, today)
            _send_one_back(crew)
            _assign(crew, month, today)
            _ask_and_answer(crew, month.previous())
            _ask_for_forecast(crew, today)


@contextmanager
def _crew(here: Installation, vendor: Vendor) -> Iterator[Crew]:
    practice = practice_engine(here.url, roles=here.roles, secret=here.secret, pool_size=1)
    own = {one.email for one in personas() if one.vendor == vendor.slug}
    with vendor.transaction() as connection:
        people = {one.role: one for one in members(connection) if one.email in own}
        codes = {code for one in people.values() for code in one.clients}
        clients = {code: connection.scalars(CODE, {"code": code}).one() for code in codes}

    def acting(role: Role) -> AbstractContextManager[Connection]:
        actor = f"person:{people[role].account_id}"
        if not people[role].clients:
            return here.transaction(vendor.id, actor=actor)
        context = TenantContext(vendor.id, actor, tuple(clients[code] for code in people[role].clients))
        return tenant_transaction(practice, context, secret=here.secret)

    try:
        yield Crew(vendor=vendor, people=people, acting=acting)
    finally:
        practice.dispose()


def _log_time(crew: Crew, today: date) -> None:
    """Let the nurse have run the timer for patients of theirs, the last note being still a draft, and written time by hand."""
    day = next(day for back in range(1, 4) if (day := today - timedelta(days=back)).weekday() < 5)
    with crew.acting(Role.CLINICAL_STAFF) as connection:
        desk = desk_of_actor(connection)
        if connection.scalar(KNOWN, {"staff_id": desk.staff_id}):
            return
        wanted = {"staff_id": desk.staff_id, "since": today - timedelta(days=120), "most": len(CALLS) + len(BY_HAND)}
        patients = cycle(connection.execute(PATIENTS, wanted).all())
        start = MORNING
        for (minutes, points, findings), patient in zip(CALLS, patients, strict=False):
            work = _work(patient, desk.staff_id, day, start, minutes)
            logged_id = keep_clocked(connection, work, timer_id=crew.key(f"timer at {start}"))
            start += minutes + 3
            if logged_id is not None and points:
                note = Note(drafted_note(points, findings), "call", "live", False, checklist_of(points, findings))  # noqa: FBT003
                confirm_note(connection, logged_id, note, seen=find_logged(connection, logged_id).version)
        start = EVENING
        for (minutes, reason), patient in zip(BY_HAND, patients, strict=False):
            keep_written(connection, _work(patient, desk.staff_id, day, start, minutes), key=crew.key(f"by hand at {start}"), reason=reason)
            start += minutes + 4


def _work(patient: Row[tuple[UUID, UUID, str]], staff_id: UUID, day: date, start: int, minutes: int) -> Work:
    begins = datetime.combine(day, time(start // 60, start % 60), ZoneInfo(patient.timezone))
    pieces = [(begins, begins + timedelta(minutes=minutes))]
    ids = {"client_id": patient.client_id, "patient_id": patient.patient_id}
    return Work(**ids, staff_id=staff_id, program="CCM", activity="call", pieces=pieces)


def _send_one_back(crew: Crew) -> None:
    """Let the supervisor have sent back the first entry by hand that nobody decided on."""
    with crew.acting(Role.CLINICAL_STAFF) as connection:
        staff_id = desk_of_actor(connection).staff_id
    with crew.acting(Role.CLINICAL_SUPERVISOR) as connection:
        own = [one for one in waiting(connection, Wanted(staff_id=staff_id)) if one.reason == BY_HAND[0][1] and one.logged_id]
        for one in own[:1]:
            assert one.logged_id is not None
            if not find_logged(connection, one.logged_id).decided_by:
                name = crew.people[Role.CLINICAL_SUPERVISOR].name
                send_back(connection, [Chosen.of(one.token)], because=SENT_BACK, name=name)


def _assign(crew: Crew, month: Month, today: date) -> None:
    """Let the billing admin have given the coordinator what is the coordinator's to cure, to be done within days."""
    vendor_id, coordinator = crew.vendor.id, crew.people[Role.COORDINATOR].id
    acts = (Act(kind="assign", to=coordinator), Act(kind="due", on=today + timedelta(days=DAYS_FOR_WORK)))
    for code, act in product(ASSIGNED, acts):
        filters, act_id = Filters(month=month, code=code), crew.key(f"{act.kind} {code} of {month}")
        with crew.acting(Role.BILLING_ADMIN) as connection, suppress(NothingMatches):
            if not connection.scalar(ACTED, {"act_id": act_id}):
                seen = tell_act(connection, filters, act.kind, vendor_id=vendor_id).seen
                do_act(connection, filters, act, vendor_id=vendor_id, act_id=act_id, seen=seen)


def _ask_and_answer(crew: Crew, month: Month) -> None:
    """Let the practice have asked about one line of a sent invoice, which was answered, and disputed another, which waits."""
    practice, billing = crew.people[Role.PRACTICE_ADMINISTRATOR], crew.people[Role.BILLING_ADMIN]
    vendor_id, by = crew.vendor.id, datetime.now(UTC).date() + timedelta(days=DAYS_TO_ANSWER)
    question, dispute = crew.key("question"), crew.key("dispute")
    with crew.acting(Role.PRACTICE_ADMINISTRATOR) as connection:
        lines = connection.execute(LINES, {"month": month.first_day}).all()
        if len(lines) < 2:
            return
        about = [{"invoice_id": line.invoice_id, "invoice_line_id": line.id, "answer_by": by} for line in lines]
        asked = Asked(id=question, kind="question", said="Who spoke with the patient on the longest of these calls?", **about[0])
        new = ask(connection, asked, vendor_id=vendor_id, name=practice.name)
        said = "Our chart shows a visit on the day of the last call. Was the call a part of it?"
        disputed = Asked(id=dispute, kind="dispute", said=said, disputed_cents=lines[1].amount_cents, **about[1])
        ask(connection, disputed, vendor_id=vendor_id, name=practice.name)
    if new:
        with crew.acting(Role.BILLING_ADMIN) as connection:
            answer = "One of our registered nurses; each entry of the line names who it was and where they are licensed."
            say(connection, question, "answer", answer, seen=1, vendor_id=vendor_id, name=billing.name)


def _ask_for_forecast(crew: Crew, today: date) -> None:
    with crew.acting(Role.BILLING_ADMIN) as connection:
        enqueue(connection, FORECAST_MONTH.name, {}, key=f"demo {today}")
