"""The kinds of background work: each capability declares its own, and `app` passes them in."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from caretally.jobs.at_work import JobAtWork

Value = str | int | Sequence[str]
Payload = Mapping[str, Value]
# Ids, months, days, codes in small letters: nothing that could be a person's name or record number in free writing.
AN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]{4}-[0-9]{2}(-[0-9]{2})?|[a-z][a-z_.]{0,59}|[0-9a-f]{64}")


@dataclass(frozen=True)
class Kind:
    """One kind of work.

    `words` is its heading on the page, as in "Check of the audit log". `run` does the work and returns one sentence of what came of it, without a
    patient's data; it opens its own transactions through the job and may be called twice for one job. `permission` is what a person must hold to
    ask for it again once it is quarantined. `every_minutes` has each vendor's done again and again. `result` returns the endpoint and the values
    of the page that shows the result, None when there is no such page.
    """

    name: str
    words: str
    run: Callable[[JobAtWork], str]
    permission: str
    every_minutes: int | None = None
    result: Callable[[Payload], tuple[str, Mapping[str, Any]]] | None = None


@dataclass(frozen=True)
class Kinds:
    """The kinds that this installation knows, by name."""

    by_name: Mapping[str, Kind] = field(default_factory=dict)

    def words(self, name: str) -> str:
        """Return the heading of a kind; one that this release does not know is called by its name."""
        known = self.by_name.get(name)
        return known.words if known else name.replace("_", " ").capitalize()


def kinds_of(kinds: Iterable[Kind]) -> Kinds:
    """Return the registry of these kinds. Raises `ValueError` when two have one name."""
    listed = list(kinds)
    by_name = {kind.name: kind for kind in listed}
    if len(by_name) != len(listed):
        raise ValueError("two kinds of work have one name")
    return Kinds(by_name)


class PayloadNotIds(TypeError):
    """A job was given something else than ids, months, codes and counts: a defect of ours, told without the value."""


def require_ids(payload: Mapping[str, object]) -> dict[str, Value]:
    """Return the payload as it is kept: UUIDs become text. Raises `PayloadNotIds` naming the entry."""
    return {name: _id(name, value) for name, value in payload.items()}


def _id(name: str, value: object) -> Value:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, int) or (isinstance(value, str) and AN_ID.fullmatch(value)):
        return value
    if isinstance(value, (list, tuple)):
        return [str(_id(name, each)) for each in value]
    raise PayloadNotIds(f"the entry {name} of a job's payload is no id, month, code or count")
