"""The timer of one person: started, paused, stopped, switched by the database's clock; what nobody knows of is asked about, never added."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from caretally.audit.chain import append_event
from caretally.carelog.desk import LONGEST_ENTRY, Desk, Timer, held_desk, local_clock, patient_of
from caretally.carelog.entries import Piece, Work, keep_clocked
from caretally.carelog.typed_moments import time_of_day
from caretally.errors import Conflict, UsageMistake

Answer = Literal["worked", "idle", "until"]
OTHER_WORK = ("administrative", "meeting", "training", "travel")
NOW_VENDOR = "vendor_id = (SELECT tenancy.current_vendor())"
KNOWN = text(f"SELECT ended_at FROM timer WHERE {NOW_VENDOR} AND id = :id AND staff_id = :staff_id")
OF_WHOM = text(f"SELECT staff_id FROM timer WHERE {NOW_VENDOR} AND id = :id")
START = text(
    "INSERT INTO timer (vendor_id, id, staff_id, client_id, patient_id, program, activity, started_at, running_since, seen_at) "
    "VALUES ((SELECT tenancy.current_vendor()), :id, :staff_id, :client_id, :patient_id, :program, :activity, :now, :now, :now)"
)
RUN_ON = text(f"UPDATE timer SET running_since = :since, seen_at = :seen WHERE {NOW_VENDOR} AND id = :id")
SEEN = text(f"UPDATE timer SET seen_at = greatest(seen_at, :now) WHERE {NOW_VENDOR} AND id = :id AND running_since IS NOT NULL")
PIECE = text(
    "INSERT INTO timer_piece (vendor_id, timer_id, started_at, ended_at) VALUES ((SELECT tenancy.current_vendor()), :id, :first, :last)"
)
PIECES = text(f"SELECT started_at, ended_at FROM timer_piece WHERE {NOW_VENDOR} AND timer_id = :id ORDER BY started_at")
END = text(f"UPDATE timer SET running_since = NULL, ended_at = :now WHERE {NOW_VENDOR} AND id = :id")
OTHER = text(
    "INSERT INTO other_time (vendor_id, staff_id, kind, started_at, ended_at) SELECT (SELECT tenancy.current_vendor()), :staff_id, :kind, h.first, h.last "
    "FROM unnest(CAST(:firsts AS timestamptz[]), CAST(:lasts AS timestamptz[])) AS h (first, last)"
)


class TimerRuns(Conflict):
    """A timer of this person runs already, and one person has one."""

    code = "timer_runs"


class NotThisTimer(Conflict):
    """The timer that the page showed was stopped or never ran."""

    code = "not_this_timer"


class TimerOfAnother(Conflict):
    """The id that a new timer was to have is another person's timer."""

    code = "timer_of_another"


class IdleUnanswered(Conflict):
    """It is not known whether the person worked since they were last seen, and nothing is added or taken away before they said."""

    code = "idle_unanswered"


class AnsweredAlready(Conflict):
    """The question about idle time was answered in another tab, or is another one by now."""

    code = "answered_already"


class NoSuchMoment(UsageMistake):
    """The time until which somebody says they worked does not lie in the gap that is asked about."""

    code = "no_such_moment"


@dataclass(frozen=True)
class For:
    """What a timer runs for: a patient's program, or other work when there is no patient."""

    activity: str
    patient_id: UUID | None = None
    program: str = ""


@dataclass(frozen=True)
class Stopped:
    """What a stopped timer left: `logged_id` names the entries on a patient, None for other work or for less than a second."""

    seconds: int
    logged_id: UUID | None


def start(connection: Connection, timer_id: UUID, what: For) -> None:
    """Start a person's timer; the same id again changes nothing.

    Raises `TimerRuns`, `TimerOfAnother`, `UnknownPatient`, `UsageMistake` or `NotTied`.
    """
    desk = held_desk(connection)
    if _known(connection, desk, timer_id):
        return
    if desk.timer is not None:
        raise TimerRuns(f"Your timer is on since {desk.timer.clock(desk.timer.started_at)}; stop it, or switch from it.")
    _begin(connection, desk, timer_id, _wanted(connection, what))


