"""The search box finds what the visitor may see, and nothing else."""

import pytest

from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.pages import Pages, statements_of, visitor_of, words
from tests.builders.pages_office import office_with_closed_month


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor with two clients and a closed month."""
    return office_with_closed_month(database, "A1", "A2")


@pytest.fixture(scope="module")
def number(office: Office) -> str:
    """The number of the second client's invoice."""
    found: str = office.value("SELECT number FROM invoice WHERE client_id = :c", c=office.clients["A2"])
    return found


@pytest.mark.parametrize(
    ("asked", "kind", "found"),
    [
        ("castellano-a1", "Patients", "Castellano-A1, Carla"),
        ("carla castellano-a1", "Patients", "Castellano-A1, Carla"),
        ("A2-Shirley", "Patients", "Castellano-A2, Shirley"),
        ("practice a1", "Clients", "Practice A1"),
        ("rosa okafor", "Providers", "Rosa Okafor"),
    ],
)
def test_each_kind_is_found_by_its_names_and_numbers(pages: Pages, office: Office, asked: str, kind: str, found: str) -> None:
    said = words(pages.get(f"/search?q={asked}", visitor_of(office.vendor_id)))
    assert said.index(kind) < said.index(found)


def test_an_invoice_is_found_by_its_number(pages: Pages, office: Office, number: str) -> None:
    assert f"{number} Practice A2" in words(pages.get(f"/search?q={number}", visitor_of(office.vendor_id)))


def test_a_practice_finds_its_own_and_nothing_of_its_neighbour(pages: Pages, office: Office, number: str) -> None:
    practice = visitor_of(office.vendor_id, clients=[office.clients["A1"]])
    assert "Castellano-A1" in words(pages.get("/search?q=castellano", practice))
    for asked in ("castellano", "practice", "okafor", "INV"):
        said = words(pages.get(f"/search?q={asked}", practice))
        assert [name for name in ("Castellano-A2", "Practice A2", number) if name in said] == []


def test_what_a_role_may_not_see_is_not_looked_for(pages: Pages, office: Office, number: str) -> None:
    clinical = visitor_of(office.vendor_id, permissions=frozenset({"read_months"}))
    assert "Castellano-A1," not in words(pages.get("/search?q=castellano", clinical))
    assert "Nothing is found" in words(pages.get(f"/search?q={number}", clinical))


def test_at_most_twenty_of_a_kind_are_shown_and_the_rest_is_counted(pages: Pages, office: Office) -> None:
    dana = visitor_of(office.vendor_id)
    few = statements_of(pages, "/search?q=manifold", dana)
    for place in range(25):
        office.add_patient("A1", f"manifold-{place:02d}", family_name="Manifold")
    said = words(pages.get("/search?q=manifold", dana))
    assert "20 of 25" in said
    assert said.count("Manifold, Alma") == 20
    assert statements_of(pages, "/search?q=manifold", dana) <= few + 1 <= 9


def test_a_search_notes_how_many_patients_were_shown_and_not_what_was_typed(pages: Pages, office: Office) -> None:
    pages.get("/search?q=shirley", visitor_of(office.vendor_id))
    detail = office.value("SELECT detail FROM audit_event WHERE action = 'patients.read' ORDER BY seq DESC LIMIT 1")
    assert (detail["page"], detail["patients"]) == ("search", 2)
    assert "shirley" not in str(detail).lower()


@pytest.mark.parametrize("asked", ["", "%25", "_", "%00", "'; DROP TABLE patient; --", "x" * 5000])
def test_strange_words_find_nothing_and_break_nothing(pages: Pages, office: Office, asked: str) -> None:
    answer = pages.get(f"/search?q={asked}", visitor_of(office.vendor_id))
    assert answer.status_code == 200
    assert "Castellano" not in words(answer)


def test_words_that_were_looked_for_stand_sealed_in_the_addresses_of_the_whole_lists(
    pages: Pages, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("caretally.search.find.MOST_OF_A_KIND", 1)
    page = pages.get("/search?q=practice", visitor_of(office.vendor_id)).text
    assert "/invoices?q=~" in page
    assert "q=practice" not in page
