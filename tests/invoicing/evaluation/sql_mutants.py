"""Every change of the evaluation's SQL that ought to be noticed: a gate or a reason dropped, a bound without or with its day, a threshold a second later."""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection, text

from caretally.cms.reference_files import read_tables
from caretally.evaluation import evaluate, parameters
from tests.builders.edges import edges_of_days, edges_of_seconds
from tests.builders.facts import Facts
from tests.builders.program_edges import program_edges_of_days, program_edges_of_seconds
from tests.builders.rule_rows import of_a_month, of_dates, of_policies, of_program
from tests.invoicing.evaluation.killing import Mutant
from tests.invoicing.evaluation.mutation_material import SEED

CONDITION = r"WHEN (?P<condition>(?:(?!\b(?:CASE|WHEN|THEN)\b).)*?)\s+THEN "
GATE = re.compile(CONDITION + r"'(?P<word>[A-Z0-9_]+)'", re.DOTALL)
REASON = re.compile(CONDITION + r"CAST\(:(?P<word>[a-z_]+) AS smallint\) END", re.DOTALL)
BOUND = re.compile(r" (?P<sign><=|>=) ")
# Outside the conditions of gates and reasons a sign without its equals bounds what is read, or asks whether there is anything at all.
STRICT = re.compile(r" (?P<sign>[<>]) ")
THRESHOLD = re.compile(r"l\.(staff|complex|personal|first|brief)(_ever)?\b(?! AS| IS)")
STEPS = (
    *("reads", "scope", "days", "conflicts", "doubles", "time", "tangled"),
    *("given_visit", "given_monthly", "given_transition", "given_device", "decide"),
    *("combine/services", "combine/bars", "combine/addons"),
)
AROUND, MOST_SECONDS = 36, 240
# What no facts tell: that a device was set up on the very day on which its code began, and what was billed in a month closed a leap year ago.
BEYOND_FACTS = re.compile(r"setup\.first_valid <= served_on|m\.month >= :month_first - 366")


@dataclass(frozen=True)
class Change:
    """A kind of change at a place of a statement, with the text that stands there instead and the word of the answers that it is about."""

    kind: str
    start: int
    end: int
    instead: str
    word: str = ""


def mutants() -> list[Mutant]:
    """Return every mutant of the SQL that facts can tell, those that are proven the same rule too; a name tells the text around the change."""
    return [mutant for mutant, is_beyond in _mutants() if not is_beyond]


def mutants_beyond_facts() -> list[Mutant]:
    """Return the mutants that only rows of a vendor's own tables tell."""
    return [mutant for mutant, is_beyond in _mutants() if is_beyond]


def _mutants() -> list[tuple[Mutant, bool]]:
    found, seen = [], Counter[str]()
    for step in STEPS:
        source = _source(step)
        code = re.sub(r"--[^\n]*", lambda comment: " " * len(comment[0]), source)
        for change in _changes(code):
            near = " ".join(source[max(change.start - AROUND, 0) : change.start + AROUND].split())
            name = f"{step}.sql {change.kind}: {near}"
            seen[name] += 1
            changed = source[: change.start] + change.instead + source[change.end :]
            own = _alone if step == "reads" else OWN.get(change.kind, partial(_of_policy, change.word))
            mentions = (change.word.upper(),) if change.word else ()
            mutant = Mutant(f"{name} ({seen[name]})", partial(_applied, step, changed), own, mentions, _is_same(step, code, change))
            found.append((mutant, any(beyond.start() <= change.start < beyond.end() for beyond in BEYOND_FACTS.finditer(code))))
    return found


def _source(step: str) -> str:
    return (Path(evaluate.__file__).parent / f"{step}.sql").read_text(encoding="utf-8")


def _alone() -> list[Facts]:
    return list(of_a_month())


def _of_days() -> list[Facts]:
    seconds = random.Random(SEED).sample(edges_of_seconds(), MOST_SECONDS)
    return [*edges_of_days(), *seconds, *of_dates(), *of_program("CCM"), *of_program("PCM"), *program_edges_of_days()]


def _of_policy(gate: str) -> list[Facts]:
    return [one for one in of_policies() if gate in one["policies"]]


def _of_seconds() -> list[Facts]:
    return [*of_dates(), *edges_of_seconds(), *program_edges_of_seconds()]


OWN = {"bound swapped": _of_days, "threshold a second later": _of_seconds}


def _changes(code: str) -> Iterator[Change]:
    for pattern, kind in ((GATE, "gate dropped"), (REASON, "reason dropped")):
        for hit in pattern.finditer(code):
            yield Change(kind, hit.start("condition"), hit.end("condition"), "false", hit["word"])
            for sign in STRICT.finditer(code, *hit.span("condition")):
                yield Change("bound swapped", sign.start("sign"), sign.end("sign"), f"{sign['sign']}=", hit["word"])
    for hit in BOUND.finditer(code):
        yield Change("bound swapped", hit.start("sign"), hit.end("sign"), hit["sign"][0])
    for hit in THRESHOLD.finditer(code):
        yield Change("threshold a second later", hit.start(), hit.end(), f"({hit[0]} + 1)")


def _applied(step: str, changed: str, _connection: Connection) -> AbstractContextManager[object]:
    if step == "reads":
        return patch.object(parameters, "READS", text(changed))
    plain = evaluate.statement
    return patch.object(evaluate, "statement", lambda asked: text(changed) if asked == step else plain(asked))


