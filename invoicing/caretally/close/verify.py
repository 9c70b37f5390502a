"""Proves closed months untouched: minutes, cents, numbers, evidence and the audit chain, recomputed from the rows."""

from dataclasses import dataclass

from sqlalchemy import Connection, TextClause, text

from caretally.audit.chain import verify_chain
from caretally.close.roots import root_breaches
from caretally.close.statements import statement
from caretally.months import Month
from caretally.settling.verify_counts import count_breaches

CHECKS = {
    "seconds": "counted and excluded seconds add up to the seconds logged",
    "outcomes": "every enrolled patient is billable, held or not billable, once",
    "money": "lines, invoices and ledger agree to the cent",
    "numbers": "invoice numbers have no gap and no double",
    "entries": "the time entries are the ones that were closed",
    "evidence": "the decisions are the ones whose fingerprints were printed",
    "reasons": "each exception and each late entry has its row",
    "contents": "figures, exceptions and invoice lines are the ones that were closed",
    "audited": "each close and reopening stands in the audit log with its figures",
}


@dataclass(frozen=True)
class CheckResult:
    """One check: its name, what it says when it holds, and the breaches found (at most twenty named)."""

    name: str
    says: str
    breaches: tuple[str, ...]


def verify(connection: Connection, *, month: Month | None = None) -> list[CheckResult]:
    """Run every check over the vendor of the transaction, for one month or for all; writes nothing."""
    values = {"month": None if month is None else month.first_day, "client_month_id": None}
    results = [CheckResult(name, says, tuple(connection.scalars(_check(name), values))) for name, says in CHECKS.items()]
    results.append(
        CheckResult("roots", "each closed month's rows are those under its root in the audit log", root_breaches(connection, month=month))
    )
    results.append(
        CheckResult(
            "queue",
            "the queue of exceptions adds up to what was closed or previewed, and to the work on it",
            count_breaches(connection, month=month),
        )
    )
    chain = verify_chain(connection)
    broken = () if chain.broken_at is None else (f"audit event {chain.broken_at.seq}: {chain.broken_at.reason}",)
    return [*results, CheckResult("chain", f"the audit chain holds over {chain.events:,} events", broken)]


def _check(name: str) -> TextClause:
    check = statement(f"checks/{name}")
    # The digests are computed by the statement that the close itself used.
    return text(f"WITH contents AS MATERIALIZED ({statement('contents').text}) {check.text}") if name == "contents" else check
