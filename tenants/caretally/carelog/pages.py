"""The pages of one's own time: the timer and today, entries with their notes, work by hand, the week."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from caretally.audit.chain import append_event, append_with_commit
from caretally.carelog.call_protocol import ACTIVITIES, POINTS, checklist_of, drafted_note, gone_through
from caretally.carelog.days import own_days, week_of
from caretally.carelog.desk import Desk, desk_of_actor, find_patients, held_desk, patient_of, read_desk
from caretally.carelog.entries import Work, keep_written, overlaps
from caretally.carelog.forms import ActForm, AnswerForm, HoursForm, NoteForm, OtherForm, StartForm, TakeOutForm, WriteForm
from caretally.carelog.logged import (
    ChangedMeanwhile,
    Logged,
    Note,
    change_hours,
    confirm_note,
    find_logged,
    refuse_closed,
    refuse_others,
    take_out,
)
from caretally.carelog.month_of_timer import month_of_timer
from caretally.carelog.other_work import find_other, take_out_other, write_other
from caretally.carelog.own_patients import own_patients
from caretally.carelog.timer import OTHER_WORK, For, IdleUnanswered, answer, go_on, moment_in_gap, pause, see, start, stop, switch
from caretally.carelog.words import local, words_of_time
from caretally.carelog.written_hours import HoursRefused, day_of, local_hours, patient_hours
from caretally.errors import CareTallyError
from caretally.months import Month
from caretally.web.access import requires
from caretally.web.columns import Columns
from caretally.web.edge import connection
from caretally.web.form import Filled, typed_into
from caretally.web.queries import number_in_query
from caretally.web.search_words import words_in_query

pages = Blueprint("time", __name__, template_folder="templates", url_prefix="/time")
pages.context_processor(words_of_time)
COLUMNS = Columns(
    "week", "Hours and patient", {"note": "Activity and note", "minutes": "Minutes", "state": "State"}, frozenset({"hours", "patient"})
)


@pages.get("")
@requires("log_time")
def show() -> ResponseReturnValue:
    """Show the timer and today; a running timer's person is seen to be here, or asked whether they were."""
    return desk_page()


def desk_page(told: str = "", *, then: str = "", status: int = 200) -> ResponseReturnValue:
    """Return the page of the timer, with a sentence of what could not be done."""
    desk = read_desk(connection())
    if desk is None:
        return render_template("carelog/not_tied.html"), status
    words = words_in_query("q")
    see(connection(), desk)
    today = own_days(connection(), desk.staff_id, first=desk.today, last=desk.today)[0]
    found = find_patients(connection(), words=words) if words.strip() else []
    lately = [] if words.strip() else own_patients(connection(), desk)
    month = month_of_timer(connection(), desk)
    on_timer = [desk.timer.patient_id] if desk.timer and desk.timer.patient_id else []
    note_read("time", [one.id for one in (*found, *lately)] + [one.patient_id for one in today.times if one.patient_id] + on_timer)
    page = render_template(
        "carelog/time.html",
        desk=desk,
        today=today,
        words=words,
        found=found,
        lately=lately,
        keys=[uuid4() for _ in range(len(found) + len(lately) + 1)],
        told=told,
        then=then,
        activities=ACTIVITIES,
        other_work=OTHER_WORK,
        month=Month.of(desk.today),
        so_far=month,
        points=POINTS,
    )
    return page, status


def note_read(page: str, patients: list[Any]) -> None:
    """Note in the audit log whose time was read, where there is any."""
    if patients:
        append_with_commit(connection(), action="time.read", detail={"page": page, "patients": sorted(set(map(str, patients)))})


@pages.post("/start")
@requires("log_time")
def begin() -> ResponseReturnValue:
    """Start a timer, or switch to another patient; sent twice it does so once."""
    filled = typed_into(StartForm())
    if filled.wrong:
        return desk_page(next(iter(filled.wrong.values())), status=422)
    given = filled.given
    what = For(given["activity"], given["patient"], given["program"])
    try:
        if given["running"] is not None:
            switch(connection(), given["running"], to=given["key"], what=what)
        else:
            start(connection(), given["key"], what)
    except CareTallyError as error:
        return desk_page(error.message, status=409)
    return redirect(url_for("time.show"), 303)


