"""What a supervisor, a load balancer and an operator ask."""

from sqlalchemy import create_engine

from caretally.app.create_app import create_app
from tests.builders.databases import TestDatabase
from tests.builders.pages import Pages, edge_of


def test_a_process_whose_database_answers_is_alive_and_ready(database: TestDatabase) -> None:
    pages = Pages(database)
    assert [pages.get(path).status_code for path in ("/livez", "/readyz", "/statusz")] == [200, 200, 200]
    assert pages.get("/statusz").json["parts"] == dict.fromkeys(("vendor_pool", "practice_pool", "sign_in_pool", "operator_pool"), "up")  # type: ignore[index]


def test_a_process_without_its_database_is_alive_and_not_ready_and_names_the_part(database: TestDatabase) -> None:
    nowhere = create_engine("postgresql+psycopg://nobody:secret@127.0.0.1:1/none", connect_args={"connect_timeout": 2})
    client = create_app(edge_of(database, practice_pool=nowhere)).test_client()
    answers = [client.get(path) for path in ("/livez", "/readyz", "/statusz")]
    assert [answer.status_code for answer in answers] == [200, 503, 200]
    assert answers[2].json["parts"] == dict.fromkeys(("vendor_pool", "sign_in_pool", "operator_pool"), "up") | {"practice_pool": "down"}  # type: ignore[index]
    assert not any(b"secret" in answer.data or b"127.0.0.1" in answer.data for answer in answers)


def test_a_broker_that_is_down_is_told_and_makes_no_process_unready(database: TestDatabase) -> None:
    for up, word in ((True, "up"), (False, "down")):
        client = create_app(edge_of(database, broker_is_up=lambda up=up: up)).test_client()
        assert (client.get("/readyz").status_code, client.get("/readyz").json) == (200, {"status": "ready", "broker": word})
        assert client.get("/statusz").json["parts"]["broker"] == word  # type: ignore[index]
