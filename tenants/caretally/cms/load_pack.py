"""Puts another set of rules in force: a version of its own, whole or not at all, from its day on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, text

from caretally.cms.load_tables import load_reference_tables
from caretally.cms.reference_files import folder_sha256, read_tables
from caretally.cms.rules_lock import change_rules
from caretally.errors import Conflict, NothingToDo, UsageMistake

NEWEST = text("SELECT code, effective_from, source_sha256 FROM rule_set ORDER BY loaded_at DESC, code DESC LIMIT 1")
KNOWN = text("SELECT source_sha256 FROM rule_set WHERE code = :code")
TODAY = text("SELECT current_date")


class RulesRefused(Conflict):
    """The set of rules cannot follow the one in force."""

    code = "rules_refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class PackLoaded:
    """A set of rules that was put in force, and the one before it; `sha256` is over all its files."""

    code: str
    effective_from: date
    sha256: str
    before: str
    dry_run: bool


def load_pack(connection: Connection, folder: Path, *, dry_run: bool = False) -> PackLoaded:
    """Put the rules of `folder` in force for every decision from now on; a dry run checks them against the database and leaves no trace.

    Runs as the schema owner in the caller's transaction, which the caller commits; waits for decisions under way. Rows carry their own
    dates, so a later set decides earlier months too. Raises `DamagedReferenceFile` (file, line, reason), `NothingToDo` for the set in
    force, `UsageMistake` for one whose day has not come, and `RulesRefused` for a version that is known or older: the set before stays.
    """
    code, effective_from = read_tables(folder)["rule_set"].rows[0]
    assert isinstance(code, str) and isinstance(effective_from, date)
    sha256 = folder_sha256(folder)
    change_rules(connection)
    newest = connection.execute(NEWEST).one()
    if newest.source_sha256 == sha256:
        raise NothingToDo(f"The rules {code} are in force already.")
    if connection.scalar(KNOWN, {"code": code}) is not None:
        raise RulesRefused(f"Rules {code} were loaded before with other rows; give the new ones a code of their own in rule_set.csv.")
    today = connection.scalar(TODAY)
    if effective_from > today:
        raise UsageMistake(
            f"The rules {code} are in force from {effective_from}; load them on that day, and see with caretally rules shadow what they would change."
        )
    if effective_from < newest.effective_from:
        raise RulesRefused(
            f"The rules {code} of {effective_from} are older than {newest.code} of {newest.effective_from}, which stay in force."
        )
    with connection.begin_nested() as savepoint:
        load_reference_tables(connection, folder)
        if dry_run:
            savepoint.rollback()
    return PackLoaded(code=code, effective_from=effective_from, sha256=sha256, before=newest.code, dry_run=dry_run)
