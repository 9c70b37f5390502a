"""What two people changed of one record at once: who changed what, and what the form of the second holds then."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.imports.history import NAMED
from caretally.imports.records import RecordKind, version_of

NEWEST = "SELECT b.at, b.actor, {named} FROM {table} t JOIN import_batch b ON b.vendor_id = t.vendor_id AND b.id = t.batch_id WHERE t.{row_id} = :record"

# Several words of a list that can be ticked, as a record keeps them; a sentence has blanks.
TICKED = re.compile(r"\w{2,}(;\w{2,})+")


@dataclass(frozen=True)
class Difference:
    """One field that somebody else changed: its label, what was typed (None: not changed here), what is kept now and what the form holds."""

    label: str
    typed: str | None
    kept: str
    held: str


@dataclass(frozen=True)
class LastChange:
    """Who made the change that stands, and when (aware)."""

    who: str
    at: datetime


@dataclass(frozen=True)
class Meanwhile:
    """What happened to a record after a form was opened: said in one sentence, field by field, and by whom as far as that is known."""

    said: str
    fields: tuple[Difference, ...]
    last: LastChange | None


def began_with(was: str, *, seen: str) -> dict[str, str]:
    """Return the record that a form was made from, as the form sends it along; nothing when it is not the version that was seen."""
    try:
        read = json.loads(was)
        texts = isinstance(read, dict) and all(isinstance(value, str) for value in read.values())
        # what cannot be written as UTF-8 has no version
        return dict(read) if texts and version_of(read) == seen else {}
    except (ValueError, RecursionError):
        return {}


def differences(
    labels: Mapping[str, str], typed: Mapping[str, str], *, was: Mapping[str, str], kept: Mapping[str, str]
) -> tuple[Difference, ...]:
    """Return the fields whose kept value is neither the one the form began with nor the one that was typed."""
    held = held_by_form(typed, was=was, kept=kept)
    return tuple(
        Difference(label, None if _untouched(name, typed, was) else typed[name], kept[name], held[name])
        for name, label in labels.items()
        if name in typed and _said(kept[name]) not in (_said(typed[name]), _said(was[name]) if name in was else None)
    )


def held_by_form(typed: Mapping[str, str], *, was: Mapping[str, str], kept: Mapping[str, str]) -> dict[str, str]:
    """Return what the form holds then: what was typed where that changed something, what is kept everywhere else."""
    return {name: kept[name] if _untouched(name, typed, was) else value for name, value in typed.items()}


def _untouched(name: str, typed: Mapping[str, str], was: Mapping[str, str]) -> bool:
    return name in was and _said(typed[name]) == _said(was[name])


def _said(value: str) -> list[str]:
    """Return what a value says: several ticked words in whatever order, a text as it is."""
    bare = value.strip()
    return sorted(bare.split(";")) if TICKED.fullmatch(bare) else [bare]


def last_change(connection: Connection, kind: RecordKind, record: UUID) -> LastChange | None:
    """Return the change of a record that stands; None where no import made it."""
    target = kind.imported.targets[0]
    row = connection.execute(text(NEWEST.format(named=NAMED, table=target.table, row_id=target.row_id)), {"record": record}).one_or_none()
    return None if row is None else LastChange(row.person or row.actor, row.at)
