"""The pages of a vendor's settings and policies."""

from datetime import UTC, date, datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError, fields, pre_load, validate

from caretally.errors import CareTallyError, UsageMistake
from caretally.months import Month
from caretally.vendors.colours import COLOUR, LEAST_CONTRAST, contrast_with_white
from caretally.vendors.due_rules import MOST_DAYS, due_dates_of_vendor, set_due_rule
from caretally.vendors.policies import EFFECTS, policies_of_vendor, set_policy
from caretally.vendors.settings import (
    MOST_HOURS,
    MOST_IDLE_MINUTES,
    ChangedMeanwhile,
    change_settings,
    known_zones,
    read_settings_of_vendor,
    version_of,
)
from caretally.web.access import requires
from caretally.web.edge import connection
from caretally.web.form import EMPTY, Filled, Form, typed_into, written

pages = Blueprint("settings", __name__, template_folder="templates", url_prefix="/settings")
LABELS = {
    "name": "Name",
    "address": "Address",
    "remit_to": "Remit to",
    "contact": "Questions to",
    "accent": "Colour",
    "timezone": "Time zone",
    "session_idle_minutes": "Idle limit in minutes",
    "session_hours": "Longest session in hours",
    "four_eyes": "Four eyes at the close",
}
LONGEST_ADDRESS = 500
LONGEST_CONTACT = 200
DAYS_ASKED = f"Write 0 to {MOST_DAYS} days, or nothing for what is delivered."
COLOUR_ASKED = "Choose a colour, as #0b6259."


def whole(asked: str, most: int) -> fields.Integer:
    """Return a whole number from 1 to `most`; `asked` is the sentence for anything else."""
    return fields.Integer(
        required=True, validate=validate.Range(1, most, error=asked), error_messages={"required": asked, "invalid": asked}
    )


def lines(what: str) -> fields.String:
    """Return lines of an address that may be empty."""
    too_long = f"Write {what} in at most {LONGEST_ADDRESS} characters."
    return fields.String(load_default="", validate=validate.Length(max=LONGEST_ADDRESS, error=too_long))


def is_readable_colour(typed: str) -> None:
    """Raise `ValidationError` for what is no colour, or is too light to be seen on paper."""
    if not COLOUR.fullmatch(typed):
        raise ValidationError(COLOUR_ASKED)
    if contrast_with_white(typed) < LEAST_CONTRAST:
        raise ValidationError("This colour is too light to be seen on white; choose a darker one.")


class SettingsForm(Form):
    """The settings, and the version of them that the page was made from."""

    name = written("Write the name that invoices print, in 1 to 200 characters.", longest=200)
    address = lines("the address")
    remit_to = lines("where payments go")
    contact = fields.String(
        load_default="", validate=validate.Length(max=LONGEST_CONTACT, error=f"Write whom to ask in at most {LONGEST_CONTACT} characters.")
    )
    accent = fields.String(required=True, validate=is_readable_colour, error_messages={"required": COLOUR_ASKED})
    timezone = written("Choose the time zone.", longest=100)
    session_idle_minutes = whole(f"Choose from 1 to {MOST_IDLE_MINUTES} minutes.", MOST_IDLE_MINUTES)
    session_hours = whole(f"Choose from 1 to {MOST_HOURS} hours.", MOST_HOURS)
    four_eyes = fields.Boolean(load_default=False)
    seen = fields.String(required=True)


class PolicyForm(Form):
    """What a policy shall do, and from which month on."""

    code = written("Choose a policy.", longest=100)
    effect = fields.String(
        required=True,
        validate=validate.OneOf(EFFECTS, error="Choose whether it holds, warns or is off."),
        error_messages={"required": "Choose whether it holds, warns or is off."},
    )
    start = written("Write the first month, as 2026-12.", longest=7)