def pause(connection: Connection, timer_id: UUID) -> None:
    """Pause the timer; one that is paused stays so. Raises `NotThisTimer` or `IdleUnanswered`."""
    desk, timer = _held(connection, timer_id)
    if timer.running_since is not None:
        _refuse_unknown(desk)
        _end_piece(connection, timer, desk.now)
        connection.execute(RUN_ON, {"id": timer.id, "since": None, "seen": desk.now})


def go_on(connection: Connection, timer_id: UUID) -> None:
    """Let a paused timer run again; one that runs is left alone. Raises `NotThisTimer`."""
    desk, timer = _held(connection, timer_id)
    if timer.running_since is None:
        connection.execute(RUN_ON, {"id": timer.id, "since": desk.now, "seen": desk.now})


def stop(connection: Connection, timer_id: UUID) -> Stopped:
    """Stop the timer and keep its hours. Raises `NotThisTimer`, which says when it was stopped, or `IdleUnanswered`."""
    desk, timer = _held(connection, timer_id)
    _refuse_unknown(desk)
    return _stop(connection, desk, timer)


def switch(connection: Connection, timer_id: UUID, *, to: UUID, what: For) -> Stopped | None:
    """Stop one timer and start another, both or neither; sent twice it does so once. Raises what `stop` and `start` raise."""
    desk = held_desk(connection)
    if _known(connection, desk, to):
        return None
    timer = _this(connection, desk, timer_id)
    _refuse_unknown(desk)
    wanted = _wanted(connection, what)
    stopped = _stop(connection, desk, timer)
    _begin(connection, desk, to, wanted)
    return stopped


def answer(connection: Connection, timer_id: UUID, said: Answer, *, gap: Piece, until: datetime | None = None, run_on: bool) -> None:
    """Take what the person says of the gap they were asked about, and let the timer run on from its end or leave it paused.

    `worked` adds it, `idle` leaves it out, `until` adds it up to a moment within. Raises `AnsweredAlready`, `NoSuchMoment` or `NotThisTimer`.
    """
    desk, timer = _held(connection, timer_id)
    first, last = gap
    if desk.gap is None or timer.running_since is None or timer.seen_at != first or not first < last <= desk.now:
        raise AnsweredAlready("This was answered already, so nothing was changed; what the timer shows now is what is kept.")
    worked_until = {"worked": last, "idle": first}.get(said, until)
    if worked_until is None or not first <= worked_until <= last:
        raise NoSuchMoment(f"Write a time from {timer.clock(first)} to {timer.clock(last)}.")
    if worked_until - timer.running_since > LONGEST_ENTRY:
        raise NoSuchMoment(
            f"One entry is at most 24 hours; write a time before {timer.clock(timer.running_since + LONGEST_ENTRY)} of that day."
        )
    if run_on and worked_until == last:
        connection.execute(RUN_ON, {"id": timer.id, "since": timer.running_since, "seen": last})
        return
    _end_piece(connection, timer, worked_until)
    connection.execute(RUN_ON, {"id": timer.id, "since": last if run_on else None, "seen": last})


def moment_in_gap(typed: str, gap: Piece, zone: str) -> datetime | None:
    """Return the moment of a local time of day, as 10:20 or 10:20 am, that lies in the gap; None where none does."""
    of_day = time_of_day(typed)
    if of_day is None:
        return None
    here = ZoneInfo(zone)
    days = sorted({moment.astimezone(here).date() for moment in gap})
    moments = (datetime.combine(day, of_day.replace(fold=fold), here) for day in days for fold in (0, 1))
    return next((moment for moment in moments if gap[0] <= moment <= gap[1]), None)


def see(connection: Connection, desk: Desk) -> None:
    """Note that the person of a running timer is here, unless it has to be asked first whether they were."""
    if desk.timer is not None and desk.timer.running_since is not None and desk.gap is None:
        connection.execute(SEEN, {"id": desk.timer.id, "now": desk.now})


