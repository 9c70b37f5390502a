"""Part 3 of the battery: every route, opened by everybody with ids that are not theirs, answers as it does for ids that do not exist.

A route that is not listed here fails; so does a page that shows a stranger's canary.
"""

import re
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from caretally.web.access import declared_access
from caretally.web.visitor import Visitor
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.pages import HERE, Pages, visitor_of
from tests.builders.pages_office import invoice_id, office_with_closed_month

CHANGING = re.compile(
    r'Request <span class="mono">[0-9a-f]+</span>|name="form_token" value="[0-9a-f]+"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
)


@dataclass(frozen=True)
class Crawled:
    """How to open a route: `path` with `{invoice}` for an id; `queries` are further addresses, `{words}` becomes a stranger's canary."""

    path: str
    queries: tuple[str, ...] = ()

    def addresses(self, invoice: UUID, words: str) -> list[str]:
        """Return the addresses to open for one owner's ids and words."""
        return [self.path.format(invoice=invoice) + query.format(words=words, invoice=invoice) for query in ("", *self.queries)]


CRAWL = {
    "static": Crawled("/static/app.css"),
    "health.live": Crawled("/livez"),
    "health.ready": Crawled("/readyz"),
    "health.status": Crawled("/statusz"),
    "months.newest": Crawled("/"),
    "months.show": Crawled("/months/2026-10"),
    "invoices.listed": Crawled("/invoices", ("?q={words}", "?q={invoice}", "?page=2")),
    "invoices.show": Crawled("/invoices/{invoice}", ("?open=1", "?page=2")),
    "audit.listed": Crawled("/audit-log", ("?action={words}", "?before=2")),
    "invoices.download": Crawled("/invoices/{invoice}/file.csv"),
}
PROBES = {"probe_form", "probe_filled", "probe_defect", "probe_write", "probe_role"}


@dataclass(frozen=True)
class World:
    """Two vendors; the first has two practices. Every name of a patient or practice is a canary of its owner."""

    pages: Pages
    ours: Office
    theirs: Office

    def visitors(self) -> dict[str, tuple[Visitor | None, list[tuple[UUID, str]]]]:
        """Return each visitor with the invoices and canaries that are not theirs."""
        a1, a2 = (invoice_id(self.ours, code) for code in ("A1", "A2"))
        b1 = invoice_id(self.theirs, "B1")
        of_a, of_b = [(a1, "Castellano-A1"), (a2, "Castellano-A2")], [(b1, "Quillfeather-B1")]
        ours = self.ours.clients
        return {
            "vendor A": (visitor_of(self.ours.vendor_id), of_b),
            "practice A1": (visitor_of(self.ours.vendor_id, clients=[ours["A1"]]), [of_a[1], *of_b]),
            "practice A2": (visitor_of(self.ours.vendor_id, clients=[ours["A2"]]), [of_a[0], *of_b]),
            "vendor B": (visitor_of(self.theirs.vendor_id), of_a),
            "anonymous": (None, of_a + of_b),
        }


@pytest.fixture(scope="module")
def world(database: TestDatabase) -> World:
    """Both vendors with a closed month."""
    return World(
        Pages(database), office_with_closed_month(database, "A1", "A2"), office_with_closed_month(database, "B1", name="Quillfeather")
    )


def test_every_route_has_an_entry_in_the_crawl(world: World) -> None:
    assert set(CRAWL) == set(declared_access(world.pages.app)) - PROBES


@pytest.mark.parametrize("who", ["vendor A", "practice A1", "practice A2", "vendor B", "anonymous"])
@pytest.mark.parametrize("endpoint", CRAWL)
def test_a_foreign_id_answers_as_one_that_does_not_exist_and_shows_nothing(world: World, endpoint: str, who: str) -> None:
    visitor, foreign = world.visitors()[who]
    for their_invoice, canary in foreign:
        absent = CRAWL[endpoint].addresses(uuid4(), "x" * len(canary))
        for address, other in zip(CRAWL[endpoint].addresses(their_invoice, canary), absent, strict=True):
            theirs, nobodys = (world.pages.get(path, visitor) for path in (address, other))
            assert theirs.status_code == nobodys.status_code
            assert without_echo(theirs.text, canary) == without_echo(nobodys.text, "x" * len(canary))
            assert canary not in without_echo(theirs.text, canary)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("endpoint", CRAWL)
def test_no_route_takes_an_unsafe_method_from_another_site(world: World, endpoint: str, method: str) -> None:
    visitor, _ = world.visitors()["vendor A"]
    address = CRAWL[endpoint].addresses(uuid4(), "x")[0]
    assert world.pages.client(visitor).open(address, method=method, headers={"Origin": "https://evil.example"}).status_code == 403
    assert world.pages.client(visitor).open(address, method=method, headers={"Origin": HERE}).status_code == 403


def test_the_crawl_sees_a_planted_leak(world: World) -> None:
    stranger = visitor_of(world.theirs.vendor_id)
    leaky = Pages(world.pages.database)
    leaky.visitors[stranger.session_key] = visitor_of(world.ours.vendor_id)
    page = leaky.app.test_client().get(f"/invoices/{invoice_id(world.ours, 'A1')}", headers={"X-Tester": stranger.session_key})
    assert "Castellano-A1" in without_echo(page.text, "")


def without_echo(page: str, words: str) -> str:
    """Return a page without what changes by itself and without the words that the visitor looked for, which it may repeat."""
    said = CHANGING.sub("", page)
    return (
        said.replace(f"“{words}”", "").replace(f"q={words}", "").replace(f"%3D{words}", "").replace(f'value="{words}"', "")
        if words
        else said
    )
