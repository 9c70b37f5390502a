"""What the queue's page looks like: its parts, made once for the same rows, figures, lists, choices and permissions."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from markupsafe import Markup

from caretally.settling.filters import DUE, OUTCOMES, OWNERS, SORTS, STATES, Filters
from caretally.settling.fixes import ACTIONS, FORMS
from caretally.settling.worklist import Lists, Queue, ShownPatients, shown_by
from caretally.web.columns import Shown
from caretally.web.form import Filled
from caretally.web.parts import made_once, part

CHOICES = {"outcomes": OUTCOMES, "states": STATES, "dues": DUE, "sorts": SORTS, "owners": OWNERS, "forms": FORMS, "actions": ACTIONS}


@dataclass(frozen=True, kw_only=True)
class Looked:
    """How somebody looks at the queue, and on which day."""

    filters: Filters
    columns: Shown
    today: date
    permissions: frozenset[str]


class Typed(NamedTuple):
    """What was typed into the form of acts before the page was shown again: its values by field, the fields that are wrong, and the rows ticked."""

    values: tuple[tuple[str, str], ...]
    wrong: frozenset[str]
    picked: frozenset[str]


class QueueParts(NamedTuple):
    """The parts of the page; `rows` is empty when no row is on it, and `nothing` says why. `shown` is whose exceptions it shows."""

    head: Markup
    fields: Markup
    rows: Markup
    act: Markup
    nothing: Markup
    shown: ShownPatients


def typed_before(filled: Filled) -> Typed:
    """Return what somebody typed into the form of acts."""
    values = tuple((name, value) for name, value in filled.typed.items() if isinstance(value, str))
    return Typed(values, frozenset(filled.wrong), frozenset(filled.typed.get("pick", ())))


NOTHING_TYPED = Typed((), frozenset(), frozenset())


def queue_parts(found: Queue, lists: Lists, people: tuple[tuple[str, str, str], ...], *, looked: Looked, typed: Typed) -> QueueParts:
    """Return the parts of a page of the queue, kept where somebody may ask for the same again: not what was typed, nor a page without rows."""
    make = kept_queue_parts if found.rows and typed == NOTHING_TYPED else make_queue_parts
    return make(found, lists, people, looked=looked, typed=typed)


def make_queue_parts(found: Queue, lists: Lists, people: tuple[tuple[str, str, str], ...], *, looked: Looked, typed: Typed) -> QueueParts:
    """Return the parts of a page of the queue."""
    made = part(
        "settling/queue_parts.html",
        found=found,
        offered=lists,
        people=people,
        filters=looked.filters,
        columns=looked.columns,
        today=looked.today,
        may=looked.permissions.__contains__,
        typed=dict(typed.values),
        wrong=typed.wrong,
        picked=typed.picked,
        **CHOICES,
    )
    rows, nothing = bool(found.rows), Markup()
    return QueueParts(
        made.head_words(),
        made.fields(),
        made.rows() if rows else nothing,
        made.act_fields() if rows else nothing,
        nothing if rows else made.nothing(),
        shown_by(found.rows),
    )


kept_queue_parts = made_once(make_queue_parts)
