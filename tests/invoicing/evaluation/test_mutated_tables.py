"""Wrong rows of the rule tables are noticed: a code or threshold shifted, a cap, a pair, a gate, a holiday, each by facts the oracle decides too."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection

from caretally.whatif.shadow import look_here_first, put_before
from tests.builders.databases import TestDatabase
from tests.invoicing.evaluation.equivalent_mutants import is_equivalent
from tests.invoicing.evaluation.killing import Applied, Hunt, KnownKillers, Mutant
from tests.invoicing.evaluation.mutation_material import Material, everything
from tests.invoicing.evaluation.table_mutants import Mutants, TableMutant

SLICES = 4
KILLERS = Path(__file__).parents[2] / "data" / "killers_of_tables.csv"


def mutants() -> list[Mutant]:
    """Return every mutant of the tables, those that are proven the same rule too."""
    return [Mutant(one.name, _put_before(one), one.facts, one.mentions, is_equivalent(one)) for one in Mutants().all()]


def _put_before(mutant: TableMutant) -> Applied:
    @contextmanager
    def applied(connection: Connection) -> Iterator[None]:
        put_before(connection, [mutant.mutated()])
        look_here_first(connection)
        yield

    return applied


@pytest.mark.drill
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("slice_", range(SLICES))
def test_every_change_of_a_row_is_noticed_or_shown_to_change_nothing(
    database: TestDatabase, record_property: Callable[[str, object], None], slice_: int
) -> None:
    everyone, killers = mutants(), KnownKillers(KILLERS)
    hunt = Hunt(database, killers, Material(everything()))
    hunt.judge(killers.in_order(everyone[slice_::SLICES]))
    hunt.write(everyone)
    record_property("figure", hunt.figure("tables"))
    record_property("share", hunt.share("tables"))
    assert (hunt.alive, hunt.refuted) == ([], [])
