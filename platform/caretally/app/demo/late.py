"""Time that arrives after the last month has closed: an approval, a correction and an entry nobody had logged."""

from datetime import datetime, timedelta

from caretally.app.demo.drafts import Draft
from caretally.app.demo.people import Team
from caretally.app.demo.scenario import LAST
from caretally.app.demo.timelog import HEADER, Entry

APPROVAL, CORRECTION, NEW = "late approval", "late correction", "late new entry"
_COLUMN = {name: place for place, name in enumerate(HEADER)}


def prepare_late(planted: dict[str, Draft]) -> None:
    """Give the entries that will be approved or corrected late an external id of their own."""
    if APPROVAL in planted:
        for story, source in ((APPROVAL, "manual"), (CORRECTION, "ehr"), (NEW, "ehr")):
            work = planted[story].work[LAST][-1]
            work.source, work.approved, work.external_id = source, story != APPROVAL, _external_id(story)


def late_rows(logged: dict[str, Entry], team: Team) -> list[Entry]:
    """Return the late file's rows, made from the rows logged before (by external id); none for a vendor without such stories."""
    if _external_id(APPROVAL) not in logged:
        return []
    approved = _changed(logged[_external_id(APPROVAL)], approved_by=team.supervisor)
    corrected = logged[_external_id(CORRECTION)]
    corrected = _changed(corrected, ended_at=_later(corrected[_COLUMN["ended_at"]], minutes=-2))
    model = logged[_external_id(NEW)]
    following = {name: _later(model[_COLUMN[name]], minutes=1440) for name in ("started_at", "ended_at")}
    return [approved, corrected, _changed(model, external_id=f"{_external_id(NEW)}-2", staff=team.supervisor, **following)]


def _external_id(story: str) -> str:
    return story.replace(" ", "-").upper()


def _changed(entry: Entry, **changes: str) -> Entry:
    return tuple(changes.get(name, value) for name, value in zip(HEADER, entry, strict=True))


def _later(moment: str, *, minutes: int) -> str:
    return (datetime.fromisoformat(moment) + timedelta(minutes=minutes)).isoformat()