@pages.post("/<uuid:timer_id>/act")
@requires("log_time")
def act(timer_id: UUID) -> ResponseReturnValue:
    """Pause the timer, let it go on, or stop it; a stopped one leads to its note."""
    filled = typed_into(ActForm())
    if filled.wrong:
        return desk_page(next(iter(filled.wrong.values())), status=422)
    wanted = filled.given["act"]
    try:
        return done_to(timer_id, wanted)
    except IdleUnanswered as error:
        return desk_page(error.message, then=wanted, status=409)
    except CareTallyError as error:
        return desk_page(error.message, status=409)


def done_to(timer_id: UUID, wanted: str) -> ResponseReturnValue:
    """Do what was asked for to a timer, and lead on to where that is seen."""
    if wanted == "stop":
        logged = stop(connection(), timer_id).logged_id
        return redirect(url_for("time.logged", logged_id=logged) if logged else url_for("time.show"), 303)
    (pause if wanted == "pause" else go_on)(connection(), timer_id)
    return redirect(url_for("time.show"), 303)


@pages.post("/<uuid:timer_id>/answer")
@requires("log_time")
def answered(timer_id: UUID) -> ResponseReturnValue:
    """Take what the person says of the time they were not seen, then do what had to wait for it."""
    filled = typed_into(AnswerForm())
    if filled.wrong:
        return desk_page(next(iter(filled.wrong.values())), status=422)
    given, then = filled.given, filled.given["then"]
    try:
        desk = held_desk(connection())
        gap = (moment(given["first"]), moment(given["last"]))
        until = moment_in_gap(given["until"], gap, desk.timer.zone if desk.timer else desk.zone)
        answer(connection(), timer_id, given["said"], gap=gap, until=until, run_on=not then)
        return done_to(timer_id, then) if then == "stop" else redirect(url_for("time.show"), 303)
    except CareTallyError as error:
        return desk_page(error.message, then=then, status=409)


def moment(second: int) -> datetime:
    """Return the moment of a second since 1970 UTC, one of long ago where a form holds no such second."""
    return datetime.fromtimestamp(second if 0 <= second < 2**32 else 0, UTC)


@pages.route("/entries/<uuid:logged_id>", methods=["GET", "POST"])
@requires("log_time")
def logged(logged_id: UUID) -> ResponseReturnValue:
    """Show what was logged with its overlaps, and take the protocol of the call and the confirmed note."""
    found = find_logged(connection(), logged_id)
    filled = typed_into(NoteForm()) if request.method == "POST" else as_kept(found)
    if request.method == "GET" or filled.wrong:
        return logged_page(found, filled)
    if filled.given["act"] == "draft":
        ticked = filled.given["gone_through"]
        drafted = {"description": drafted_note(ticked, filled.given), "gone_through": gone_through(ticked, filled.given)}
        return logged_page(found, Filled({**filled.typed, **drafted}), drafted=True)
    if not filled.given["description"].strip():
        return logged_page(
            found, filled.refused(description="Write what was done, or draft it from the list; time without a note does not count.")
        )
    try:
        confirm_note(connection(), logged_id, note_of(filled.given), seen=filled.given["seen"])
    except ChangedMeanwhile as error:
        return logged_page(found, filled.refused(description=error.message), status=412, meanwhile=as_kept(found).typed)
    except CareTallyError as error:
        return logged_page(found, filled.refused(description=error.message), status=409)
    return redirect(url_for("time.logged", logged_id=logged_id, confirmed=1), 303)


def note_of(given: Any) -> Note:
    """Return the note that a form confirms."""
    return Note(
        description=given["description"].replace("\r\n", "\n").strip(),
        activity=given["activity"],
        contact=given["contact"],
        within_em=given["within_em"],
        checklist=checklist_of(given["gone_through"], given),
    )


def as_kept(found: Logged) -> Filled:
    """Return the form of the note as it is kept."""
    first = found.hours[0]
    kept = {name: getattr(first, name) for name in ("description", "activity", "contact")}
    within = {"within_em": "1"} if first.within_em else {}
    return Filled({**kept, **within, "gone_through": list(found.checklist), **found.checklist})


