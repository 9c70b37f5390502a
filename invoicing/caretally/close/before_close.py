"""What can be checked of a month before it is closed, each as a sentence that holds or does not."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from caretally.close.overview import MonthOverview, MonthRows, Waits
from caretally.close.statements import quick_statement
from caretally.files.printed_words import clock, counted, long_date
from caretally.months import Month
from caretally.tenancy.read_rows import read_rows


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One check: whether it holds, what it says, what stands behind it, and the filter of the clients' table that shows what is wrong.

    What no figure tells yet is not `known`: it neither holds nor fails.
    """

    holds: bool
    says: str
    detail: str
    show: str = ""
    known: bool = True


@dataclass(frozen=True, kw_only=True)
class BeforeClose:
    """The checks of a month and when they were made, in the vendor's own time zone; `time_is_in` is the first step's."""

    at: datetime
    checks: tuple[Check, ...]
    time_is_in: bool


def live_now(connection: Connection, rows: MonthRows, *, vendor_id: UUID, month: Month) -> Any:
    """Return what live_checks.sql finds, in one query, for the vendor's own people, and in a second one which sources of open clients are silent."""
    key = {"vendor_id": vendor_id, "month": month.first_day, "after": month.next().first_day, "series": f"INV-{month.year}"}
    [found] = read_rows(connection, quick_statement("live_checks"), key)
    still_open = [row.client_id for row in rows if row.status != "closed"]
    if not still_open:
        return found
    [silent] = read_rows(connection, quick_statement("silent_sources"), key | {"open": still_open})
    return found._replace(silent=silent.silent or "")


def waits_in(live: Any) -> dict[UUID, Waits]:
    """Return what stands between each client and its close."""
    silent = json.loads(live.silent or "{}")
    return {
        UUID(client_id): Waits(**found, missing_sources=silent.get(client_id, ()))
        for client_id, found in json.loads(live.waits or "{}").items()
    }


def before_close(overview: MonthOverview, live: Any) -> BeforeClose:
    """Return the checks of a month from what was found."""
    unapproved = sum(one.waits.unapproved for one in overview.clients)
    return BeforeClose(
        at=live.at.astimezone(ZoneInfo(live.timezone)),
        checks=(*_of_sources(overview, live, unapproved), *_of_filing(overview, live), *_of_money(overview, live)),
        time_is_in=not live.refused_rows and not unapproved,
    )


def _of_sources(overview: MonthOverview, live: Any, unapproved: int) -> Iterator[Check]:
    rows, batches = live.refused_rows, live.refused_batches
    yield Check(
        holds=not rows,
        says=f"{counted(rows, 'row', 'rows')} of imports refused" if rows else "No import left rows behind",
        detail=f"in {counted(batches, 'file', 'files')} since the month began; correct them and import again"
        if rows
        else "every row of the files since the month began came in",
    )
    yield Check(
        holds=not unapproved,
        says=f"{counted(unapproved, 'entry waits', 'entries wait')} for approval" if unapproved else "No entry waits for approval",
        detail="manual time counts once a supervisor approved it",
    )
    silent = [one for one in overview.clients if one.waits.missing_sources]
    yield Check(
        holds=not silent,
        says=f"A source sent no time for {counted(len(silent), 'client', 'clients')}" if silent else "Every usual source sent time",
        detail="; ".join(f"{one.name}: {_sources(one.waits.missing_sources)}" for one in silent[:3])
        + (" and more" if len(silent) > 3 else "")
        + "; ask for the missing files and import them"
        if silent
        else "no system that usually sends time for an open client is silent",
    )
    missing = [one for one in overview.clients if not one.waits.has_agreement]
    yield Check(
        holds=not missing,
        says=f"{counted(len(missing), 'client has', 'clients have')} no agreement" if missing else "Agreements in force",
        detail=", ".join(one.name for one in missing[:3]) + (" and more" if len(missing) > 3 else "")
        if missing
        else f"{counted(len(overview.clients), 'client', 'clients')} covered on the first of the month",
    )
    yield _of_held(overview)


def _of_held(overview: MonthOverview) -> Check:
    held, previewed, clients = overview.total("held"), len(overview.known), len(overview.clients)
    if not previewed:
        return Check(holds=False, says="Who is held is not known yet", detail="a preview decides every patient", known=False)
    of = "" if previewed == clients else f"; {previewed} of {counted(clients, 'client', 'clients')} previewed"
    return Check(
        holds=not held,
        says=f"{counted(held, 'patient is', 'patients are')} held" if held else "Nobody is held",
        detail=("each has a reason, an owner and what cures it" if held else "every patient is billable or not") + of,
        show="review" if held else "",
    )


def _of_filing(overview: MonthOverview, live: Any) -> Iterator[Check]:
    """Yield whether the time to file what is not billed runs out, counted from service on the month's first day."""
    if live.filing_ends_on is None or live.filing_warning_days is None:
        return
    unbilled = overview.total("held") > 0 or any(not one.closed for one in overview.clients)
    today = live.at.astimezone(ZoneInfo(live.timezone)).date()
    near = unbilled and live.filing_ends_on - today <= timedelta(days=live.filing_warning_days)
    yield Check(
        holds=not near,
        says="Filing time runs out" if near else "Filing time is not near its end",
        detail=f"claims of service on {long_date(overview.month.first_day)} are filed by {long_date(live.filing_ends_on)}"
        + ("; settle what holds them and bill them" if near else ""),
    )


def _of_minutes(overview: MonthOverview) -> Check:
    if not overview.known:
        return Check(holds=False, says="Minutes are not counted yet", detail="a preview counts them", known=False)
    raw, counted_seconds = overview.total("raw_seconds"), overview.total("counted_seconds")
    return Check(
        holds=counted_seconds <= raw,
        says="Every minute is counted once",
        detail=f"{clock(raw)} logged, {clock(counted_seconds)} counted, the rest left out with a reason",
    )


def _sources(names: Iterable[str]) -> str:
    return ", ".join(name or "files that name no source" for name in names)


def _of_money(overview: MonthOverview, live: Any) -> Iterator[Check]:
    last, numbers = live.last_number, live.numbers
    invoiced = [one for one in overview.clients if one.invoice_id]
    invoices, agreeing = len(invoiced), sum(bool(one.with_ledger) and one.figure("total_cents") == one.total_cents for one in invoiced)
    yield _of_minutes(overview)
    yield Check(
        holds=last == numbers,
        says="Invoice numbers have no gap" if last == numbers else "Invoice numbers have a gap",
        detail=f"next is INV-{overview.month.year}-{last + 1:04d}" if last == numbers else f"{last} were given, {numbers} are used",
    )
    yield (
        Check(
            holds=invoices == agreeing,
            says="Invoices add up" if invoices == agreeing else "Invoices do not add up",
            detail=f"close, invoice and ledger agree to the cent, {agreeing} of {invoices}",
        )
        if invoices
        else Check(holds=False, says="There is no invoice to add up yet", detail="a close with something to bill makes one", known=False)
    )
    yield Check(
        holds=bool(live.audit_holds),
        says="The audit log ends where its head says" if live.audit_holds else "The audit log does not end where its head says",
        detail="caretally verify recomputes every event",
    )