def _held(connection: Connection, timer_id: UUID) -> tuple[Desk, Timer]:
    desk = held_desk(connection)
    return desk, _this(connection, desk, timer_id)


def _this(connection: Connection, desk: Desk, timer_id: UUID) -> Timer:
    if desk.timer is not None and desk.timer.id == timer_id:
        return desk.timer
    ended = connection.execute(KNOWN, {"id": timer_id, "staff_id": desk.staff_id}).scalar()
    if ended is not None:
        at = local_clock(ended, desk.zone)
        raise NotThisTimer(f"This timer was stopped already, at {at}; its time is kept once, and nothing was changed now.")
    raise NotThisTimer("There is no such timer of yours, so nothing was changed; what is on now is shown here.")


def _known(connection: Connection, desk: Desk, timer_id: UUID) -> bool:
    """Tell whether the person has this timer already. Raises `TimerOfAnother`."""
    staff_id: UUID | None = connection.scalar(OF_WHOM, {"id": timer_id})
    if staff_id not in (None, desk.staff_id):
        raise TimerOfAnother("Nothing was started, since this form was used for somebody else's timer; open the page again and start anew.")
    return staff_id is not None


def _refuse_unknown(desk: Desk) -> None:
    if desk.gap is not None and desk.timer is not None:
        first, last = map(desk.timer.clock, desk.gap)
        raise IdleUnanswered(f"Say first whether you were working from {first} to {last}; nothing was changed yet.")


def _wanted(connection: Connection, what: For) -> dict[str, Any]:
    """Return what a new timer's row says of its work; nothing is written before this is known to be good."""
    if what.patient_id is None:
        if what.activity not in OTHER_WORK:
            raise UsageMistake("Choose a patient, or what other work it is.")
        return {"activity": what.activity, "client_id": None, "patient_id": None, "program": ""}
    patient = patient_of(connection, what.patient_id)
    program = what.program or next(iter(patient.programs), "")
    if program not in patient.programs:
        raise UsageMistake("The patient is not enrolled in such a program today, so no time of care can be logged for it.")
    return {"activity": what.activity, "client_id": patient.client_id, "patient_id": patient.id, "program": program}


def _begin(connection: Connection, desk: Desk, timer_id: UUID, wanted: dict[str, Any]) -> None:
    connection.execute(START, wanted | {"id": timer_id, "staff_id": desk.staff_id, "now": desk.now})
    append_event(connection, action="timer.started", detail={"timer": timer_id, "patient": wanted["patient_id"]})


def _end_piece(connection: Connection, timer: Timer, at: datetime) -> None:
    if timer.running_since is not None and at > timer.running_since:
        connection.execute(PIECE, {"id": timer.id, "first": timer.running_since, "last": at})


def _stop(connection: Connection, desk: Desk, timer: Timer) -> Stopped:
    _end_piece(connection, timer, desk.now)
    pieces: Sequence[Piece] = [(row.started_at, row.ended_at) for row in connection.execute(PIECES, {"id": timer.id})]
    connection.execute(END, {"id": timer.id, "now": desk.now})
    logged = _keep(connection, desk, timer, pieces)
    append_event(connection, action="timer.stopped", detail={"timer": timer.id, "seconds": timer.seconds(desk.now), "entries": len(pieces)})
    return Stopped(timer.seconds(desk.now), logged)


def _keep(connection: Connection, desk: Desk, timer: Timer, pieces: Sequence[Piece]) -> UUID | None:
    if timer.patient_id is None or timer.client_id is None:
        firsts, lasts = [first for first, _ in pieces], [last for _, last in pieces]
        connection.execute(OTHER, {"staff_id": desk.staff_id, "kind": timer.activity, "firsts": firsts, "lasts": lasts})
        return None
    work = Work(
        client_id=timer.client_id,
        patient_id=timer.patient_id,
        staff_id=desk.staff_id,
        program=timer.program,
        activity=timer.activity,
        pieces=pieces,
    )
    return keep_clocked(connection, work, timer_id=timer.id)
