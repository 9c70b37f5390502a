"""Figures, printed and never asserted: a sign-in beside its password check, unknown addresses beside wrong passwords, a page's session and context."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median, quantiles
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, text

from caretally.identity.passwords import password_fits
from tests.builders.accounts import KEPT, PASSWORD, Signer, give_role, new_signer, sign_in
from tests.builders.databases import TestDatabase
from tests.builders.office import new_office
from tests.builders.pages import HERE, Pages, form_token

ROUNDS = 60
# What finds the session and binds the context stands in these words of a statement; everything else is the page's own.
OF_SESSION = ("account_session", "set_config", "caretally.context")
Figure = Callable[[str, object], None]


@contextmanager
def statements(spent: list[tuple[str, int]]) -> Iterator[None]:
    """Note each statement and the nanoseconds until its answer, as the client of the database sees them."""

    def before(connection: Any, *_rest: Any) -> None:
        connection.info["began"] = time.perf_counter_ns()

    def after(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        spent.append((statement, time.perf_counter_ns() - connection.info["began"]))

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", before)
        event.remove(Engine, "after_cursor_execute", after)


def spread(nanoseconds: list[int]) -> str:
    """Say the median and the 95th percentile in milliseconds."""
    return f"{median(nanoseconds) / 1e6:.1f} ms (p95 {quantiles(nanoseconds, n=20)[-1] / 1e6:.1f})"


def answer_to(client: FlaskClient, token: str, **typed: str) -> tuple[int, int]:
    """Send the sign-in page what was typed; return the status and the nanoseconds."""
    began = time.perf_counter_ns()
    status = client.post("/sign-in", data={"form_token": token, **typed}, headers={"Origin": HERE}).status_code
    return status, time.perf_counter_ns() - began


def forget(database: TestDatabase) -> None:
    with database.auth_engine.begin() as connection:
        connection.execute(text("DELETE FROM sign_in_failure"))


@pytest.fixture
def signer(database: TestDatabase) -> Signer:
    """A person whose failures are forgotten."""
    return new_signer(database)


@pytest.mark.drill
def test_a_sign_in_beside_its_password_check_and_beside_an_unknown_address(
    database: TestDatabase, pages: Pages, signer: Signer, record_property: Figure
) -> None:
    asked = {
        "right password": (303, {"email": signer.email, "password": PASSWORD}),
        "wrong password": (422, {"email": signer.email, "password": "wrong words here"}),
        "unknown address": (422, {"email": f"x{signer.email}", "password": "wrong words here"}),
    }
    took: defaultdict[str, list[int]] = defaultdict(list)
    made: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
    for _ in range(ROUNDS):
        forget(database)
        began = time.perf_counter_ns()
        assert password_fits(KEPT, PASSWORD)
        took["Argon2 alone"].append(time.perf_counter_ns() - began)
        for name, (expected, typed) in asked.items():
            client = pages.client()
            spent: list[tuple[str, int]] = []
            token = form_token(client.get("/sign-in"))
            with statements(spent):
                status, nanoseconds = answer_to(client, token, **typed)
            assert status == expected, name
            took[name].append(nanoseconds)
            made[name].add(tuple(statement for statement, _ in spent))
    assert made["wrong password"] == made["unknown address"]
    alone = median(took["Argon2 alone"])
    ratios = ", ".join(f"{name} {median(took[name]) / alone:.2f}" for name in asked)
    record_property("figure", f"beside Argon2 alone: {ratios}; " + "; ".join(f"{name} {spread(some)}" for name, some in took.items()))


@pytest.mark.drill
def test_what_session_and_context_cost_a_page(database: TestDatabase, pages: Pages, signer: Signer, record_property: Figure) -> None:
    give_role(database, signer, new_office(database).vendor_id, "billing_admin")
    client = sign_in(pages, signer)
    took: list[int] = []
    for _ in range(ROUNDS):
        spent: list[tuple[str, int]] = []
        with statements(spent):
            assert client.get("/months").status_code == 200
        ours = [nanoseconds for statement, nanoseconds in spent if any(word in statement for word in OF_SESSION)]
        assert len(ours) == 2, [statement for statement, _ in spent]
        took.append(sum(ours))
    record_property("figure", f"session and context of a page: {spread(took)} of database time, two statements")
