"""An operator sees vendors, counts and health; makes a vendor with its first administrator; and reads no patient."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from caretally.web.visitor import NO_VENDOR
from tests.builders.accounts import new_operator, operating, sign_in, submit
from tests.builders.databases import TestDatabase
from tests.builders.pages import Pages, words
from tests.builders.pages_office import office_with_closed_month

NEW = {"name": "Lakeside Care", "slug": "", "timezone": "America/Chicago", "administrator": "Nora Blake", "email": "nora@lakeside.example"}


@pytest.fixture
def operator(database: TestDatabase, pages: Pages) -> FlaskClient:
    """A browser in which an operator is at the installation's pages."""
    return operating(pages, new_operator(database))


def test_the_first_page_of_an_operator_is_the_list_of_vendors(operator: FlaskClient) -> None:
    assert operator.get("/").headers["Location"] == "/operator/vendors"


def test_an_operator_without_a_choice_made_is_asked_where_to_work(database: TestDatabase, pages: Pages) -> None:
    client = sign_in(pages, new_operator(database))
    assert client.get("/operator/vendors").headers["Location"].startswith("/sign-in")
    assert "Operator · vendors and health, no patient" in words(client.get("/choose"))


def test_vendors_are_listed_with_counts_and_without_a_client_or_patient(database: TestDatabase, operator: FlaskClient) -> None:
    office = office_with_closed_month(database, "A1", "A2", name="Castellano")
    name = office.value("SELECT name FROM vendor")
    page = operator.get("/operator/vendors")
    row = next(part for part in page.text.split("<tr>") if str(name) in part)
    assert '<td class="n">2</td><td class="n">4</td><td class="n">0</td><td class="nowrap">October 2026</td>' in row
    assert "no administrator" in row
    assert "Castellano" not in page.text


def test_a_vendor_is_made_and_its_administrator_invited(pages: Pages, database: TestDatabase, operator: FlaskClient) -> None:
    pages.posted.clear()
    assert submit(operator, "/operator/vendors/new", **NEW).headers["Location"] == "/operator/vendors"
    assert [mail.to for mail in pages.posted] == ["nora@lakeside.example"]
    assert "at Lakeside Care" in pages.posted[0].text
    page = words(operator.get("/operator/vendors"))
    assert "Lakeside Care lakeside-care America/Chicago 0 0 1 none yet" in page
    again = submit(operator, "/operator/vendors/new", **NEW)
    assert again.status_code == 422
    assert "There is a vendor lakeside-care already; choose another below." in words(again)
    assert "Nora Blake" in again.text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "Write the vendor's name."),
        ({"email": "nora"}, "“nora” is not an email address"),
        ({"timezone": "Mars/Olympus"}, "is not the name of a time zone"),
        ({"slug": "Ünï"}, "A vendor needs a name and a slug"),
    ],
)
def test_what_is_wrong_is_said_and_no_vendor_is_made(operator: FlaskClient, changed: dict[str, str], said: str) -> None:
    page = submit(operator, "/operator/vendors/new", **NEW | {"name": "Nowhere Care"} | changed)
    assert page.status_code == 422
    assert said in words(page)
    assert "Nowhere Care" not in words(operator.get("/operator/vendors"))


def test_health_names_parts_release_and_server_and_no_address(operator: FlaskClient) -> None:
    page = words(operator.get("/operator/health"))
    for said in ("Vendor pool answers", "Practice pool answers", "Sign in pool answers", "Operator pool answers", "PostgreSQL"):
        assert said in page
    assert "127.0.0.1" not in page


def test_the_operators_login_counts_rows_and_reads_nothing_of_them(database: TestDatabase) -> None:
    office_with_closed_month(database, "A1")
    with database.operator_engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM patient")) > 0
        assert isinstance(connection.scalar(text("SELECT vendor_id FROM patient LIMIT 1")), UUID)
    for column in ("family_name", "id", "client_id", "birth_date"):
        with pytest.raises(ProgrammingError, match="permission denied"), database.operator_engine.connect() as connection:
            connection.execute(text(f"SELECT {column} FROM patient"))


@pytest.mark.parametrize(
    ("path", "label"), [("/operator/vendors", "Vendors"), ("/operator/vendors/new", "Vendors"), ("/operator/health", "Health")]
)
def test_one_line_of_the_rail_is_the_page_being_shown(operator: FlaskClient, path: str, label: str) -> None:
    here = [part.partition("</a>")[0] for part in operator.get(path).text.split('aria-current="page">')[1:]]
    assert [line.rpartition("</svg>")[2] for line in here] == [label]


def test_no_vendor_has_the_id_that_an_operators_context_names(database: TestDatabase) -> None:
    with database.operator_engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM vendor WHERE vendor_id = :id"), {"id": NO_VENDOR}) == 0
