"""Signing in through an organisation's own provider, a real one: into that vendor only, with the role of its group."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from caretally.identity.providers import keep_provider, read_roles
from tests.browser.test_signing_in_in_a_browser import window
from tests.builders.accounts import give_role, new_signer
from tests.builders.databases import TestDatabase
from tests.builders.debian import found_or_installed
from tests.builders.office import Office, new_office
from tests.builders.pages import Pages
from tests.platform.app.test_serve_command import free_port

pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
HERE = Path(__file__).parent
DOMAIN = "meridian.example"
ROLES = "nurses = clinical_staff\nbilling = billing_admin\nfront desk = practice_administrator A1"


@dataclass
class Organisation:
    """A running provider and the vendor that trusts it."""

    issuer: str
    office: Office
    people: dict[str, dict[str, Any]]


def installed(of: Path, folder: Path) -> Path:
    """Install what a folder's lock names into another one, which is returned; root installs node when it is missing, everybody else is told how."""
    if found_or_installed(lambda: shutil.which("npm"), "nodejs", "npm") is None:
        pytest.fail("These tests need node and npm on the PATH, and they could not be installed: run apt-get install nodejs npm as root.")
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(of / name, folder)
    done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The provider's program, installed as its lock says."""
    folder = installed(HERE, tmp_path_factory.mktemp("openid"))
    shutil.copy(HERE / "openid_provider.mjs", folder)
    return folder


