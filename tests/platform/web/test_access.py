"""Who may open a page is said on each route and enforced before it runs; the database role fits the visitor."""

from uuid import uuid4

import pytest
from flask import Flask

from caretally.web.access import UndeclaredRoute, declared_access
from tests.builders.office import new_office
from tests.builders.pages import Pages, visitor_of


def test_every_route_says_who_may_open_it(pages: Pages) -> None:
    access = declared_access(pages.app)
    assert set(access) == {rule.endpoint for rule in pages.app.url_map.iter_rules()}
    assert [endpoint for endpoint, said in access.items() if bool(said.permission) == bool(said.why)] == []


def test_a_route_that_does_not_say_so_is_refused_by_its_name() -> None:
    app = Flask("silent")
    app.add_url_rule("/silent", "silent.page", lambda: "patients")
    with pytest.raises(UndeclaredRoute, match=r"silent\.page"):
        declared_access(app)


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(pages: Pages) -> None:
    answer = pages.get("/probe/role?a=1")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?next=%2Fprobe%2Frole%3Fa%3D1")


def test_a_visitor_without_the_permission_gets_403_and_a_way_on(pages: Pages) -> None:
    answer = pages.get("/probe/role", visitor_of(uuid4(), permissions=frozenset()))
    assert answer.status_code == 403
    assert 'href="/"' in answer.text


def test_a_vendors_person_works_on_the_vendors_role_and_a_practices_person_on_the_practices(pages: Pages) -> None:
    office = new_office(pages.database, "A1", "A2")
    vendor = pages.get("/probe/role", visitor_of(office.vendor_id)).text.split()
    practice = pages.get("/probe/role", visitor_of(office.vendor_id, clients=[office.clients["A1"]])).text.split()
    roles = pages.database.roles
    assert vendor == [roles.name("vendor"), "2"]
    assert practice == [roles.name("practice"), "1"]


def test_a_practices_person_without_any_client_sees_none(pages: Pages) -> None:
    office = new_office(pages.database, "A1")
    assert pages.get("/probe/role", visitor_of(office.vendor_id, clients=[])).text.split()[1:] == ["0"]
