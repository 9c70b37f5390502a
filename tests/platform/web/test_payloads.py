"""Lists of what attackers send, at every place that takes words: nothing of it becomes markup, SQL, a header, another site, a file or a right."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from caretally.web.own_pages import page_of_ours
from tests.builders.accounts import PASSWORD, Signer, give_role, new_signer, sign_in, submit
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.pages import HERE, Pages, form_token, visitor_of
from tests.builders.pages_office import invoice_id, office_with_closed_month

PAYLOADS: dict[str, list[str]] = json.loads((Path(__file__).parents[2] / "data" / "payloads.json").read_text(encoding="utf-8"))
MARKUP, SQL, HEADERS = PAYLOADS["markup and scripts"], PAYLOADS["SQL"], PAYLOADS["headers"]
REDIRECTS, PATHS, FIELDS, TOKENS = PAYLOADS["redirects"], PAYLOADS["paths"], PAYLOADS["fields"], PAYLOADS["session tokens"]
# Where an address takes words. Each is opened with a payload and with harmless words of the same kind.
QUERIES = (
    "/invoices?q={}",
    "/invoices?page={}",
    "/invoices?columns={}",
    "/audit-log?action={}",
    "/audit-log?before={}",
    "/months/{}",
    "/months/2026-10?q={}",
    "/months/2026-10?show={}",
    "/months/2026-10?reopened={}",
    "/months/2026-10/close?client={}",
    "/months/2026-10/what-if?code={}",
    "/invoices/send?month={}",
    "/invoices?{}=1",
    "/invoices/{}",
    "/nowhere/{}",
)
SIGN_IN_QUERIES = ("/sign-in?next={}", "/forgotten?email={}", "/link/{}")
HARMLESS = "harmless words"
SAID_BY_DATABASES = re.compile(r"syntax error|psycopg|sqlalchemy|SQLSTATE|unterminated|invalid input syntax|PostgreSQL 1\d", re.IGNORECASE)
Figure = Callable[[str, object], None]
TABLES = ("patient", "invoice", "invoice_line", "membership", "client", "staff")


class Structure(HTMLParser):
    """The elements of a page with the names of their attributes, and every address that it leads to: what a payload must not change."""

    def __init__(self, page: str) -> None:
        """Read a page."""
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.addresses += [
            value or "" for name, value in attrs if name in {"href", "src", "action", "formaction", "data", "srcdoc", "content"}
        ]


def harm(page: str) -> list[str]:
    """Return what of a page is no page of ours: scripts in it, handlers, styles, or addresses elsewhere."""
    read = Structure(page)
    handlers = [name for _, names in read.elements for name in names if name.startswith("on") or name in {"style", "srcdoc", "formaction"}]
    foreign = [
        to
        for to in read.addresses
        if re.match(r"[\s\x00-\x20]*(javascript|vbscript|data:text|//|[a-z]+://(?!localhost))", to, re.IGNORECASE)
    ]
    return (
        handlers
        + foreign
        + [tag for tag, _ in read.elements if tag in {"iframe", "object", "embed", "base", "marquee", "math", "template"}]
    )


@pytest.fixture(scope="module")
def office(database: TestDatabase) -> Office:
    """A vendor with a closed month."""
    return office_with_closed_month(database, "A1")


@pytest.fixture(scope="module")
def signer(database: TestDatabase, office: Office) -> Signer:
    """The vendor's administrator."""
    made = new_signer(database)
    give_role(database, made, office.vendor_id, "vendor_admin")
    return made


@pytest.fixture(scope="module")
def inside(pages: Pages, signer: Signer) -> FlaskClient:
    """A browser in which the administrator is signed in."""
    return sign_in(pages, signer)


def rows_of(office: Office) -> str:
    """Return the digest of the vendor's rows."""
    return sha256(repr([office.rows(f"SELECT to_jsonb(t)::text FROM {table} t ORDER BY 1") for table in TABLES]).encode()).hexdigest()


def asked(place: str, words: str) -> str:
    return place.format(quote(words, safe=""))