class DueForm(Form):
    """After how many days what is due, and from which month on; no days go back to what is delivered."""

    subject = written("Choose whose findings, or one finding.", longest=100)
    days = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, MOST_DAYS, error=DAYS_ASKED),
        error_messages={"invalid": DAYS_ASKED},
    )
    start = written("Write the first month, as 2026-12.", longest=7)

    @pre_load
    def blank_is_none(self, typed: dict[str, Any], **_given: Any) -> dict[str, Any]:
        """Read days that were left blank as none."""
        return {name: None if name == "days" and value == "" else value for name, value in typed.items()}


@pages.route("", methods=["GET", "POST"])
@requires("change_settings")
def show() -> ResponseReturnValue:
    """Show the vendor's settings and change them; what somebody else changed meanwhile is shown beside what was typed."""
    now = read_settings_of_vendor(connection())
    filled = typed_into(SettingsForm()) if request.method == "POST" else Filled(now)
    meanwhile: dict[str, Any] = {}
    if filled.given:
        try:
            change_settings(connection(), as_kept(filled.given), seen=filled.given["seen"])
            return redirect(url_for("settings.show", saved=1), 303)
        except ChangedMeanwhile as error:
            now = read_settings_of_vendor(connection())
            meanwhile = {label: now[name] for name, label in LABELS.items() if as_kept(filled.given)[name] != now[name]}
            filled = filled.refused(name=error.message)
        except CareTallyError as error:
            filled = filled.refused(timezone=error.message)
    status = 412 if meanwhile else 422 if filled.wrong else 200
    page = render_template(
        "vendors/settings.html",
        filled=filled,
        labels=LABELS,
        seen=version_of(now),
        zones=known_zones(connection()),
        meanwhile=meanwhile,
        limits=(MOST_IDLE_MINUTES, MOST_HOURS),
        saved="saved" in request.args,
    )
    return page, status


def as_kept(given: Any) -> dict[str, Any]:
    """Return what was typed as the table keeps it: lines end alike and nothing stands around a text."""
    texts = {name: value.replace("\r\n", "\n").strip() if isinstance(value, str) else value for name, value in given.items()}
    return {name: texts[name] for name in LABELS}


@pages.route("/policies", methods=["GET", "POST"])
@requires("change_settings")
def policies() -> ResponseReturnValue:
    """Show what each policy does, now and later, and set one from a month on."""
    filled = typed_into(PolicyForm()) if request.method == "POST" else EMPTY
    if filled.given:
        try:
            set_policy(connection(), filled.given["code"], filled.given["effect"], start=Month.parse(filled.given["start"].strip()))
            return redirect(url_for("settings.policies"), 303)
        except CareTallyError as error:
            filled = filled.refused(start=error.message)
    today = today_in_utc()
    listed = policies_of_vendor(connection(), today=today)
    page = render_template("vendors/policies.html", filled=filled, policies=listed, effects=EFFECTS, today=today)
    return page, 422 if filled.wrong else 200


@pages.route("/due-dates", methods=["GET", "POST"])
@requires("change_settings")
def due_dates() -> ResponseReturnValue:
    """Show when exceptions are due, and set it for a finding or an owner from a month on."""
    filled = typed_into(DueForm()) if request.method == "POST" else EMPTY
    if filled.given:
        given = filled.given
        try:
            set_due_rule(connection(), given["subject"], given["days"], start=Month.parse(given["start"].strip()))
            return redirect(url_for("settings.due_dates"), 303)
        except UsageMistake as error:
            filled = filled.refused(subject=error.message)
        except CareTallyError as error:
            filled = filled.refused(start=error.message)
    page = render_template(
        "vendors/due_dates.html", filled=filled, due=due_dates_of_vendor(connection(), today=today_in_utc()), most=MOST_DAYS
    )
    return page, 422 if filled.wrong else 200


def today_in_utc() -> date:
    """Return the day that is shown as now; policies hold by month, so a zone makes no difference to any month."""
    return datetime.now(UTC).date()
