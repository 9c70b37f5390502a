"""`caretally isolation-report`: holds on a sound database, names each planted leak, is signed, and changes nothing but the audit log."""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pypdf import PdfReader
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from caretally.audit.chain import canonical
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.pages import Pages, visitor_of, words
from tests.builders.program import program, slug_of

VENDOR_IS_OWN = "vendor_id = (SELECT tenancy.current_vendor())"
CLIENT_IS_OWN = "client_id = ANY ((SELECT tenancy.current_clients())::uuid[])"


@pytest.fixture(scope="module")
def offices(database: TestDatabase) -> tuple[Office, Office]:
    """Two vendors of two clients each, all with patients and time, one with a closed month."""
    made = (new_office(database, "A", "B"), new_office(database, "A", "B"))
    for office in made:
        for client in ("A", "B"):
            office.add_time(client, office.add_patient(client, "1"), "rn")
    made[0].close("A")
    return made


@pytest.fixture
def office(offices: tuple[Office, Office], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The first of the two, with the program pointed at their database."""
    for name, value in offices[0].database.environment(home=tmp_path / "home").items():
        monkeypatch.setenv(name, value)
    return offices[0]


def report(office: Office, *words: str) -> Any:
    return program("isolation-report", "--vendor", slug_of(office), "--json", *words).json


@contextmanager
def planted(office: Office, table: str, policy: str, *, sound: str) -> Iterator[None]:
    with office.database.admin_engine.begin() as connection:
        connection.execute(text(f"ALTER POLICY {policy} ON {table} USING (true) WITH CHECK (true)"))
    try:
        yield
    finally:
        with office.database.admin_engine.begin() as connection:
            connection.execute(text(f"ALTER POLICY {policy} ON {table} USING ({sound}) WITH CHECK ({sound})"))


def rows(office: Office) -> int:
    return int(
        office.value("SELECT (SELECT count(*) FROM patient) + (SELECT count(*) FROM time_entry) + (SELECT count(*) FROM patient_month)")
    )


def test_a_sound_database_holds_and_nothing_is_kept_but_the_event(office: Office) -> None:
    before = rows(office), office.value("SELECT count(*) FROM audit_event")
    found = report(office)
    assert (found["holds"], found["leaks"], found["catalog_breaches"]) == (True, [], [])
    assert (found["other_vendors"] >= 1, found["other_clients"]) == (True, 1)
    assert found["attempts"] == sum(found["by_login"].values()) > 500
    assert (rows(office), office.value("SELECT count(*) FROM audit_event")) == (before[0], before[1] + 1)
    assert office.value("SELECT action FROM audit_event ORDER BY seq DESC LIMIT 1") == "isolation.reported"


def test_a_vendor_policy_that_lets_everything_through_is_named(office: Office) -> None:
    with planted(office, "consent", "tenant_vendor", sound=VENDOR_IS_OWN):
        said = program("isolation-report", "--vendor", slug_of(office), "--json")
    assert said.code == 1
    leaks = {f"vendor {what} consent" for what in ("reads rows of another in", "counts rows of another in", "changes rows of another in")}
    assert leaks | {"vendor removes rows of another in consent"} <= set(said.json["leaks"])
    assert any(breach.startswith("consent: policy is not declared") for breach in said.json["catalog_breaches"])


def test_a_practice_policy_that_lets_everything_through_is_named(office: Office) -> None:
    with planted(office, "patient_month", "tenant_clients", sound=CLIENT_IS_OWN):
        said = program("isolation-report", "--vendor", slug_of(office))
    assert said.code == 1
    assert "       practice reads rows of another in patient_month" not in said.out  # the closed month is the asked client's own
    assert "patient_month: policy is not declared" in said.out
    with planted(office, "time_entry", "tenant_clients", sound=CLIENT_IS_OWN):
        said = program("isolation-report", "--vendor", slug_of(office))
    assert "       practice reads rows of another in time_entry" in said.out


def test_the_signature_is_over_everything_that_the_report_says(office: Office, tmp_path: Path) -> None:
    report(office, "--out", str(tmp_path / "out"))
    (page,) = (tmp_path / "out").glob("*.json")
    said = json.loads(page.read_text())
    key, signature = (base64.b64decode(said.pop(name)) for name in ("public_key", "signature"))
    Ed25519PublicKey.from_public_bytes(key).verify(signature, canonical(said))
    (document,) = (tmp_path / "out").glob("*.pdf")
    words = " ".join(" ".join(sheet.extract_text() for sheet in PdfReader(document).pages).split())
    assert "Nothing of another customer could be read or changed on behalf of" in words
    assert f"{said['attempts']:,}" in words


def test_the_page_gives_the_files_that_the_command_wrote_and_what_did_not_hold(office: Office, pages: Pages, tmp_path: Path) -> None:
    admin = visitor_of(office.vendor_id)
    report(office, "--out", str(tmp_path / "out"))
    shown = pages.get("/isolation", admin)
    written = {path.suffix[1:]: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    for ending, content in written.items():
        (link, *_) = re.findall(rf'href="(/isolation/[^"]+/file\.{ending})"', shown.text)
        assert pages.get(link, admin).data == content
        assert pages.get(link, visitor_of(office.vendor_id, permissions=frozenset({"read_months"}))).status_code == 403
    logged = office.value(
        "SELECT detail ->> 'report_sha256' FROM audit_event WHERE action = 'isolation.reported' ORDER BY seq DESC LIMIT 1"
    )
    assert logged in shown.text
    assert "Holds" in words(shown)
    with planted(office, "consent", "tenant_vendor", sound=VENDOR_IS_OWN):
        report(office)
    said = words(pages.get("/isolation", admin))
    assert "Does not hold" in said
    assert "vendor reads rows of another in consent" in said
    assert "Before it" in said


def test_another_vendors_report_is_not_found(offices: tuple[Office, Office], office: Office, pages: Pages) -> None:
    report(office)
    number = office.value("SELECT id FROM isolation_report LIMIT 1")
    stranger = visitor_of(offices[1].vendor_id)
    assert pages.get(f"/isolation/{number}/file.pdf", stranger).status_code == 404
    assert pages.get(f"/isolation/{number}/file.exe", visitor_of(office.vendor_id)).status_code == 404
    assert "No report has been made yet" in words(pages.get("/isolation", stranger))


def test_a_report_is_never_changed(office: Office) -> None:
    report(office)
    with pytest.raises(ProgrammingError, match="permission denied"), office.transaction() as connection:
        connection.execute(text("UPDATE isolation_report SET holds = true"))
    with pytest.raises(DBAPIError, match="never changed"), office.database.admin_engine.begin() as connection:
        connection.execute(text("UPDATE isolation_report SET holds = true"))


def test_an_unknown_vendor_is_refused(office: Office) -> None:
    assert program("isolation-report", "--vendor", "nobody").is_one_sentence(2, "There is no vendor 'nobody'")