def logged_page(found: Logged, filled: Filled, *, status: int = 0, drafted: bool = False, meanwhile: Any = None) -> ResponseReturnValue:
    """Return the page of one piece of work."""
    shared = overlaps(connection(), found.work, but=[one.id for one in found.hours])
    note_read("entry", [found.patient_id])
    page = render_template(
        "carelog/logged.html",
        one=found,
        filled=filled,
        shared=shared,
        points=POINTS,
        activities=ACTIVITIES if found.hours[0].activity in ("", *ACTIVITIES) else (found.hours[0].activity, *ACTIVITIES),
        drafted=drafted,
        meanwhile=meanwhile,
        confirmed="confirmed" in request.args,
        month=Month.of(found.hours[0].started_at.date()),
    )
    return page, status or (422 if filled.wrong else 200)


@pages.route("/entries/<uuid:logged_id>/hours", methods=["GET", "POST"])
@requires("log_time")
def hours(logged_id: UUID) -> ResponseReturnValue:
    """Correct the hours of an entry by hand, which then waits for approval anew."""
    found = find_logged(connection(), logged_id)
    patient = patient_of(connection(), found.patient_id)
    filled = typed_into(HoursForm()) if request.method == "POST" else hours_kept(found)
    status = 422
    if filled.given:
        try:
            span = patient_hours(connection(), patient, **hours_of(filled.given))
            program = program_of(filled.given, (found.hours[0].program, *patient.programs_ever))
            change_hours(
                connection(), logged_id, hours=span, program=program, reason=filled.given["reason"].strip(), seen=filled.given["seen"]
            )
            return redirect(url_for("time.logged", logged_id=logged_id), 303)
        except HoursRefused as error:
            filled = filled.refused(**{error.field: error.message})
        except CareTallyError as error:
            filled, status = filled.refused(day=error.message), getattr(error, "status", 409)
    note_read("hours", [found.patient_id])
    return render_template("carelog/hours.html", one=found, filled=filled, programs=patient.programs_ever), status if filled.wrong else 200


def hours_kept(found: Logged) -> Filled:
    """Return the form of the hours as they are kept."""
    entry = found.hours[0]
    day = entry.started_at.astimezone(ZoneInfo(found.zone)).date()
    times = {"starts": local(entry.started_at, found.zone), "ends": local(entry.ended_at, found.zone)}
    return Filled({"day": str(day), "program": entry.program, "reason": found.reason, **times})


def hours_of(given: Any) -> dict[str, str]:
    """Return the day and the two times of a form."""
    return {name: given[name] for name in ("day", "starts", "ends")}


def program_of(given: Any, programs: Any) -> str:
    """Return the program of a form, the first of the patient's where none was chosen. Raises `HoursRefused`."""
    program = given["program"] or next(iter(programs), "")
    if program not in programs:
        raise HoursRefused("program", "The patient was never enrolled in such a program; choose another.")
    return str(program)


@pages.route("/entries/<uuid:logged_id>/take-out", methods=["GET", "POST"])
@requires("log_time")
def taken_out(logged_id: UUID) -> ResponseReturnValue:
    """Ask whether work that nobody approved, of a month that is open, shall be taken out; take it out."""
    if request.method == "GET":
        return take_out_page(logged_id)
    try:
        found = take_out(connection(), logged_id, seen=typed_into(TakeOutForm()).given.get("seen", ""))
    except ChangedMeanwhile as error:
        return take_out_page(logged_id, told=error.message, status=412)
    return to_week(found.hours[0].started_at.astimezone(ZoneInfo(found.zone)).date(), found.seconds)


def take_out_page(logged_id: UUID, *, told: str = "", status: int = 200) -> ResponseReturnValue:
    """Return the page that says what would be taken out, with a sentence of why it was not yet."""
    found = find_logged(connection(), logged_id)
    refuse_others(found)
    refuse_closed(found)
    note_read("take-out", [found.patient_id])
    return render_template("carelog/take_out.html", one=found, told=told), status


def to_week(day: date, seconds: int) -> ResponseReturnValue:
    """Lead to the week of a day, which says how much was taken out of it."""
    return redirect(url_for("time.week", day=day, taken_out=seconds), 303)