_ROWS: dict[str, list[Any]] = {name: list(table.dicts()) for name, table in read_tables().items()}
_CODES: dict[str, Any] = {str(row["code"]): row for row in _ROWS["billing_code"]}
_LADDER = [str(row[name]) for row in _ROWS["time_ladder"] for name in ("base_code", "addon_code") if row[name]]
_GIVEN = [
    str(row[name])
    for table in ("untimed_code", "device_band", "visit_addon")
    for row in _ROWS[table]
    for name in ("code", "setup_code")
    if row.get(name)
]
_BARS = [row for row in _ROWS["code_exclusion"] if row["kind"] == "policy"]


def _none_ended(codes: list[str]) -> bool:
    return all(_CODES[code]["last_valid"] is None for code in codes)


def _none_begins_last(days: list[Any]) -> bool:
    return not any((day + timedelta(days=1)).day == 1 for day in days)


def _has_a_brief_path_below(path: str) -> bool:
    def reached_by(row: Any) -> int:
        code = _CODES[str(row["base_code"])]
        return int(code["min_reportable_seconds"] or code["first_threshold_seconds"])

    ladder = _ROWS["time_ladder"]
    brief = {row["program"]: reached_by(row) for row in ladder if row["path"] == "brief"}
    return all(row["program"] in brief and brief[row["program"]] < reached_by(row) for row in ladder if row["path"] == path)


def is_needed_within_the_month(scope: str, time: str, tangled: str, decide: str) -> bool:
    """Tell whether these four steps say that a visit is needed by a day of the month, and that the first and the last that qualify are of the same visits."""
    within = "width_bucket(greatest(t.started_second, CAST(:starts_second AS bigint)), CAST(:bounds AS bigint[])) AS "
    needed = re.findall(r"([^\n]*?) AS visit_needed_by\b", decide)
    (first,), (last,) = (
        re.findall(rf"\b{bound}\(v\.visited_on\) FILTER \(WHERE ([^\n]*?)\) AS {which}_qualifying_on", scope) or [bound]
        for bound, which in (("min", "first"), ("max", "last"))
    )
    from_its_first_day = within + "day," in time and within + "first_day," in tangled
    return (
        [one.strip() for one in needed] == ["coalesce(:month_first - 1 + first_counted_day, :month_last)"]
        and from_its_first_day
        and first == last
    )


def _expires_no_sooner_than_at_once() -> bool:
    return all(row["amount"] >= 0 for row in _ROWS["program_limit"] if row["name"] == "visit_expires_months")


# What is the same rule in today's tables, why, and the question to the tables that shows it.
SAME: tuple[tuple[str, str, str, Callable[[], bool]], ...] = (
    ("given_.*", r"last_valid >= (v\.visited_on|served_on)", "no code that minutes do not decide has ended", lambda: _none_ended(_GIVEN)),
    ("decide", r"g\.last_valid\) >= served_on", "no code has ended", lambda: _none_ended([*_GIVEN, *_LADDER])),
    ("decide", r"addon_to >= served_on", "no add-on of a ladder has ended", lambda: _none_ended(_LADDER)),
    (
        "time|tangled",
        r"coalesce\(s\.state = ANY \(p\.licensed_states\), cardinality\(p\.licensed_states\) > 0\)",
        "a state that nobody knows is in no empty list, so the length is asked of lists that hold something",
        lambda: True,  # what PostgreSQL answers for an empty list is a test of its own
    ),
    (
        "decide",
        r"(base|addon)_from <= :month_last",
        "no code of a ladder began on a month's last day",
        lambda: _none_begins_last([_CODES[code]["first_valid"] for code in _LADDER]),
    ),
    (
        "combine/bars",
        r"x\.valid_from <= :month_last",
        "no pair began on a month's last day",
        lambda: _none_begins_last([row["valid_from"] for row in _BARS]),
    ),
    (
        "combine/bars",
        r"x\.valid_to >= :month_first",
        "no pair ended on a month's first day",
        lambda: not any(row["valid_to"] and row["valid_to"].day == 1 for row in _BARS),
    ),
    (
        "reads",
        r"(n|d|s)\.valid_from <= :month_last",
        "no limit, program or setting began on a month's last day",
        lambda: _none_begins_last(
            [row["valid_from"] for name in ("program_limit", "duplicate_program", "code_substitution") for row in _ROWS[name]]
        ),
    ),
    (
        "reads",
        r"(n\.valid_to >= :month_last|s\.valid_to >= :month_first)|valid_to >= :month_first\)",
        "no limit and no reason has ended, no setting's rule on a month's first day",
        lambda: (
            all(row["valid_to"] is None for name in ("program_limit", "exclusion_reason") for row in _ROWS[name])
            and not any(row["valid_to"].day == 1 for row in _ROWS["code_substitution"])
        ),
    ),
    (
        "decide",
        r"l\.first_ever(?= ELSE l\.staff_ever)",
        "whoever reaches the code of a first month has reached its brief one, which asks for less and is asked beside it",
        lambda: _has_a_brief_path_below("first"),
    ),
    (
        "decide",
        r"first_qualifying_visit_on <= visit_needed_by\n",
        "a first visit on the very day by which it is needed lies in the month, and the last one is no earlier, so that none has expired",
        lambda: is_needed_within_the_month(*map(_source, ("scope", "time", "tangled", "decide"))) and _expires_no_sooner_than_at_once(),
    ),
)


def _is_same(step: str, code: str, change: Change) -> str:
    """Return why a change of a bound or a threshold is the same rule, empty where it is not."""
    for steps, pattern, why, holds in SAME:
        places = (hit.span() for hit in re.finditer(pattern, code)) if re.fullmatch(steps, step) else ()
        if change.kind in OWN and any(start <= change.start < end for start, end in places) and holds():
            return why
    return ""