@pytest.mark.parametrize("place", [*QUERIES, *SIGN_IN_QUERIES])
def test_no_words_of_an_address_become_markup_of_the_page(pages: Pages, office: Office, place: str, record_property: Figure) -> None:
    client = pages.client(visitor_of(office.vendor_id) if place in QUERIES else None)
    harmless = Structure(client.get(asked(place, HARMLESS)).text).elements
    for payload in (*MARKUP, *HEADERS):
        answer = client.get(asked(place, payload))
        assert answer.status_code in {200, 303, 308, 400, 404}, payload
        assert lands_on(answer.headers.get("Location", "/")) == "localhost", payload
        assert "alert(1)>" not in answer.text, payload
        assert harm(answer.text) == [], payload
        assert answer.status_code != 200 or Structure(answer.text).elements == harmless, payload
    record_property("figure", f"{len(MARKUP) + len(HEADERS)} payloads of markup, scripts and headers at {place}")


def test_no_name_in_the_database_becomes_markup_of_a_page(database: TestDatabase, pages: Pages, record_property: Figure) -> None:
    office = new_office(database, "A1")
    office.add_staff("rn-x", family_name=MARKUP[0], given_name=MARKUP[12])
    with office.transaction() as connection:
        connection.execute(text("UPDATE client SET name = :name"), {"name": MARKUP[43]})
    storable = [payload for payload in MARKUP if payload.isprintable()]
    for number, payload in enumerate(storable):
        patient = office.add_patient("A1", f"m{number}<b>", family_name=payload, given_name=payload)
        day, hour = divmod(number, 8)
        office.add_time("A1", patient, "rn-x", starts=datetime(2026, 10, 5 + day, 12 + hour, tzinfo=UTC), seconds=1300)
    office.close()
    who = visitor_of(office.vendor_id, name=MARKUP[0], vendor_name=MARKUP[43], role=MARKUP[12])
    found = invoice_id(office, "A1")
    addresses = [
        "/overview",
        "/months/2026-10",
        "/months/2026-10/preview",
        "/months/2026-10/close",
        "/months/2026-10/forecast",
        "/months/2026-10/what-if",
        "/invoices/send",
        "/invoices",
        "/audit-log",
        *(f"/invoices/{found}?page={page}&open={page * 50 - 1}" for page in (1, 2)),
    ]
    shown = ""
    for address in addresses:
        answer = pages.get(address, who)
        assert answer.status_code == 200
        assert harm(answer.text) == [], address
        shown += answer.text
    assert "&lt;script&gt;" in shown
    for ending in ("csv", "xlsx", "pdf"):
        assert pages.get(f"/invoices/{found}/file.{ending}", who).headers["X-Content-Type-Options"] == "nosniff"
    record_property("figure", f"{len(storable)} names of markup and scripts on {len(addresses)} pages")


@pytest.mark.parametrize("place", [*QUERIES, *SIGN_IN_QUERIES])
def test_no_words_of_an_address_become_sql(pages: Pages, office: Office, place: str, record_property: Figure) -> None:
    client, before = pages.client(visitor_of(office.vendor_id) if place in QUERIES else None), rows_of(office)
    harmless = client.get(asked(place, "harmless"))
    for payload in SQL:
        answer = client.get(asked(place, payload))
        assert answer.status_code in {harmless.status_code, 200, 308, 400, 404}, payload
        assert not SAID_BY_DATABASES.search(answer.text), payload
        if place == "/invoices?q={}" and payload.strip("%_"):
            assert "A1-Carla" not in answer.text, payload
    assert rows_of(office) == before
    record_property("figure", f"{len(SQL)} payloads of SQL at {place}")


FORMS = {"/sign-in": ("email", "password"), "/forgotten": ("email",), "/people/invite": ("email", "name", "role", "first_month")}


