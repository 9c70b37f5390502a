"""Broken rules are noticed: every mutant of the evaluation's SQL makes a worked case or the oracle's agreement go red."""

import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from caretally.evaluation import evaluate
from caretally.evaluation.load_facts import DECIDE_VENDOR
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from tests.builders.cases import cases
from tests.builders.databases import TestDatabase
from tests.builders.deciding import decided_in
from tests.builders.edges import edges, merged
from tests.builders.facts import Facts, clean_patient, entry, facts
from tests.builders.months import client_months
from tests.builders.program_edges import program_edges
from tests.builders.rule_rows import of_dates, of_gates, of_policies, of_reasons, of_signals
from tests.invoicing.evaluation.test_agreement_with_the_oracle import comparable
from tests.oracle.biller import decide
from tests.oracle.test_oracle_gates import HOLDS, ON_TIME, WARNINGS

SEED = 20261123
MONTHS = 40
SLICES = 2
WORK = "2026-03-03T10:00"
GATE = re.compile(r"CASE WHEN (?P<condition>[^\n]*) THEN '[A-Z0-9_]+' END")
REASON = re.compile(r"CASE WHEN (?P<condition>[^\n]*?) THEN CAST\(:(?:[a-z_]+) AS smallint\) END")
# No code of these families has ended, each code and pair began on the first of a month or ended on its last, and `decide` knows of no set-up of a
# device and no closed month before, so these bounds are the same rule in today's data. No code that minutes do not decide has ended. A first
# visit on the day by which it is needed lies in the month, so the last one is no year old: whether that bound holds its day is the same rule.
SAME_IN_DATA = re.compile(
    r"(base|addon)_to(, :month_first\))? >= (served_on|:month_first)|(base|addon)_from <= :month_last|>= l\.staff_ever"
    r"|g\.last_valid\) >= served_on|first_qualifying_visit_on <= visit_needed_by\n"
    r"|last_valid >= (v\.visited_on|served_on)|setup\.first_valid <= served_on|x\.valid_(from <= :month_last|to >= :month_first)|m\.month >= :month_first"
)
BOUND = re.compile(r" (?P<sign><=|>=) ")
Record = Callable[[str, object], None]
Mutant = tuple[str, int, str]
STEPS = (
    *(
        "scope",
        "days",
        "conflicts",
        "doubles",
        "time",
        "tangled",
        "given_visit",
        "given_monthly",
        "given_transition",
        "given_device",
        "decide",
    ),
    *("combine/services", "combine/bars", "combine/addons"),
)


def mutants() -> list[tuple[str, Mutant]]:
    """Return every mutant with its name: file, line, the whole text of the file after one change."""
    found = []
    for name in STEPS:
        source = (Path(evaluate.__file__).parent / f"{name}.sql").read_text(encoding="utf-8")
        for kind, start, end, replacement in _changes(source):
            line = source.count("\n", 0, start) + 1
            found.append((f"{name}.sql:{line} {kind}", (name, start, source[:start] + replacement + source[end:])))
    return found


def _changes(source: str) -> Iterator[tuple[str, int, int, str]]:
    code = re.sub(r"--[^\n]*", lambda comment: " " * len(comment[0]), source)
    for pattern, kind in ((GATE, "gate dropped"), (REASON, "reason dropped")):
        for hit in pattern.finditer(code):
            yield kind, hit.start("condition"), hit.end("condition"), "false"
    for hit in BOUND.finditer(SAME_IN_DATA.sub(lambda same: " " * len(same[0]), code)):
        yield "bound swapped", hit.start("sign"), hit.end("sign"), hit["sign"][0]
    for hit in re.finditer(r"l\.(staff|complex|personal)\b(?! AS)", code):
        yield "threshold a second later", hit.start(), hit.end(), f"({hit[0]} + 1)"


def material() -> list[Facts]:
    """Return the facts that every mutant faces: worked cases, edges of gates, of time and of dates, and generated months."""
    cured: list[Facts] = [*ON_TIME, *(patient for _code, patient in (*HOLDS, *WARNINGS))]
    gates = [facts(clean_patient("p1", **{"entries": [entry(WORK, 1200)], **changes})) for changes in cured]
    rows = [*of_gates(), *of_reasons(), *of_dates(), *of_signals(), *of_policies()]
    return [*merged(rows), *merged([*(one.facts for one in cases()), *gates]), *edges(), *program_edges(), *_generated()]


def _generated() -> list[Facts]:
    kept: list[Facts] = []

    @seed(SEED)
    @settings(max_examples=MONTHS, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(month=client_months(most_patients=6))
    def keep(month: Facts) -> None:
        kept.append(month)

    keep()
    random.Random(SEED).shuffle(kept)
    return kept


def is_killed(database: TestDatabase, months: list[tuple[Facts, list[Any]]]) -> bool:
    """Tell whether a month comes out otherwise than expected, or the statement fails; a transaction of its own bears the failure."""
    context = TenantContext(DECIDE_VENDOR, "tester")
    try:
        with tenant_transaction(database.vendor_engine, context, secret=database.secret) as connection:
            connection.execute(text("SET LOCAL statement_timeout = '30s'"))
            return any([comparable(answer) for answer in decided_in(connection, month)] != expected for month, expected in months)
    except (SQLAlchemyError, ValueError, KeyError, TypeError, AssertionError):
        return True


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("slice_", range(SLICES))
def test_the_cases_and_the_oracle_notice_every_mutant(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch, record_property: Record, slice_: int
) -> None:
    months = [(month, [comparable(decision) for decision in decide(month)]) for month in material()]
    plain, survivors, everyone = evaluate.statement, [], mutants()[slice_::SLICES]
    assert not is_killed(database, months)
    for name, (step, _start, source) in everyone:
        changed = text(source)
        monkeypatch.setattr(evaluate, "statement", lambda asked, s=step, c=changed: c if asked == s else plain(asked))
        killed = is_killed(database, months)
        survivors += [] if killed else [name]
        print("killed" if killed else "ALIVE", name, flush=True)
    caught = len(everyone) - len(survivors)
    record_property(
        "figure",
        f"{caught} of {len(everyone)} mutants of the SQL killed ({caught * 100 // len(everyone)} %), seed {SEED}; alive: {survivors}",
    )
    assert survivors == []
