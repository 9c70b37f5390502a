"""Whether the clock tells a practice that an id exists elsewhere: printed, and never asserted."""

import time
from collections import defaultdict
from collections.abc import Callable
from statistics import median
from uuid import uuid4

import pytest

from tests.builders.worlds import World

ROUNDS = 200


@pytest.mark.drill
@pytest.mark.parametrize("who", ["practice A1", "vendor B"])
def test_a_foreign_id_is_looked_up_as_long_as_one_that_does_not_exist(
    world: World, who: str, record_property: Callable[[str, object], None]
) -> None:
    visitor, foreign = world.visitors()[who]
    client, took = world.pages.client(visitor), defaultdict[str, list[int]](list)
    for _ in range(ROUNDS):
        for name, invoice in (("foreign", foreign[0].invoice), ("of nobody", uuid4())):
            began = time.perf_counter_ns()
            assert client.get(f"/invoices/{invoice}").status_code == 404
            took[name].append(time.perf_counter_ns() - began)
    middle = {name: median(some) for name, some in took.items()}
    said = ", ".join(f"{name} {some / 1e6:.2f} ms" for name, some in middle.items())
    record_property("figure", f"{who} asks for an invoice: {said}, ratio {middle['foreign'] / middle['of nobody']:.3f}")
