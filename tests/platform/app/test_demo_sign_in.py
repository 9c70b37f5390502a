"""The demo's people sign in without a password: in demo mode, from this machine, and as people of the demo alone (ASVS 5.0, 15.2.3)."""

from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from caretally.app.create_app import create_app
from caretally.app.demo.personas import DOMAIN, personas
from caretally.identity.accounts import account_for, set_password
from tests.builders.accounts import KEPT, new_signer
from tests.builders.databases import TestDatabase
from tests.builders.pages import HERE, Pages, edge_of, form_token

PAGE = "/demo/sign-in"


@pytest.fixture(scope="module")
def demo(database: TestDatabase) -> FlaskClient:
    """A browser at the application in demo mode, with one of the demo's people."""
    with database.auth_engine.begin() as connection:
        account_for(connection, email=f"dana@{DOMAIN}", name="Dana Whitfield")
    return create_app(edge_of(database), demo=True).test_client()


def enter(demo: FlaskClient, key: str, address: str = "127.0.0.1") -> int:
    """Press a person's button and return the answer's status."""
    sent = {"form_token": form_token(demo.get(PAGE))}
    origin = {"REMOTE_ADDR": address}
    return demo.post(f"{PAGE}/{key}", data=sent, headers={"Origin": HERE}, environ_overrides=origin).status_code


def test_an_installation_that_is_no_demo_has_no_such_page(pages: Pages) -> None:
    assert pages.get(PAGE).status_code == 404
    assert [rule.rule for rule in pages.app.url_map.iter_rules() if "demo" in rule.rule or "bench" in rule.rule] == []


def test_a_person_of_the_demo_enters_at_one_click(demo: FlaskClient) -> None:
    shown = demo.get(PAGE).text
    assert [person.name for person in personas() if person.name not in shown.replace("&#39;", "'")] == []
    assert enter(demo, "dana") == 303


@pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.2", "::ffff:192.0.2.7", ""])
def test_no_other_machine_finds_it(demo: FlaskClient, address: str) -> None:
    assert demo.get(PAGE, environ_overrides={"REMOTE_ADDR": address}).status_code == 404
    assert enter(demo, "dana", address) == 404


def test_an_account_with_a_password_is_not_opened_by_it(database: TestDatabase, demo: FlaskClient) -> None:
    signer = new_signer(database)
    assert enter(demo, signer.email) == 404
    key = uuid4().hex
    with database.auth_engine.begin() as connection:
        made = account_for(connection, email=f"{key}@{DOMAIN}", name="Somebody")
        set_password(connection, made.id, KEPT)
    assert enter(demo, key) == 404


def test_a_step_that_counts_is_one_click_in_the_demo_and_leads_back(demo: FlaskClient) -> None:
    assert enter(demo, "dana") == 303
    asked = demo.get("/step-up?next=/months")
    assert 'action="/demo/sign-in/dana"' in asked.text
    given = {"form_token": form_token(asked), "next": "/months"}
    answer = demo.post(f"{PAGE}/dana", data=given, headers={"Origin": HERE}, environ_overrides={"REMOTE_ADDR": "127.0.0.1"})
    assert answer.headers["Location"] == "/choose?next=/months"
    elsewhere = demo.post(
        f"{PAGE}/dana", data={"form_token": form_token(demo.get(PAGE)), "next": "//evil.example"}, headers={"Origin": HERE}
    )
    assert elsewhere.headers["Location"] == "/choose"
