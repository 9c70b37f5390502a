"""What of the queue is asked for, as the address of its page says it; anything else in the address is as if it were not there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Self
from urllib.parse import urlencode
from uuid import UUID

from caretally.db.lists import literal_pattern
from caretally.exceptions.build_report import FACTS_ABOUT_CLIENT
from caretally.months import Month, NotAMonth

MOST_PAGES = 100_000
LONGEST_WORDS = 100
OUTCOMES = {"held": "Held", "not_billable": "Not billable", "warning": "Worth a look"}
STATES = {"open": "Open", "fixed": "Fix recorded", "settled": "Settled", "waived": "Waived", "all": "All"}
DUE = {"overdue": "Overdue", "week": "Within 7 days"}
SORTS = {"money": "Money held", "due": "Due", "client": "Client", "patient": "Patient", "code": "Reason", "assignee": "Assigned to"}
OWNERS = ("coordinator", "clinical_supervisor", "billing_admin", "provider", "practice_administrator")
ALL = "all"
# What an address that names no code looks for; no gate is called so.
NO_CODE = "-"


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which exceptions are asked for, in which order; `month` is None for all months, `words` are looked for in name and record number.

    `assignee` is a membership's id, `me` or `nobody`; `picked` are keys of single exceptions, as patient/month/code.
    """

    month: Month | None = None
    client: UUID | None = None
    code: str = ""
    outcome: str = ""
    owner: str = ""
    state: str = "open"
    due: str = ""
    assignee: str = ""
    words: str = ""
    sealed: str = ""
    sort: str = "money"
    page: int = 1
    columns: str = ""
    patient: UUID | None = None
    picked: tuple[str, ...] | None = None

    @classmethod
    def read(cls, query: Mapping[str, str], *, newest: Month | None, words: str = "", sealed: str = "", columns: str = "") -> Self:
        """Return the filters of an address; without a month it is `newest`, the newest month that has rows; `sealed` is how it holds the words,
        `columns` what it says of the columns shown."""
        return cls(
            month=_month(query.get("month", ""), newest),
            client=_id(query.get("client", "")),
            code=_word(query.get("code", "")),
            outcome=_one_of(query.get("outcome", ""), OUTCOMES),
            owner=_one_of(query.get("owner", ""), OWNERS),
            state=_one_of(query.get("state", ""), STATES) or "open",
            due=_one_of(query.get("due", ""), DUE),
            assignee=_assignee(query.get("assignee", "")),
            words=words.strip(),
            sealed=sealed,
            sort=_one_of(query.get("sort", ""), SORTS) or "money",
            page=_page(query.get("page", "")),
            columns=columns,
        )

    def address(self, **changes: Any) -> str:
        """Return the query of these filters with changes; going to other rows goes to their first page."""
        changed = replace(self, **{"page": 1} | changes)
        said = {
            "month": str(changed.month) if changed.month else ALL,
            "client": str(changed.client or ""),
            "code": changed.code,
            "outcome": changed.outcome,
            "owner": changed.owner,
            "state": changed.state if changed.state != "open" else "",
            "due": changed.due,
            "assignee": changed.assignee,
            "q": changed.sealed if changed.words else "",
            "sort": changed.sort if changed.sort != "money" else "",
            "page": str(changed.page) if changed.page > 1 else "",
            "columns": changed.columns,
        }
        return urlencode({name: value for name, value in said.items() if value}, safe=",")

    def values(self, *, vendor_id: UUID, today: date) -> dict[str, Any]:
        """Return the parameters of `matched.sql`: of its lines that not everybody asks, those alone that these filters ask."""
        asked = {
            "month": self.month.first_day if self.month else None,
            "client_id": self.client,
            "code": self.code or None,
            "outcome": self.outcome or None,
            "owner": self.owner or None,
            "state": self.state if self.state != ALL else None,
            "due_before": {"overdue": today, "week": today + timedelta(days=8)}.get(self.due),
            "mine": True if self.assignee == "me" else None,
            "unassigned": True if self.assignee == "nobody" else None,
            "assignee": _id(self.assignee),
            "pattern": literal_pattern(self.words) if self.words else None,
            "patient_id": self.patient,
            "picked": None if self.picked is None else list(self.picked),
        }
        always = {"vendor_id": vendor_id, "today": today, "about_client": sorted(FACTS_ABOUT_CLIENT)}
        return always | {name: value for name, value in asked.items() if value is not None}


def one_exception(patient_id: UUID, month: Month, code: str) -> Filters:
    """Return what finds one exception, in whatever state it is."""
    return Filters(month=month, patient=patient_id, code=_word(code) or NO_CODE, state=ALL)


def _month(given: str, newest: Month | None) -> Month | None:
    if given == ALL:
        return None
    try:
        return Month.parse(given)
    except NotAMonth:
        return newest


def _id(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None


def _word(given: str) -> str:
    return given if given.isascii() and given.replace("_", "").isalnum() and len(given) <= LONGEST_WORDS else ""


def _one_of(given: str, known: Any) -> str:
    return given if given in known else ""


def _assignee(given: str) -> str:
    return given if given in ("me", "nobody") else str(_id(given) or "")


def _page(given: str) -> int:
    whole = given.isascii() and given.isdigit() and len(given) <= len(str(MOST_PAGES))
    return min(max(int(given), 1), MOST_PAGES) if whole else 1
