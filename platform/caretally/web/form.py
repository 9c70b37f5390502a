"""What a visitor typed into a form: checked by a schema, and given back with what is wrong so that nothing has to be typed again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from flask import request
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from caretally.errors import UsageMistake
from caretally.web.own_forms import FIELD


class NotThisForm(UsageMistake):
    """The request holds a field that the form does not have, or one of its fields twice: it was not sent by the page."""

    code = "not_this_form"


class Form(Schema):
    """The fields of one form; a field that is not here is refused. `secret` names those that are never sent back to the page."""

    secret: ClassVar[frozenset[str]] = frozenset()

    class Meta:
        """Refuse what is not declared."""

        unknown = RAISE


@dataclass(frozen=True)
class Filled:
    """A form as it was typed, empty at first; `wrong` says for each mistaken field in one sentence what to do, `given` is what the schema read."""

    typed: Mapping[str, Any] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)

    def refused(self, **sentences: str) -> "Filled":
        """Return the form with mistakes that only a rule could see, by field."""
        return Filled(self.typed, {**self.wrong, **sentences})


EMPTY = Filled()


def written(asked: str, *, longest: int) -> fields.String:
    """Return a text that has to be written; `asked` is the sentence for none and for one of more characters than `longest`."""
    return fields.String(
        required=True, validate=validate.Length(1, longest, error=asked), error_messages={"required": asked, "null": asked}
    )


def typed_into(form: Form) -> Filled:
    """Return what this request's form holds, read by its schema. Raises `NotThisForm`."""
    # No column holds a NUL, and nobody types one.
    sent = {name: [value.replace("\0", "") for value in values] for name, values in request.form.lists() if name != FIELD}
    lists = {name for name, kind in form.fields.items() if isinstance(kind, fields.List)}
    strange = sorted(name for name, values in sent.items() if name not in form.fields or (len(values) != 1 and name not in lists))
    if strange:
        raise NotThisForm("This was not sent by the form on the page, so nothing was changed; open the page and fill in the form there.")
    typed = {name: values if name in lists else values[0] for name, values in sent.items()}
    shown = {name: text for name, text in typed.items() if name not in form.secret}
    try:
        return Filled(shown, {}, form.load(typed))
    except ValidationError as error:
        return Filled(shown, {name: first_sentence(said) for name, said in error.messages_dict.items()})


def first_sentence(said: object) -> str:
    """Return the first of what the schema says of a field."""
    while isinstance(said, dict | list):
        said = next(iter(said.values() if isinstance(said, dict) else said))
    return str(said)
