"""`caretally isolation-report`: holds on a sound database, names each planted leak, is signed, and changes nothing but the audit log."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pypdf import PdfReader
from sqlalchemy import text

from caretally.audit.chain import canonical
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
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


def test_an_unknown_vendor_is_refused(office: Office) -> None:
    assert program("isolation-report", "--vendor", "nobody").is_one_sentence(2, "There is no vendor 'nobody'")
