"""Broken rules are noticed: every mutant of the evaluation's SQL decides some facts otherwise than the oracle does."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders.databases import TestDatabase
from tests.invoicing.evaluation.killing import Hunt, KnownKillers
from tests.invoicing.evaluation.mutation_material import Material, everything
from tests.invoicing.evaluation.sql_mutants import mutants

KILLERS = Path(__file__).parents[2] / "data" / "killers_of_rules.csv"


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_every_change_of_the_sql_is_noticed(database: TestDatabase, record_property: Callable[[str, object], None]) -> None:
    everyone, killers = mutants(), KnownKillers(KILLERS)
    hunt = Hunt(database, killers, Material(everything()))
    hunt.judge(killers.in_order(everyone))
    hunt.write(everyone)
    record_property("figure", hunt.figure("SQL"))
    record_property("share", hunt.share("SQL"))
    assert hunt.alive == []
