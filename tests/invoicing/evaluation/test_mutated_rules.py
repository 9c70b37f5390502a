"""Broken rules are noticed: every mutant of the evaluation's SQL decides some facts otherwise than the oracle, or rows otherwise than the rules."""

from collections.abc import Callable
from pathlib import Path

import pytest

from caretally.months import Month
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.told_by_records import codes_in, device_set_up_in_time, first_visit_billed_before
from tests.invoicing.evaluation.killing import Hunt, KnownKillers, Mutant
from tests.invoicing.evaluation.mutation_material import Material, everything
from tests.invoicing.evaluation.sql_mutants import mutants, mutants_beyond_facts

KILLERS = Path(__file__).parents[2] / "data" / "killers_of_rules.csv"
# What tells a mutant that no facts tell, by the words around its change, and the codes that the rules give it.
RECORDS: dict[str, tuple[Callable[[TestDatabase], tuple[Office, Month]], list[str]]] = {
    "setup.first_valid <= served_on": (device_set_up_in_time, ["98976", "98975"]),
    "m.month >= :month_first - 366": (first_visit_billed_before, ["99490"]),
}


@pytest.mark.drill
@pytest.mark.timeout(3600)
def test_every_change_of_the_sql_is_noticed(database: TestDatabase, record_property: Callable[[str, object], None]) -> None:
    everyone, killers = mutants(), KnownKillers(KILLERS)
    hunt = Hunt(database, killers, Material(everything()))
    hunt.judge(killers.in_order(everyone))
    hunt.write(everyone)
    record_property("figure", hunt.figure("SQL"))
    record_property("share", hunt.share("SQL"))
    assert (hunt.alive, hunt.refuted) == ([], [])


@pytest.mark.drill
@pytest.mark.parametrize("mutant", mutants_beyond_facts(), ids=lambda mutant: mutant.name)
def test_a_change_of_the_sql_that_only_records_tell_is_noticed(
    database: TestDatabase, record_property: Callable[[str, object], None], mutant: Mutant
) -> None:
    (told,) = [told for near, told in RECORDS.items() if near in mutant.name]
    made, codes = told
    office, month = made(database)
    with office.transaction() as connection:
        assert codes_in(connection, office, month) == codes
        with mutant.applied(connection):
            changed = codes_in(connection, office, month)
    record_property("share", ("mutants of the SQL killed", int(changed != codes), 1))
    assert changed != codes
