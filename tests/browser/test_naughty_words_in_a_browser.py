"""What attackers type goes through every text field of every form that a walk finds, then every page and file is opened: no script is executed."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, BrowserContext
from pypdf import PdfReader
from sqlalchemy import text

from caretally.carelog.staff_ties import tie
from caretally.files.cells import safe_text
from caretally.web.headers import HEADERS
from tests.browser.every_form import LOOK, FoundForm, Walk, Watch, fill
from tests.browser.test_signing_in_in_a_browser import cookies_of
from tests.builders.accounts import Signer, give_role, new_operator, new_signer, operating, sign_in
from tests.builders.databases import TestDatabase
from tests.builders.office import Office
from tests.builders.pages import Pages
from tests.builders.pages_office import send_all
from tests.builders.queue_office import queue_office
from tests.builders.sending_files import send_file

pytestmark = [
    pytest.mark.drill,
    pytest.mark.xdist_group("naughty words"),
    pytest.mark.timeout(1800),
    pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning"),
]
Figure = Callable[[str, object], None]
OWN = (
    "<script>__xss()</script>",
    "javascript:__xss()",
    '"><svg onload=__xss()>',
    "</title></textarea><script>__xss()</script>",
    "<img src=x onerror=__xss()>",
    "' autofocus onfocus=__xss() x='",
    '" onmouseover="__xss()',
    "{{ 7*191 }}${7*191}<%= 7*191 %>#{7*191}",
    '=HYPERLINK("javascript:__xss()")',
    "‘’“”＜script＞__xss()＜/script＞ʼ",
)
# Not for every field: control characters and what turns the direction of writing.
UNSEEN = ("java\tscript:__xss()//", "a\x01\x08\x0b\x1b\x7fb<b onclick=__xss()>", "\u202e\u2066txt.exe\u2069\u200f<i>\u200b")
LISTED: list[str] = [
    one for one in json.loads((Path(__file__).parents[1] / "data" / "blns.json").read_text(encoding="utf-8")) if one.strip()
]
# Several at once, led by another one each time, since a form costs a page; each batch goes through each field.
BATCHES = [*(" ".join(OWN[place::3]) for place in range(3)), " ".join(UNSEEN)]
BATCH_LETTERS = 90
MIXED = "client,mrn,family_name,given_name,birth_date,state\nA1,20,{0},Una,1944-05-06,NY\nA1,21,Reed,{0},1944-13-45,NY\nNOPE,22,Hill,Jo,1941-01-01,NY\n"
# What a field takes that refused words; one that is not here keeps what the page has in it.
PLAIN = {
    "amount": "1.00",
    "country": "US",
    "day": "2026-11-05",
    "ends": "09:20",
    "first_month": "",
    "last_month": "",
    "licensed_states": "NY",
    "medicare_locality": "",
    "minimum": "",
    "minutes": "30",
    "npi": "1234567893",
    "place_of_service": "11",
    "price": "40.00",
    "priority": "",
    "qp_years": "",
    "session_hours": "8",
    "session_idle_minutes": "15",
    "size": "3",
    "start": "2026-12-01",
    "starts": "09:00",
    "terms_days": "30",
}


@dataclass
class Hall:
    """A vendor with something in every state, and the cookie of one person of each role; nobody has none."""

    office: Office
    cookies: dict[str, str] = field(default_factory=dict)
    starts: dict[str, tuple[str, ...]] = field(default_factory=dict)


ROLES = {
    "practice_administrator": ["A1"],
    "provider": ["A1"],
    "clinical_staff": [],
    "clinical_supervisor": [],
    "coordinator": [],
    "billing_admin": [],
    "vendor_admin": [],
}


@pytest.fixture(scope="module")
def hall(database: TestDatabase, pages: Pages) -> Hall:
    """A vendor whose October is closed and sent, with patients held for what a form can mend, files on their way, and people of every role."""
    made = Hall(queue_office(database, "A1", "A2"), {"nobody": ""})
    send_all(made.office)
    for role, clients in ROLES.items():
        signer = new_signer(database, name=role)
        give_role(database, signer, made.office.vendor_id, role, clients=clients)
        tie_to_staff(made.office, signer, role)
        browser = sign_in(pages, signer)
        made.cookies[role] = cookies_of(browser)["caretally_session"]
        if role == "vendor_admin":
            made.starts[role] = tuple(send_file(browser, "patients", MIXED.format(words), name="october.csv").location for words in OWN[:1])
    made.cookies["operator"] = cookies_of(operating(pages, new_operator(database)))["caretally_session"]
    return made


def tie_to_staff(office: Office, signer: Signer, role: str) -> None:
    """Let somebody who cares for patients be somebody of the staff."""
    if role in {"clinical_staff", "coordinator", "clinical_supervisor"}:
        office.add_staff(role)
        with office.transaction() as connection:
            tie(connection, signer.id, office.staff[role])


def prove_anew(database: TestDatabase) -> None:
    """Let everybody have given their second factor just now: a walk takes longer than that holds."""
    with database.auth_engine.begin() as connection:
        connection.execute(text("UPDATE account_session SET factor_at = now()"))


@contextmanager
def window(browser: Browser, address: str, cookie: str, *, guarded: bool) -> Iterator[BrowserContext]:
    """Open a window of a person; without `guarded` the policy that stops scripts is not asked, so that nothing but the pages themselves does."""
    context = browser.new_context(base_url=address, bypass_csp=not guarded)
    context.set_default_timeout(20_000)
    if cookie:
        context.add_cookies([{"name": "caretally_session", "value": cookie, "url": address}])
    yield context
    context.close()


def batches() -> Iterator[str]:
    """Return the strings of the list without end, as many at once as most fields hold."""
    batch = ""
    for one in cycle(LISTED):
        if batch and len(batch) + len(one) >= BATCH_LETTERS:
            yield batch
            batch = ""
        batch += (" " if batch else "") + one


@dataclass
class Written:
    """What was sent: forms with how often they were sent and how often nothing was refused."""

    watch: Watch = field(default_factory=Watch)
    listed: Iterator[str] = field(default_factory=batches)
    sent: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)

    def put_through(self, walk: Walk, form: FoundForm) -> None:
        """Send a form with words of the list, then with each batch of ours in each of its fields; fields that refuse the first ones get plain words.

        What is kept last stays: in the only field of a form that is a batch which every field takes.
        """
        picky: set[str] = set()
        for number in range(len(BATCHES) + 1):
            ours = {name: BATCHES[(number + place) % len(BATCHES)] for place, name in enumerate(form.fields)}
            words = ours if number else {name: next(self.listed) for name in form.fields}
            refused = fill(walk, form, {name: said for name, said in words.items() if name not in picky}, PLAIN | fresh())
            if refused is None:
                return
            self.sent[form.kind] = self.sent.get(form.kind, 0) + 1
            self.kept[form.kind] = self.kept.get(form.kind, 0) + (not refused)
            picky |= set(refused) & set(form.fields) if number < 2 else set()


def fresh() -> dict[str, str]:
    """Return plain words for what may be there once."""
    name = f"n{uuid4().hex[:8]}"
    return {"code": name.upper(), "slug": name, "email": f"{name}@naughty.example", "administrator": f"{name}@naughty.example"}


@dataclass
class Read:
    """What was read afterwards: the words of the pages, and the files with their headers."""

    watch: Watch = field(default_factory=Watch)
    pages: list[str] = field(default_factory=list)
    files: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


SIDES = {"nobody": "nobody", "practice_administrator": "practice", "provider": "practice", "operator": "operator"}
STARTS = {"nobody": ("/sign-in", "/forgotten")}


def starts_of(hall: Hall, role: str) -> tuple[str, ...]:
    """Return where somebody begins to walk."""
    return (*STARTS.get(role, ("/", "/profile")), *hall.starts.get(role, ()))


@pytest.fixture(scope="module")
def written(browser: Browser, address: str, database: TestDatabase, hall: Hall) -> Written:
    """Put the words through every form that each person finds, under the policy of the pages; a page with a query is walked by one of a side."""
    made, seen = Written(), dict[str, dict[str, int]]()
    for role, cookie in hall.cookies.items():
        prove_anew(database)
        at_side = seen.setdefault(SIDES.get(role, "vendor"), {})
        with window(browser, address, cookie, guarded=True) as context:
            walk = Walk(made.watch.over(context), made.watch, 1, {kind: 1 for kind in at_side if "?" in kind})
            for _ in walk.through(*starts_of(hall, role)):
                pass
            at_side.update(walk.seen)
            for kind, form in walk.forms.items():
                if kind not in made.sent:
                    made.put_through(walk, form)
    return made


def test_nothing_that_is_typed_into_a_form_is_executed(written: Written, record_property: Figure) -> None:
    kept = [kind for kind, often in written.kept.items() if often]
    figure = f"{sum(written.sent.values())} forms of {len(written.sent)} kinds sent, {sum(written.kept.values())} of {len(kept)} kinds kept"
    record_property("figure", f"{figure}: {written.watch.counts()}")
    assert written.watch.caught() == []
    assert len(written.sent) >= 45
    assert len(kept) >= 25


@pytest.fixture(scope="module")
def read(browser: Browser, address: str, database: TestDatabase, hall: Hall, written: Written) -> Read:
    """Open the pages and take the files as every person, in windows that do not ask for the policy."""
    assert written.sent
    made, seen = Read(), dict[str, dict[str, int]]()
    for role, cookie in hall.cookies.items():
        prove_anew(database)
        with window(browser, address, cookie, guarded=False) as context:
            walk = Walk(made.watch.over(context), made.watch, 2, seen.setdefault(SIDES.get(role, "vendor"), {}))
            made.pages += walk.through(*starts_of(hall, role))
            for path in walk.files:
                answer = context.request.get(path)
                made.files += [(path, answer.headers, answer.body())] if answer.ok else []
    return made


def test_no_page_executes_what_was_typed_even_where_no_policy_stops_it(read: Read, record_property: Figure) -> None:
    shown = {one for one in OWN if any(one in words for words in read.pages)}
    record_property("figure", f"{len(read.pages)} pages with {len(shown)} of {len(OWN)} strings of ours: {read.watch.counts()}")
    assert read.watch.caught() == []
    assert shown == set(OWN)


def test_no_file_made_of_it_runs_anything(read: Read, record_property: Figure) -> None:
    endings = Counter(path.partition("?")[0].rpartition(".")[2] for path, _, _ in read.files)
    record_property("figure", f"files: {dict(endings)}")
    assert set(endings) == {"csv", "xlsx", "pdf"}
    for path, headers, body in read.files:
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["content-disposition"].startswith("attachment"), path
        assert runs_in_a_file(path.partition("?")[0], body) == [], path


def runs_in_a_file(name: str, body: bytes) -> list[str]:
    """Return what of a file a program would run: formulas of a table, acts of a PDF."""
    if name.endswith(".pdf"):
        root: Any = PdfReader(io.BytesIO(body)).trailer["/Root"].get_object()
        return sorted({"/OpenAction", "/AA", "/AcroForm"} & set(root)) + (["names"] if "/JavaScript" in str(root.get("/Names", "")) else [])
    if name.endswith(".xlsx"):
        cells = [cell for sheet in load_workbook(io.BytesIO(body)) for row in sheet for cell in row]
        return [str(cell.value) for cell in cells if cell.data_type == "f" or cell.hyperlink]
    return [
        cell for row in csv.reader(io.StringIO(body.decode("utf-8-sig"))) for cell in row if safe_text(cell) != cell and not number(cell)
    ]


def number(cell: str) -> bool:
    """Tell whether a cell is a number below zero, which begins as a formula may."""
    return re.fullmatch(r"-[\d.]+", cell) is not None


PLANTED = "<!doctype html><title>x</title><script>__xss()</script><svg onload=__xss()></svg><script>alert(1)</script>"


@pytest.mark.parametrize("guarded", [True, False], ids=["under the policy", "without it"])
def test_a_script_that_is_planted_is_seen(browser: Browser, address: str, *, guarded: bool) -> None:
    with window(browser, address, "", guarded=guarded) as context:
        watch = Watch()
        page = watch.over(context)
        page.route("**/planted", lambda route: route.fulfill(body=PLANTED, headers=HEADERS | {"Content-Type": "text/html"}))
        page.goto("/planted")
        assert page.evaluate(LOOK)["harm"] == ["script", "svg onload", "script"]
        assert (len(watch.executed), bool(watch.violations)) == ((0, True) if guarded else (3, False))
