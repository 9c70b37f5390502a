"""The form of a record, for every capability whose pages have one: what is typed, what is wrong with it, what somebody else changed meanwhile."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from marshmallow import fields

from caretally.errors import Conflict
from caretally.imports.meanwhile import Meanwhile, began_with, differences, held_by_form, last_change
from caretally.imports.records import (
    CodeTaken,
    RecordChangedMeanwhile,
    RecordKind,
    WorthALook,
    add_record,
    change_record,
    read_record,
    version_of,
)
from caretally.imports.results import ImportResult
from caretally.imports.typed_fields import Group, Options, labels_of, said_by_label
from caretally.imports.typed_rows import RowRefused
from caretally.web.edge import connection
from caretally.web.form import Filled, Form, typed_into

# What a form sends along beside the columns: the version it was made from, what was looked at, and the record of that version.
ALONG = ("seen", "looked", "was")


@dataclass(frozen=True)
class RecordForm:
    """A form and what is around it: `then` is where to go without a change and `done` after one, `options` those of fields that have none of their own."""

    kind: RecordKind
    groups: Sequence[Group]
    heading: str
    then: str
    options: Options = field(default_factory=dict)
    done: str = ""

    @property
    def after(self) -> str:
        """Where to go once something was kept."""
        return self.done or self.then

    @property
    def labels(self) -> dict[str, str]:
        """The label of each field in the order of the form."""
        return labels_of(self.groups)


def add(
    form: RecordForm,
    *,
    given: Mapping[str, str],
    fixed: Mapping[str, str] | None = None,
    made: Callable[[ImportResult], str] | None = None,
) -> ResponseReturnValue:
    """Show the form of a new record, and add what was typed beside what is `fixed`; `made` says where to go then, the form's `after` otherwise."""
    filled, looks = typed_into(form_of(form)) if request.method == "POST" else Filled(given), WorthALook(())
    if filled.given:
        try:
            result = add_record(connection(), form.kind, columns_of(filled) | dict(fixed or {}), looked=filled.given["looked"])
            return redirect(made(result) if made else form.after, 303)
        except RowRefused as error:
            filled = refused(form, filled, error)
        except CodeTaken as error:
            filled = filled.refused(**{form.kind.named_by[-1]: error.message})
        except Conflict as error:
            filled = filled.refused(**{next(iter(form.labels)): error.message})
        except WorthALook as error:
            looks = error
    return page_of(form, filled, looks=looks), 422 if filled.wrong or looks.sentences else 200


def edit(form: RecordForm, record: UUID) -> ResponseReturnValue:
    """Show the form of a record and change it; 412 shows what somebody else changed beside what was typed, and keeps both where they are apart."""
    kept = read_record(connection(), form.kind, record)
    form = replace(form, heading=form.heading or f"Change {kept.get('name') or ' '.join((kept['given_name'], kept['family_name']))}")
    filled, looks = typed_into(form_of(form)) if request.method == "POST" else Filled(kept), WorthALook(())
    meanwhile: Meanwhile | None = None
    if filled.given:
        typed = {name: value for name, value in columns_of(filled).items() if name not in form.kind.stays}
        try:
            change_record(connection(), form.kind, record, typed, seen=filled.given["seen"], looked=filled.given["looked"])
            return redirect(form.after, 303)
        except RecordChangedMeanwhile as error:
            kept = read_record(connection(), form.kind, record)
            was = began_with(filled.given["was"], seen=filled.given["seen"])
            fields_changed = differences(form.labels, typed, was=was, kept=kept)
            meanwhile = Meanwhile(error.message, fields_changed, last_change(connection(), form.kind, record))
            filled = Filled({**filled.typed, **held_by_form(typed, was=was, kept=kept)})
        except RowRefused as error:
            filled = refused(form, filled, error)
        except Conflict as error:
            filled = filled.refused(**{next(iter(form.labels)): error.message})
        except WorthALook as error:
            looks = error
    page = page_of(form, filled, looks=looks, meanwhile=meanwhile, kept=kept)
    return page, 412 if meanwhile else 422 if filled.wrong or looks.sentences else 200


def form_of(form: RecordForm) -> Form:
    """Return the form of these fields: every one a text that may be empty, since the rules of the file judge them."""
    shapes = {one.name: one.shape for group in form.groups for one in group.fields}
    typed: dict[str, Any] = {
        name: fields.List(fields.String(), load_default=list) if shape == "ticks" else fields.String(load_default="")
        for name, shape in shapes.items()
    }
    made: Form = type("TypedForm", (Form,), typed | {name: fields.String(load_default="") for name in ALONG})()
    return made


def columns_of(filled: Filled) -> dict[str, str]:
    """Return what was typed as a file would say it: lines end alike, nothing stands around a text, ticks are a list."""
    texts = {name: ";".join(value) if isinstance(value, list) else value for name, value in filled.given.items() if name not in ALONG}
    return {name: value.replace("\r\n", "\n").strip() for name, value in texts.items()}


def refused(form: RecordForm, filled: Filled, error: RowRefused) -> Filled:
    """Return the form with what the rules say by its fields; what they say of a column that it does not ask for stands at the first one."""
    first = next(iter(form.labels))
    wrong = {name: said_by_label(form.labels, name, sentence) for name, sentence in error.problems.items() if name in form.labels}
    return filled.refused(**wrong or {first: error.message})


def page_of(
    form: RecordForm,
    filled: Filled,
    *,
    looks: WorthALook,
    meanwhile: Meanwhile | None = None,
    kept: Mapping[str, str] | None = None,
) -> str:
    """Return the page of a form; what names a record for good is shown and not asked for again."""
    return render_template(
        "imports/record.html",
        form=form,
        filled=filled,
        looks=looks,
        seen=version_of(kept) if kept else "",
        was=json.dumps(dict(kept)) if kept else "",
        meanwhile=meanwhile,
        kept=kept or {},
    )
