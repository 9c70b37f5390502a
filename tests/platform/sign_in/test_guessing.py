"""Guessing ends at a limit, and nobody's guessing keeps the person out who uses a browser they signed in with before."""

import pytest
from sqlalchemy import text

from caretally.identity.throttle import LIMITS, count_failure, guess
from tests.builders.accounts import PASSWORD, Signer, new_signer, sign_in, submit
from tests.builders.databases import TestDatabase
from tests.builders.pages import Pages, words


@pytest.fixture
def signer(database: TestDatabase) -> Signer:
    """A person; failures of other tests are forgotten."""
    with database.auth_engine.begin() as connection:
        connection.execute(text("DELETE FROM sign_in_failure"))
    return new_signer(database)


def plant(database: TestDatabase, signer: Signer, *, failures: int, network: str) -> None:
    """Count failures at an account from a network, as that many guesses would, without their cost."""
    attempt = guess(database.secret, "password", of=signer.email, network=network, browser="")
    with database.auth_engine.begin() as connection:
        for _ in range(failures):
            count_failure(connection, attempt)


def test_ten_wrong_passwords_from_one_network_end_it_there(pages: Pages, signer: Signer) -> None:
    client = pages.client()
    answers = [
        submit(client, "/sign-in", email=signer.email, password=f"wrong words {n}").status_code for n in range(LIMITS["pair"].failures)
    ]
    assert set(answers) == {422}
    refused = submit(client, "/sign-in", email=signer.email, password=PASSWORD)
    assert (refused.status_code, "wait 15 minutes" in words(refused)) == (429, True)


def test_an_unknown_address_meets_the_same_limit(pages: Pages, signer: Signer) -> None:
    stranger = signer.email.replace("@", "x@")
    answers = [submit(pages.client(), "/sign-in", email=stranger, password="wrong words") for _ in range(LIMITS["pair"].failures + 1)]
    assert [answer.status_code for answer in answers][-2:] == [422, 429]


def test_another_network_and_a_known_browser_are_not_kept_out(database: TestDatabase, pages: Pages, signer: Signer) -> None:
    known = sign_in(pages, signer)
    plant(database, signer, failures=LIMITS["account"].failures, network="127.0.0.0/24")
    stranger = submit(pages.client(), "/sign-in", email=signer.email, password=PASSWORD)
    assert stranger.status_code == 429
    token = known.get("/profile")
    assert token.status_code == 200
    known.delete_cookie("caretally_session")
    assert submit(known, "/sign-in", email=signer.email, password=PASSWORD).status_code == 303
    assert submit(known, "/sign-in/code", code=signer.code()).status_code == 303


def test_a_known_browsers_own_guesses_end_too(pages: Pages, signer: Signer) -> None:
    known = sign_in(pages, signer)
    known.delete_cookie("caretally_session")
    for _ in range(LIMITS["browser"].failures):
        submit(known, "/sign-in", email=signer.email, password="wrong words here")
    assert submit(known, "/sign-in", email=signer.email, password=PASSWORD).status_code == 429


def test_a_browser_known_to_one_account_is_a_stranger_to_another(database: TestDatabase, pages: Pages, signer: Signer) -> None:
    thief = sign_in(pages, new_signer(database))
    thief.delete_cookie("caretally_session")
    plant(database, signer, failures=LIMITS["account"].failures, network="127.0.0.0/24")
    assert submit(thief, "/sign-in", email=signer.email, password=PASSWORD).status_code == 429


def test_codes_are_limited_as_passwords_are(pages: Pages, signer: Signer) -> None:
    client = pages.client()
    submit(client, "/sign-in", email=signer.email, password=PASSWORD)
    answers = [submit(client, "/sign-in/code", code="000000").status_code for _ in range(LIMITS["pair"].failures + 1)]
    assert answers[-2:] == [422, 429]


def test_a_limit_ends_with_its_window(database: TestDatabase, pages: Pages, signer: Signer) -> None:
    plant(database, signer, failures=LIMITS["pair"].failures, network="127.0.0.0/24")
    assert submit(pages.client(), "/sign-in", email=signer.email, password=PASSWORD).status_code == 429
    with database.auth_engine.begin() as connection:
        connection.execute(
            text("INSERT INTO sign_in_failure (key_hash, at) SELECT key_hash, at - interval '15 minutes' FROM sign_in_failure")
        )
        connection.execute(text("DELETE FROM sign_in_failure WHERE at > now() - interval '15 minutes'"))
    assert submit(pages.client(), "/sign-in", email=signer.email, password=PASSWORD).status_code == 303


def test_what_failed_is_kept_as_keyed_hashes_only(database: TestDatabase, pages: Pages, signer: Signer) -> None:
    submit(pages.client(), "/sign-in", email=signer.email, password="wrong words here")
    with database.auth_engine.begin() as connection:
        rows = connection.scalars(text("SELECT sign_in_failure::text FROM sign_in_failure")).all()
    assert rows
    assert [row for row in rows if signer.email in row or "wrong words" in row] == []