@pytest.fixture(scope="module")
def organisation(node_modules: Path, database: TestDatabase, pages: Pages, address: str) -> Iterator[Organisation]:
    """A provider with a nurse, a biller, a receptionist, somebody without a group and a stranger's address, and a vendor that trusts it."""
    pages.app.extensions["caretally"] = private(pages.app.extensions["caretally"])
    port, office = free_port(), new_office(database, "A1", "A2")
    people = {
        name: {"email": f"{name}@{domain}", "email_verified": True, "name": name.title(), "groups": groups}
        for name, domain, groups in (
            ("nora", DOMAIN, ["nurses"]),
            ("bill", DOMAIN, ["billing"]),
            ("dora", DOMAIN, ["front desk"]),
            ("vic", DOMAIN, ["billing"]),
            ("nemo", DOMAIN, ["gardeners"]),
            ("mallory", "harbor.example", ["billing"]),
        )
    }
    given = {
        "port": port,
        "client": "caretally",
        "secret": "a secret of the two",
        "back": f"{address}/sign-in/organisation/back",
        "people": people,
    }
    process = subprocess.Popen(
        ["node", "openid_provider.mjs", json.dumps(given)], cwd=node_modules, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    assert "listening" in process.stdout.readline()
    issuer, roles = f"http://127.0.0.1:{port}", read_roles(ROLES)
    with office.transaction() as connection:
        keep_provider(
            connection, issuer=issuer, client="caretally", client_secret="a secret of the two", domains=[DOMAIN], group_claim="groups", roles=roles,
            proves_factor=True, secret=database.secret,
        )  # fmt: skip
    yield Organisation(issuer, office, people)
    process.terminate()
    process.communicate(timeout=30)


def private(edge: Any) -> Any:
    """Return the edge with providers in private networks allowed, as an installation inside one has it."""
    return replace(edge, private_providers=True)


def through(page: Page, name: str) -> None:
    """Sign in at the provider's own pages as one of its people."""
    page.goto("/sign-in")
    page.click("text=Sign in through your organisation")
    page.fill("#email", f"anybody@{DOMAIN}")
    page.click("text=Go on")
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", "whatever the provider asks")
    page.click("button[type=submit]")
    page.click("text=Continue")
    page.wait_for_url(lambda url: "/interaction/" not in url and "/auth" not in url)


def roles_of(organisation: Organisation, name: str) -> list[tuple[str, list[str]]]:
    """Return the roles that a person of the provider holds at the vendor."""
    query = (
        "SELECT role, ARRAY(SELECT c.code FROM membership_client k JOIN client c USING (vendor_id, client_id) WHERE k.membership_id = m.id) AS codes "
        "FROM membership m WHERE email = :email AND ended_at IS NULL"
    )
    return [(row.role, list(row.codes)) for row in organisation.office.rows(query, email=f"{name}@{DOMAIN}")]


@pytest.mark.parametrize(("name", "role"), [("nora", ("clinical_staff", [])), ("dora", ("practice_administrator", ["A1"]))])
def test_a_person_comes_in_with_the_role_of_their_group(
    browser: Browser, address: str, organisation: Organisation, name: str, role: tuple[str, list[str]]
) -> None:
    with window(browser, address, {}) as page:
        through(page, name)
        expect(page.locator(".me")).to_contain_text(name.title())
    assert roles_of(organisation, name) == [role]


def test_the_role_follows_the_group_with_the_next_sign_in(browser: Browser, address: str, organisation: Organisation) -> None:
    for _ in range(2):
        with window(browser, address, {}) as page:
            through(page, "bill")
        assert roles_of(organisation, "bill") == [("billing_admin", [])]
        with organisation.office.transaction() as connection:
            connection.execute(text("UPDATE membership SET role = 'coordinator' WHERE email = :email"), {"email": f"bill@{DOMAIN}"})


@pytest.mark.parametrize(("name", "said"), [("nemo", "gave you no role"), ("mallory", "vouch for addresses of")])
def test_who_has_no_group_here_or_another_domain_is_refused(
    browser: Browser, address: str, organisation: Organisation, name: str, said: str
) -> None:
    assert organisation.people[name]
    with window(browser, address, {}) as page:
        through(page, name)
        expect(page.locator("main")).to_contain_text(said)
        page.goto("/profile")
        assert "/sign-in" in page.url


def test_a_provider_never_opens_an_account_that_works_for_another_vendor(
    browser: Browser, database: TestDatabase, address: str, organisation: Organisation
) -> None:
    victim = new_signer(database)
    give_role(database, victim, new_office(database, "B1").vendor_id, "vendor_admin")
    with database.auth_engine.begin() as connection:
        connection.execute(text("UPDATE account SET email = :email WHERE account_id = :id"), {"email": f"vic@{DOMAIN}", "id": victim.id})
    assert organisation.people["vic"]
    with window(browser, address, {}) as page:
        through(page, "vic")
        expect(page.locator("main")).to_contain_text("works elsewhere too")
        page.goto("/invoices")
        assert "/sign-in" in page.url


def test_who_came_through_an_organisation_has_no_account_of_their_own_to_look_after(
    browser: Browser, address: str, organisation: Organisation
) -> None:
    assert organisation.people["nora"]
    with window(browser, address, {}) as page:
        through(page, "nora")
        for path in ("/profile", "/profile/password", "/profile/passkeys"):
            page.goto(path)
            expect(page.locator("main")).to_contain_text("looked after there")


def test_an_answer_that_fits_no_sign_in_is_refused(pages: Pages, organisation: Organisation) -> None:
    assert organisation.issuer
    client = pages.client()
    client.set_cookie("caretally_ceremony", "A" * 22)
    for query in ("", "?state=x&code=y", f"?state={'x' * 5000}&code=y", "?error=access_denied"):
        answer = client.get(f"/sign-in/organisation/back{query}")
        assert (answer.status_code, "belongs to no sign-in" in answer.text) == (403, True)


def test_a_provider_that_is_down_is_told_in_one_sentence(browser: Browser, database: TestDatabase, address: str) -> None:
    office = new_office(database, "A1")
    with office.transaction() as connection:
        keep_provider(
            connection, issuer=f"http://127.0.0.1:{free_port()}", client="caretally", client_secret="x", domains=["down.example"],
            group_claim="groups", roles=read_roles("nurses = clinical_staff"), proves_factor=True, secret=database.secret,
        )  # fmt: skip
    with window(browser, address, {}) as page:
        page.goto("/sign-in/organisation")
        page.fill("#email", "nora@down.example")
        page.click("text=Go on")
        expect(page.locator("main")).to_contain_text("does not answer as it should")
