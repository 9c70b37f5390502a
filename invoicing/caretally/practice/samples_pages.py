"""The pages of a practice's samples: drawing one, judging what was drawn, and its files. The vendor has no page and no right to any of it."""

from secrets import token_hex
from uuid import UUID, uuid4

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate

from caretally.audit.chain import append_with_commit
from caretally.files.table_file import TABLE_ENDINGS, table_file
from caretally.practice.own_clients import ClosedMonth, closed_months_of_practice
from caretally.practice.sample import (
    COLUMNS,
    MOST_DRAWN,
    Draw,
    Item,
    JudgedMeanwhile,
    NothingToDraw,
    ReasonMissing,
    Sample,
    draw,
    item_rows,
    items,
    judge,
    sample,
    sample_of_item,
    samples,
)
from caretally.web.access import requires
from caretally.web.attachment import attachment
from caretally.web.edge import connection, signed_in
from caretally.web.form import Filled, Form, typed_into, written

samples_pages = Blueprint("samples", __name__, template_folder="templates", url_prefix="/practice/samples")
HOW_MANY = f"Write a whole number from 1 to {MOST_DRAWN}."


class DrawForm(Form):
    """How many to draw of which month; an empty seed is made up. `sample` is made with the page."""

    sample = fields.UUID(required=True)
    of = written("Choose a month.", longest=60)
    size = fields.Integer(required=True, error_messages={"invalid": HOW_MANY, "required": HOW_MANY})
    seed = fields.String(load_default="", validate=validate.Length(max=100, error="Write a seed of at most 100 characters."))


class VerdictForm(Form):
    """What was found of one drawn patient; `seen` is the number of the verdict on the page."""

    verdict = fields.String(required=True, validate=validate.OneOf(("ok", "not_ok"), error="Choose OK or not OK."))
    reason = fields.String(load_default="", validate=validate.Length(max=1000, error="Write at most 1,000 characters."))
    seen = fields.Integer(required=True)


@samples_pages.route("", methods=["GET", "POST"])
@requires("audit_care")
def listed() -> ResponseReturnValue:
    """List the samples, and draw another one."""
    months = closed_months_of_practice(connection(), vendor_id=signed_in().vendor_id)
    filled = typed_into(DrawForm()) if request.method == "POST" else Filled({"sample": str(uuid4()), "size": "10"})
    if filled.given:
        chosen = next((one for one in months if one.key == filled.given["of"]), None)
        try:
            return drawn(chosen, filled)
        except NothingToDraw as error:
            filled = filled.refused(**{"size" if chosen else "of": error.message})
    kept = samples(connection(), vendor_id=signed_in().vendor_id)
    page = render_template("practice/samples.html", samples=kept, months=months, filled=filled, most=MOST_DRAWN)
    return page, 422 if filled.wrong else 200


def drawn(chosen: ClosedMonth | None, filled: Filled) -> ResponseReturnValue:
    """Draw what the form asks for and lead to it. Raises `NothingToDraw`."""
    if chosen is None:
        raise NothingToDraw("Choose a month that is closed.")
    seed = filled.given["seed"].strip() or token_hex(8)
    wanted = Draw(id=filled.given["sample"], client_id=chosen.client_id, month=chosen.month, size=filled.given["size"], seed=seed)
    draw(connection(), wanted, vendor_id=signed_in().vendor_id, name=signed_in().name)
    return redirect(url_for("samples.show", sample_id=wanted.id), 303)


@samples_pages.get("/<uuid:sample_id>")
@requires("audit_care")
def show(sample_id: UUID) -> ResponseReturnValue:
    """Show what was drawn with its verdicts."""
    return sample_shown(sample_id, None, Filled())


@samples_pages.post("/items/<uuid:item_id>")
@requires("audit_care")
def judged(item_id: UUID) -> ResponseReturnValue:
    """Add a verdict on one drawn patient; something not right needs a reason."""
    filled, status = typed_into(VerdictForm()), 422
    who = signed_in()
    if filled.given:
        given = filled.given
        try:
            of = judge(
                connection(), item_id, given["verdict"], given["reason"].strip(), seen=given["seen"], vendor_id=who.vendor_id, name=who.name
            )
            return redirect(f"{url_for('samples.show', sample_id=of)}#item-{item_id}", 303)
        except ReasonMissing as error:
            filled = filled.refused(reason=error.message)
        except JudgedMeanwhile as error:
            filled, status = filled.refused(reason=error.message), 412
    return sample_shown(sample_of_item(connection(), item_id, vendor_id=signed_in().vendor_id), item_id, filled), status


def sample_shown(sample_id: UUID, wrong_item: UUID | None, filled: Filled) -> str:
    """Return the page of a sample, with the form of one item as it was typed."""
    of, found = wanted(sample_id, form="page")
    return render_template("practice/sample.html", sample=of, items=found, wrong_item=wrong_item, filled=filled)


@samples_pages.get("/<uuid:sample_id>/file.<ending>")
@requires("export", also="audit_care")
def download(sample_id: UUID, ending: str) -> ResponseReturnValue:
    """Give a sample with its verdicts as CSV or XLSX."""
    if ending not in TABLE_ENDINGS:
        abort(404)
    of, found = wanted(sample_id, form=ending)
    made = table_file(ending, COLUMNS, item_rows(of, found), title=f"Sample {of.month}", author=of.client)
    return attachment(made, f"sample-{of.month}.{ending}")


def wanted(sample_id: UUID, *, form: str) -> tuple[Sample, tuple[Item, ...]]:
    """Return a sample and what it drew. The vendor's log learns that patients were read and how many, nothing of the sample."""
    of = sample(connection(), sample_id, vendor_id=signed_in().vendor_id)
    found = items(connection(), sample_id, vendor_id=signed_in().vendor_id)
    append_with_commit(connection(), action="patient_months.read", detail={"month": str(of.month), "patients": len(found), "form": form})
    return of, found