@pages.get("/by-hand")
@requires("log_time")
def by_hand() -> ResponseReturnValue:
    """Find whom time by hand is for."""
    desk_of_actor(connection())
    words = words_in_query("q")
    found = find_patients(connection(), words=words) if words.strip() else []
    note_read("by-hand", [one.id for one in found])
    return render_template("carelog/by_hand.html", words=words, found=found)


@pages.route("/by-hand/<uuid:patient_id>", methods=["GET", "POST"])
@requires("log_time")
def write(patient_id: UUID) -> ResponseReturnValue:
    """Write an entry for a patient by hand; it waits for the supervisor's approval."""
    desk, patient = desk_of_actor(connection()), patient_of(connection(), patient_id)
    filled = typed_into(WriteForm()) if request.method == "POST" else Filled({"key": str(uuid4()), "day": str(desk.today)})
    if filled.given:
        try:
            made = keep_written(
                connection(), written_work(desk, patient, filled.given), key=filled.given["key"], reason=filled.given["reason"].strip()
            )
            append_event(connection(), action="time.written", detail={"logged": made, "patient": patient_id})
            return redirect(url_for("time.logged", logged_id=made) if made else url_for("time.week"), 303)
        except HoursRefused as error:
            filled = filled.refused(**{error.field: error.message})
    note_read("write", [patient_id])
    page = render_template("carelog/write.html", desk=desk, patient=patient, filled=filled, activities=ACTIVITIES)
    return page, 422 if filled.wrong else 200


def written_work(desk: Desk, patient: Any, given: Any) -> Work:
    """Return the work that a form by hand tells of. Raises `HoursRefused`."""
    span = patient_hours(connection(), patient, **hours_of(given))
    return Work(
        client_id=patient.client_id,
        patient_id=patient.id,
        staff_id=desk.staff_id,
        program=program_of(given, patient.programs_ever),
        activity=given["activity"],
        pieces=[span],
        description=given["description"].replace("\r\n", "\n").strip(),
        contact=given["contact"],
        within_em=given["within_em"],
    )


@pages.route("/by-hand/other", methods=["GET", "POST"])
@requires("log_time")
def other() -> ResponseReturnValue:
    """Write time of other work by hand; it is for no patient and never billed."""
    desk = desk_of_actor(connection())
    filled = typed_into(OtherForm()) if request.method == "POST" else Filled({"key": str(uuid4()), "day": str(desk.today)})
    if filled.given:
        try:
            span = local_hours(connection(), **hours_of(filled.given), zone=desk.zone)
            write_other(connection(), desk, filled.given["key"], kind=filled.given["kind"], hours=span, note=filled.given["note"].strip())
            return redirect(url_for("time.week", day=day_of(filled.given["day"])), 303)
        except HoursRefused as error:
            filled = filled.refused(**{error.field: error.message})
    return render_template("carelog/other.html", desk=desk, filled=filled, other_work=OTHER_WORK), 422 if filled.wrong else 200


@pages.route("/other/<uuid:other_id>/take-out", methods=["GET", "POST"])
@requires("log_time")
def other_taken_out(other_id: UUID) -> ResponseReturnValue:
    """Ask whether one's own time of other work shall be taken out; take it out."""
    desk = desk_of_actor(connection())
    if request.method == "GET":
        return render_template("carelog/take_out_other.html", one=find_other(connection(), desk, other_id))
    typed_into(TakeOutForm())
    found = take_out_other(connection(), desk, other_id)
    return to_week(found.starts.date(), found.seconds)


@pages.get("/week")
@requires("log_time")
def week() -> ResponseReturnValue:
    """Show a week of one's own time, day by day; `day` is any day of it."""
    desk = read_desk(connection())
    if desk is None:
        return render_template("carelog/not_tied.html")
    first, last = week_of(day_in_query() or desk.today)
    days = own_days(connection(), desk.staff_id, first=first, last=last)
    note_read("week", [one.patient_id for day in days for one in day.times if one.patient_id])
    gone = number_in_query("taken_out", otherwise=0)
    return render_template("carelog/week.html", desk=desk, days=days, first=first, last=last, columns=COLUMNS.shown(), gone=gone)


def day_in_query() -> date | None:
    """Return the day that the address names, None where it names none of the years 2000 to 2999."""
    try:
        given = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return None
    return given if 2000 <= given.year < 3000 else None
