"""Every route for every role: what a role does not hold is refused before anything is read, whatever the method, and the matrix says the same as the routes."""

from datetime import date

import pytest

from caretally.identity.roles import MATRIX, REACH, Reach, Role
from caretally.web.access import Access, declared_access
from caretally.web.visitor import NO_VENDOR, Visitor
from tests.builders.pages import HERE, form_token, visitor_of
from tests.builders.worlds import World, held
from tests.isolation.test_route_crawl import CRAWL


def of_role(world: World, role: Role) -> Visitor:
    """Return a visitor who holds what a role holds and nothing else."""
    office, permissions = world.ours, held(MATRIX[role])
    if role is Role.OPERATOR:
        return visitor_of(NO_VENDOR, permissions=permissions, operates=True)
    clients = None if REACH[role] is Reach.VENDOR else [office.clients["A1"]]
    period = (date(2026, 10, 1), date(2026, 10, 31)) if REACH[role] is Reach.CLIENT_AND_PERIOD else None
    return visitor_of(office.vendor_id, permissions=permissions, clients=clients, period=period)


def guarded_routes(world: World) -> dict[str, Access]:
    """Return the routes that ask for a permission."""
    return {name: said for name, said in declared_access(world.pages.app).items() if said.permission and name in CRAWL}


@pytest.mark.parametrize("role", Role)
def test_a_role_is_refused_every_route_whose_permission_it_lacks(world: World, role: Role) -> None:
    visitor, owner = of_role(world, role), world.visitors()["vendor B"][1][0]
    client = world.pages.client(visitor)
    token = form_token(client.get("/probe/form"))
    kept_out = {name: said for name, said in guarded_routes(world).items() if not said.needed <= visitor.permissions}
    opened: list[tuple[str, object]] = []
    for name in kept_out:
        path = CRAWL[name].addresses(owner.invoice, owner.member, "x", owner)[0]
        answers = [client.get(path), client.post(path, data={"form_token": token}, headers={"Origin": HERE})]
        opened += [(name, answer.status_code) for answer in answers if answer.status_code not in (403, 405)]
        opened += [(name, "shows a name") for answer in answers if owner.canary in answer.text]
    assert kept_out
    assert opened == []


@pytest.mark.parametrize("role", Role)
def test_a_role_opens_the_first_page_of_every_permission_it_holds(world: World, role: Role) -> None:
    """A list without ids answers: the matrix promises nothing that a route then refuses. Who is tied to no staff is told so where time is logged."""
    visitor = of_role(world, role)
    client = world.pages.client(visitor)
    plain = [name for name, said in guarded_routes(world).items() if said.needed <= visitor.permissions and "{" not in CRAWL[name].path]
    answers = {name: client.get(CRAWL[name].path).status_code for name in plain}
    assert {
        name: code for name, code in answers.items() if code not in (200, 302, 303, 404, 405) and (name[:5], code) != ("time.", 409)
    } == {}
    assert 200 in answers.values()
