"""The file of time: one entry of work a row, named by the client, its source system and the number that the source gave it."""

from caretally.clients.import_clients import CLIENT
from caretally.directory.import_people import STAFF_MEMBER
from caretally.imports.kinds import ClosedMonths, Column, Field, ImportKind, Rule, Target
from caretally.imports.values import COUNTRY, DURATION, MOMENT, YES_NO, one_of
from caretally.patients.import_history import CLIENT_COLUMN, MRN, PROGRAM
from caretally.patients.import_patients import PATIENT, not_before_birth

ENDED_AT = "coalesce(r.ended_at, r.started_at + r.duration * interval '1 second')"
SOURCE = "coalesce(r.in_source, '')"
IDENTITY = {"client_id": "r.client_id", "source": SOURCE, "external_id": "r.in_external_id"}
PEOPLE = (Field("patient_id", "r.patient_id", ("mrn",)), Field("staff_id", "r.staff_id", ("staff",)))
HOURS = (Field("started_at", "r.started_at", ("started_at",)), Field("ended_at", ENDED_AT, ("ended_at", "duration")))
DETAILS = (
    Column("program", PROGRAM.value, required=True, into="program"),
    Column("activity", into="activity", default="''"),
    Column("description", into="description", default="''", prose=True),
    Column("entered_at", MOMENT, into="entered_at"),
    Column("approved_by", into="approved_by", default="''"),
    Column("within_em", YES_NO, into="within_em", default="false", words="Within an E/M visit"),
    Column("contact", one_of("live", "none"), into="contact", default="''"),
    Column("country", COUNTRY, into="country"),
)
# What an entry says beside who and when, as a late entry keeps it until an adjustment takes it up.
LATE_FIELDS = """jsonb_build_object('program', r.program, 'activity', coalesce(r.in_activity, ''), 'description', coalesce(r.in_description, ''),
    'entered_at', r.entered_at, 'approved_by', coalesce(r.in_approved_by, ''), 'within_em', coalesce(r.within_em, false),
    'contact', coalesce(r.contact, ''), 'country', r.country)"""
# An approval that comes late is not a correction: nothing else about the entry changed.
LATE_KIND = f"""CASE WHEN t.id IS NULL THEN 'new' WHEN t.approved_by = '' AND r.in_approved_by IS NOT NULL
    AND (t.patient_id, t.staff_id, t.started_at, t.ended_at, t.program, t.description) IS NOT DISTINCT FROM
        (r.patient_id, r.staff_id, r.started_at, {ENDED_AT}, r.program, coalesce(r.in_description, ''))
    THEN 'approved' ELSE 'corrected' END"""
LATE = Target(
    "late_entry",
    IDENTITY,
    fields=(
        *PEOPLE,
        *HOURS,
        Field("kind", "l.kind", ()),
        Field("month", "l.month", ()),
        Field("fields", LATE_FIELDS, ()),
        Field("taken_in", "false", ()),
    ),
    joins="JOIN import_late l ON l.line = r.line",
)

# What somebody wrote by hand (with a reason, which time of a file has none of) or timed on a page; a timer's entries are numbered pieces of it.
LOGGED_HERE = """EXISTS (SELECT FROM logged_time g WHERE g.client_id = r.client_id AND g.source = r.in_source AND (g.source = 'timer' OR g.reason <> '')
    AND g.external_id = CASE r.in_source WHEN 'timer' THEN split_part(r.in_external_id, ':', 1) ELSE r.in_external_id END)"""

TIME = ImportKind(
    name="time",
    columns=(
        Column("external_id", required=True, words="Number of the entry"),
        CLIENT_COLUMN,
        MRN,
        Column("staff", required=True, words="Code of the staff member"),
        Column("started_at", MOMENT, required=True, happened=True),
        Column("ended_at", MOMENT),
        Column("duration", DURATION),
        Column("source"),
        *DETAILS,
    ),
    targets=(Target("time_entry", IDENTITY, fields=(*PEOPLE, *HOURS)),),
    identity=tuple(IDENTITY.values()),
    lookups=(CLIENT, PATIENT, STAFF_MEMBER),
    rules=(
        Rule("no_end", "ended_at", "r.in_ended_at IS NULL AND r.in_duration IS NULL", "The entry has neither an end nor a duration."),
        Rule(
            "duration_contradicts",
            "duration",
            "r.started_at + r.duration * interval '1 second' <> r.ended_at",
            "The duration {value} does not fit the start and the end.",
        ),
        Rule("ended_before_started", "ended_at", f"{ENDED_AT} <= r.started_at", "The entry ends at or before its start."),
        Rule(
            "logged_here",
            "approved_by",
            f"coalesce(r.in_approved_by, '') <> '' AND r.in_source IN ('manual', 'timer') AND {LOGGED_HERE}",
            "This entry was logged on a page and is approved on one, by another person than its own; leave approved_by empty.",
        ),
        *not_before_birth("started_at"),
        Rule("over_24_hours", "ended_at", f"{ENDED_AT} > r.started_at + interval '24 hours'", "The entry is longer than 24 hours."),
    ),
    closed=ClosedMonths(
        "m.starts_at < x.ended_at AND m.ends_at > x.started_at", ("started_at", "ended_at"), late=LATE, late_kind=LATE_KIND
    ),
)
