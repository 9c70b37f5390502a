"""Replays as somebody asked for them: what was typed, and the months so far."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from caretally.errors import NothingToDo
from caretally.months import Month
from caretally.replay.over_past_months import ReplayedMonth

KEEP = text(
    "INSERT INTO agreement_replay (vendor_id, client_id, id, typed) VALUES ((SELECT tenancy.current_vendor()), :client_id, :id, :typed) "
    "ON CONFLICT (vendor_id, client_id, id) DO NOTHING"
).bindparams(bindparam("typed", type_=JSONB))
READ = text("SELECT id, client_id, typed, months FROM agreement_replay WHERE client_id = :client_id AND id = :id")
ADD = text("UPDATE agreement_replay SET months = months || :month WHERE client_id = :client_id AND id = :id").bindparams(
    bindparam("month", type_=JSONB)
)


class NoSuchReplay(NothingToDo):
    """No replay that the transaction may see has this id."""

    code = "no_such_replay"


@dataclass(frozen=True)
class KeptReplay:
    """A replay: the form as it was typed, and the months that were replayed so far, the newest first."""

    id: UUID
    client_id: UUID
    typed: Mapping[str, Any]
    months: tuple[ReplayedMonth, ...]


def keep_replay(connection: Connection, client_id: UUID, replay_id: UUID, typed: Mapping[str, Any]) -> None:
    """Write down what was typed; a form sent twice is written down once."""
    connection.execute(KEEP, {"client_id": client_id, "id": replay_id, "typed": dict(typed)})


def replay_of(connection: Connection, client_id: UUID, replay_id: UUID) -> KeptReplay:
    """Return a replay. Raises `NoSuchReplay`."""
    row = connection.execute(READ, {"client_id": client_id, "id": replay_id}).one_or_none()
    if row is None:
        raise NoSuchReplay("There is no such replay; open the client's agreement and try the version again.")
    months = tuple(ReplayedMonth(**one | {"month": Month.parse(one["month"])}) for one in row.months)
    return KeptReplay(row.id, row.client_id, row.typed, months)


def keep_month(connection: Connection, replay: KeptReplay, month: ReplayedMonth) -> None:
    """Add a month to what was replayed so far."""
    told = [asdict(month) | {"month": str(month.month)}]
    connection.execute(ADD, {"client_id": replay.client_id, "id": replay.id, "month": told})
