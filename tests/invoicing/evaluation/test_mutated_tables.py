"""Wrong rows of the rule tables are noticed: a code or threshold shifted, a cap, a pair, a gate, a holiday, each by facts the oracle decides too."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError

from caretally.evaluation.load_facts import DECIDE_VENDOR
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from caretally.whatif.shadow import look_here_first, put_before
from tests.builders.cases import cases
from tests.builders.databases import TestDatabase
from tests.builders.deciding import decided_in
from tests.builders.edges import edges, merged
from tests.builders.facts import Facts, clean_patient, entry, facts
from tests.builders.program_edges import program_edges
from tests.builders.rule_rows import of_dates, of_gates, of_reasons, of_signals
from tests.builders.worked_programs import CASES
from tests.invoicing.evaluation.equivalent_mutants import is_equivalent
from tests.invoicing.evaluation.table_mutants import Mutants, TableMutant
from tests.invoicing.evaluation.test_agreement_with_the_oracle import comparable
from tests.oracle.biller import decide
from tests.oracle.test_oracle_gates import HOLDS, ON_TIME, WARNINGS

SEED = 20261123
MOST = 250
SLICES = 8
WORK = "2026-03-03T10:00"
Expected = tuple[Facts, list[Any]]


class Material:
    """Facts with what the oracle says of them, found by the words of its answers: codes, gates, reasons, programs."""

    def __init__(self) -> None:
        """Decide everything once, one patient or one meeting of patients at a time."""
        gates: list[Facts] = [*ON_TIME, *(patient for _code, patient in (*HOLDS, *WARNINGS))]
        plain = [facts(clean_patient("p1", **{"entries": [entry(WORK, 1200)], **changes})) for changes in gates]
        singles = [*(one.facts for one in cases()), *(one.facts() for one, *_ in CASES.values()), *plain]
        rows = [*of_gates(), *of_reasons(), *of_dates(), *of_signals()]
        self.whole = [*edges(), *program_edges(), *merged([*singles, *rows])]
        self.words = [(one, _words(one)) for one in [*singles, *rows, *_single(edges()), *_single(program_edges())]]

    def about(self, mentions: Iterable[str]) -> list[Facts]:
        """Return the facts whose answers hold one of the words, in few files, the smallest first."""
        asked = set(mentions)
        found = [one for one, words in self.words if words & asked]
        chosen = found if len(found) <= MOST else random.Random(SEED).sample(found, MOST)
        return sorted(merged(chosen), key=lambda file: len(file["patients"]))


def _single(files: Iterable[Facts]) -> list[Facts]:
    """Return the patients of merged files one by one, those apart who are one person or share somebody's time."""
    made = []
    for file in files:
        groups: dict[str, list[Facts]] = {}
        for patient in file["patients"]:
            groups.setdefault(patient["ref"].partition("/")[0], []).append(patient)
        made += [file | {"patients": group} for group in groups.values()]
    return made


def _words(one: Facts) -> set[str]:
    told = json.dumps(decide(one))
    return {
        word.strip('"') for word in told.replace("[", " ").replace("]", " ").replace(",", " ").replace(":", " ").replace("{", " ").split()
    }


def with_answers(months: Iterable[Facts]) -> list[Expected]:
    """Return the facts with what the oracle says of them."""
    return [(month, [comparable(decision) for decision in decide(month)]) for month in months]


def is_noticed(database: TestDatabase, mutant: TableMutant | None, months: Iterable[Expected]) -> bool:
    """Tell whether some facts come out otherwise than the oracle says once the table is changed, or the evaluation fails."""
    context = TenantContext(DECIDE_VENDOR, "tester")
    try:
        with tenant_transaction(database.vendor_engine, context, secret=database.secret) as connection:
            if mutant is not None:
                put_before(connection, [mutant.mutated()])
                look_here_first(connection)
            return any([comparable(answer) for answer in decided_in(connection, month)] != expected for month, expected in months)
    except (SQLAlchemyError, ValueError, KeyError, TypeError, AssertionError, StopIteration):
        return True


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("slice_", range(SLICES))
def test_every_change_of_a_row_is_noticed_or_shown_to_change_nothing(
    database: TestDatabase, record_property: Callable[[str, object], None], slice_: int
) -> None:
    material, everyone = Material(), list(Mutants().all())[slice_::SLICES]
    whole = with_answers(material.whole)
    assert not is_noticed(database, None, whole)
    found: Counter[str] = Counter()
    alive = []
    for mutant in everyone:
        reason = is_equivalent(mutant)
        if reason:
            found["the same rule"] += 1
            print("SAME", mutant.name, "-", reason, flush=True)
            continue
        own = with_answers(merged(mutant.facts()))
        asked = own or with_answers(material.about(mutant.mentions))
        noticed = is_noticed(database, mutant, asked) or is_noticed(database, mutant, whole)
        found["killed" if noticed else "alive"] += 1
        alive += [] if noticed else [mutant.name]
        print("killed" if noticed else "ALIVE", mutant.name, flush=True)
    judged = found["killed"] + found["alive"]
    print(
        f"\n{found['killed']} of {judged} mutants of the tables killed ({found['killed'] * 100 // judged} %), {dict(found)}; alive: {alive}"
    )
    assert alive == []
