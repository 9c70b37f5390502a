"""The forms of time: what each may hold, and the sentence for what it may not."""

from marshmallow import fields, validate

from caretally.carelog.call_protocol import ACTIVITIES, POINTS
from caretally.carelog.timer import OTHER_WORK
from caretally.web.form import Form, written

LONGEST_NOTE = 4000
LONGEST_REASON = 500


def one_of(words: tuple[str, ...], asked: str) -> fields.String:
    """Return a text that is one of these words."""
    return fields.String(
        required=True, validate=validate.OneOf(words, error=asked), error_messages={"required": asked, "null": asked, "invalid": asked}
    )


def up_to(longest: int, what: str) -> fields.String:
    """Return a text that may be left empty."""
    return fields.String(load_default="", validate=validate.Length(max=longest, error=f"Write {what} in at most {longest} characters."))


class StartForm(Form):
    """What a timer shall run for: `patient` is empty for other work, `running` names the timer to switch from."""

    key = fields.UUID(required=True)
    patient = fields.UUID(load_default=None)
    program = fields.String(load_default="")
    activity = one_of((*ACTIVITIES, *OTHER_WORK), "Choose what you do.")
    running = fields.UUID(load_default=None)


class ActForm(Form):
    """What shall happen to the timer that the page shows."""

    act = one_of(("pause", "go_on", "stop"), "Choose what shall happen to the timer.")


class AnswerForm(Form):
    """What a person says of the gap they are asked about; `first` and `last` are its seconds since 1970 UTC, `then` is done after it."""

    said = one_of(("worked", "idle", "until"), "Say whether you were working.")
    first = fields.Integer(required=True)
    last = fields.Integer(required=True)
    until = fields.String(load_default="")
    then = fields.String(load_default="", validate=validate.OneOf(("", "pause", "stop")))


class HoursForm(Form):
    """Local hours of one day, and why they are written by hand."""

    day = written("Write the day, as 2026-10-31 or 10/31/2026.", longest=20)
    starts = written("Write when it began, as 09:30 or 9:30 am.", longest=20)
    ends = written("Write when it ended, as 09:50 or 9:50 am.", longest=20)
    program = fields.String(load_default="")
    reason = written(
        f"Write in 1 to {LONGEST_REASON} characters why this is written by hand; the supervisor reads it.", longest=LONGEST_REASON
    )
    seen = fields.String(load_default="")


class WriteForm(HoursForm):
    """A whole entry by hand; `key` makes a form that is sent twice one entry."""

    key = fields.UUID(required=True)
    activity = one_of(ACTIVITIES, "Choose what was done.")
    description = written(
        f"Write in 1 to {LONGEST_NOTE:,} characters what was done; time without a note does not count.", longest=LONGEST_NOTE
    )
    contact = fields.String(load_default="", validate=validate.OneOf(("", "live", "none"), error="Choose whether you spoke."))
    within_em = fields.Boolean(load_default=False)


class OtherForm(Form):
    """Work for no patient, by hand."""

    key = fields.UUID(required=True)
    kind = one_of(OTHER_WORK, "Choose what kind of work it was.")
    day = written("Write the day, as 2026-10-31 or 10/31/2026.", longest=20)
    starts = written("Write when it began, as 09:30 or 9:30 am.", longest=20)
    ends = written("Write when it ended, as 09:50 or 9:50 am.", longest=20)
    note = up_to(LONGEST_REASON, "the note")


class NoteForm(Form):
    """The points of the protocol with what was found, and the note; `act` drafts it from them or confirms it."""

    act = one_of(("draft", "confirm"), "Draft the note or confirm it.")
    gone_through = fields.List(fields.String(validate=validate.OneOf(tuple(POINTS))), load_default=list)
    medication = up_to(LONGEST_REASON, "the medication")
    readings = up_to(LONGEST_REASON, "the readings")
    symptoms = up_to(LONGEST_REASON, "the symptoms")
    visits = up_to(LONGEST_REASON, "the visits")
    referrals = up_to(LONGEST_REASON, "the referrals")
    education = up_to(LONGEST_REASON, "the education")
    activity = one_of(ACTIVITIES, "Choose what was done.")
    description = up_to(LONGEST_NOTE, "the note")
    contact = fields.String(load_default="", validate=validate.OneOf(("", "live", "none"), error="Choose whether you spoke."))
    within_em = fields.Boolean(load_default=False)
    seen = fields.String(load_default="")


class TakeOutForm(Form):
    """The version of an entry that shall be taken out."""

    seen = fields.String(required=True)


class ApprovalForm(Form):
    """The entries chosen, and what shall happen to them; without `sure` it is shown first what that would be.

    `approve_all` chooses all that the list would show, on every page of it.
    """

    entry = fields.List(fields.String(), load_default=list)
    act = one_of(("approve", "approve_all", "return"), "Choose what shall happen.")
    because = up_to(LONGEST_REASON, "the reason")
    sure = fields.Boolean(load_default=False)


class TieForm(Form):
    """A person and who of the staff they are, empty for nobody."""

    account = fields.UUID(required=True)
    staff = fields.String(load_default="")