@pytest.mark.parametrize("path", FORMS)
def test_no_words_of_a_form_become_sql_markup_or_a_header(
    pages: Pages, inside: FlaskClient, office: Office, path: str, record_property: Figure
) -> None:
    client, before = (inside if path.startswith("/people") else pages.client()), rows_of(office)
    sent, every = 0, 9 if path == "/sign-in" else 3  # each password costs what Argon2 costs
    for field in FORMS[path]:
        for payload in (*SQL[::every], *MARKUP[::every], *HEADERS[::every]):
            typed = dict.fromkeys(FORMS[path], "x") | {field: payload}
            answer = submit(client, path, **typed)
            assert answer.status_code in {200, 303, 400, 422, 429}, (field, payload)
            assert harm(answer.text) == [], (field, payload)
            assert "X-Injected" not in answer.headers
            sent += 1
    assert rows_of(office) == before
    record_property("figure", f"{sent} forms with payloads sent to {path}")


@pytest.mark.parametrize("place", ["/choose?next={}", "/sign-in?next={}", "/invoices?q={}", "/invoices/x/file.{}", "/step-up?next={}"])
def test_no_words_become_a_header(inside: FlaskClient, place: str, record_property: Figure) -> None:
    for payload in HEADERS:
        answer = inside.get(asked(place, payload))
        assert answer.status_code in {200, 303, 400, 404}, payload
        assert not {"X-Injected", "Refresh"} & set(answer.headers.keys()), payload
        assert all("evil" not in cookie for cookie in answer.headers.getlist("Set-Cookie")), payload
        assert all("\r" not in value and "\n" not in value for value in answer.headers.values()), payload
    record_property("figure", f"{len(HEADERS)} payloads of headers at {place}")


def lands_on(location: str) -> str:
    """Return the site where a browser ends that follows a location: it reads `\\` as `/` and leaves out tabs, line ends and outer spaces."""
    read = re.sub(r"[\t\r\n]", "", location.strip("".join(map(chr, range(33))))).replace("\\", "/")
    return urlsplit(urljoin(f"{HERE}/choose", read)).netloc


def test_whoever_reads_locations_as_browsers_do_sees_the_attacks() -> None:
    assert {lands_on(one) for one in ("//evil.example", "/\\evil.example", "/\t/evil.example", "https:evil.example")} >= {"evil.example"}
    assert lands_on("/invoices?q=1") == "localhost"


def test_next_leads_to_a_page_of_ours_and_nowhere_else(inside: FlaskClient, record_property: Figure) -> None:
    for payload in REDIRECTS:
        assert lands_on(page_of_ours(payload, otherwise="/")) == "localhost", payload
        for place in ("/choose?next={}", "/sign-in?next={}", "/sign-in/authenticator?next={}"):
            answer = inside.get(asked(place, payload))
            assert answer.status_code in {200, 303}, payload
            assert lands_on(answer.headers.get("Location", "/")) == "localhost", payload
            assert harm(answer.text) == [] or answer.status_code == 303, payload
    record_property("figure", f"{len(REDIRECTS)} addresses of elsewhere at 3 places")


def test_next_of_a_form_leads_nowhere_else(pages: Pages, signer: Signer, record_property: Figure) -> None:
    tried = REDIRECTS[::12]
    for payload in tried:
        answer = submit(pages.client(), "/sign-in", email=signer.email, password=PASSWORD, next=payload)
        assert answer.status_code == 303, payload
        assert answer.headers["Location"].startswith("/sign-in/code"), payload
        assert "evil" not in answer.headers["Location"] or lands_on(answer.headers["Location"]) == "localhost", payload
    record_property("figure", f"{len(tried)} addresses of elsewhere in the form of signing in")


@pytest.mark.parametrize("place", ["/static/{}", "/invoices/{{id}}/file.{}", "/link/{}", "/months/{}"])
def test_no_words_of_a_path_become_a_file(pages: Pages, office: Office, place: str, record_property: Figure) -> None:
    client = pages.client(visitor_of(office.vendor_id))
    begins = place.replace("{{id}}", str(invoice_id(office, "A1")))
    for payload in PATHS:
        for form in (payload, quote(payload, safe="")):
            answer = client.get(begins.replace("{}", form))
            assert answer.status_code in {303, 308, 400, 404, 405}, (payload, answer.status_code)
            assert not re.search(r"root:|\[project\]|import |BEGIN |PATH=", answer.text), payload
    record_property("figure", f"{2 * len(PATHS)} paths at {place}")


