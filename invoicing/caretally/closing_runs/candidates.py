"""The clients of a month that somebody may preview or close, each as its newest preview or close left it, beside the month before."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.close.statements import of_month
from caretally.months import Month

CANDIDATES = text(of_month((Path(__file__).parent / "candidates.sql").read_text(encoding="utf-8")))
FOUR_EYES = text("SELECT four_eyes FROM vendor WHERE vendor_id = (SELECT tenancy.current_vendor())")


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """One client in a month: `summary` and `before` are this month's and the month before's at one look (see close/summary.py), None without one.

    `client_month_id` is its newest revision, None when nobody has touched the month.
    `parked_reason` is why the newest act for it stopped; `acknowledged` tells that somebody checked a total that the bounds hold back.
    """

    client_id: UUID
    code: str
    name: str
    status: str
    client_month_id: UUID | None
    previewed_by: str | None
    previewed_at: Any
    input_hash: bytes | None
    preview_cents: int | None
    summary: Mapping[str, Any] | None
    before: Mapping[str, Any] | None
    parked_code: str | None
    parked_reason: str | None
    acknowledged: bool

    @property
    def seen(self) -> str:
        """What tells this preview from another: the client, the digest of its input, its total in cents."""
        return f"{self.client_id}:{bytes(self.input_hash or b'').hex()}:{self.preview_cents}"

    def figure(self, name: str, *, before: bool = False) -> int:
        """Return one figure of the summary, 0 without one."""
        figures = (self.before if before else self.summary) or {}
        return int(figures.get(name, 0))


def candidates(connection: Connection, month: Month, *, clients: Collection[UUID] = ()) -> list[Candidate]:
    """Return these clients of the transaction's vendor (none named: all) in the order of their names, in one query."""
    values = {"month": month.first_day, "before": month.previous().first_day, "clients": list(clients)}
    return [Candidate(**row) for row in connection.execute(CANDIDATES, values).mappings()]


def wants_four_eyes(connection: Connection) -> bool:
    """Tell whether the vendor wants a close to take two people."""
    return bool(connection.scalar(FOUR_EYES))


def to_preview(found: Collection[Candidate]) -> list[Candidate]:
    """Return those whose month is not closed."""
    return [one for one in found if one.status != "closed"]


def reason_differences(one: Candidate) -> list[tuple[str, int, int]]:
    """Return the reasons of this month and the one before with their patients then and now, the most changed first."""
    then, now = ({row["code"]: int(row["patients"]) for row in (summary or {}).get("reasons", ())} for summary in (one.before, one.summary))
    found = [(code, then.get(code, 0), now.get(code, 0)) for code in sorted(then.keys() | now.keys())]
    return sorted(found, key=lambda row: -abs(row[2] - row[1]))