VALID = {
    "/sign-in": {"email": "nobody@meridian.example", "password": "x"},
    "/forgotten": {"email": "nobody@meridian.example"},
    "/people/invite": {"email": "new@meridian.example", "name": "New", "role": "billing_admin"},
    "/profile/password": {},
}


@pytest.mark.parametrize("path", VALID)
def test_a_field_that_a_form_does_not_have_is_refused_and_nothing_is_done(
    pages: Pages, inside: FlaskClient, office: Office, path: str, record_property: Figure
) -> None:
    client = inside if path.startswith(("/people", "/profile")) else pages.client()
    token, before = form_token(client.get(path)), rows_of(office)
    for name in FIELDS:
        answer = client.post(path, data={"form_token": token, **VALID[path], name: "vendor_admin"}, headers={"Origin": HERE})
        assert answer.status_code == 400, name
    for name, value in VALID[path].items():
        twice = {"form_token": token, **VALID[path], name: [value, value]}
        assert client.post(path, data=twice, headers={"Origin": HERE}).status_code == 400
    assert rows_of(office) == before
    record_property("figure", f"{len(FIELDS)} fields that {path} does not have")


def test_a_browser_that_was_given_a_session_gets_another_when_it_signs_in(pages: Pages, signer: Signer, record_property: Figure) -> None:
    tried = TOKENS[::3]
    for payload in tried:
        client = pages.client()
        client.set_cookie("caretally_session", quote(payload, safe=""))
        submit(client, "/sign-in", email=signer.email, password=PASSWORD)
        kept = client.get_cookie("caretally_session")
        assert kept is not None
        assert kept.value != quote(payload, safe="")
        stranger = pages.client()
        stranger.set_cookie("caretally_session", quote(payload, safe=""))
        assert stranger.get("/invoices").headers["Location"].startswith("/sign-in")
    record_property("figure", f"{len(tried)} tokens of sessions planted before signing in")


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_that_was_made_up_opens_nothing(pages: Pages, token: str) -> None:
    client = pages.client()
    client.set_cookie("caretally_session", quote(token, safe=""))
    for path in ("/", "/invoices", "/people", "/profile"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Location"].startswith("/sign-in")) == (303, True)


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND", "DEBUG", "COPY"])
def test_a_method_that_nothing_uses_is_refused(pages: Pages, office: Office, method: str) -> None:
    client = pages.client(visitor_of(office.vendor_id))
    for path in ("/", "/invoices", "/sign-in", "/livez"):
        answer = client.open(path, method=method, headers={"X-Secret": "said back"})
        assert answer.status_code in {400, 403, 405, 501}
        assert "said back" not in answer.text


@pytest.mark.parametrize("path", ["/static", "/static/", "/static/./", "/templates/", "/docs/", "/.git/", "/.env"])
def test_no_folder_is_listed(pages: Pages, office: Office, path: str) -> None:
    assert pages.client(visitor_of(office.vendor_id)).get(path).status_code == 404


def test_the_lists_are_long_enough(record_property: Figure) -> None:
    assert {name: len(some) for name, some in PAYLOADS.items() if len(some) < 12} == {}
    record_property("figure", ", ".join(f"{len(some)} payloads of {name}" for name, some in PAYLOADS.items()))


PLANTED = {
    "<p onclick=x>": "onclick",
    "<a href=' javascript:x'>": " javascript:x",
    "<a href='//evil.example'>": "//evil.example",
    "<iframe>": "iframe",
}


@pytest.mark.parametrize("page", PLANTED)
def test_harm_that_is_planted_in_a_page_is_seen(page: str) -> None:
    assert harm(page) == [PLANTED[page]]
