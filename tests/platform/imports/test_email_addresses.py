"""Email addresses in files: what nobody could write to is refused by name."""

from pathlib import Path

import pytest

from tests.builders.databases import TestDatabase
from tests.builders.import_files import DOCTOR, Desk, new_desk, outcome, rules


@pytest.fixture(scope="module")
def desk(database: TestDatabase, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return new_desk(database, Path(tmp_path_factory.mktemp("desk")))


FILES = [
    ("clients", "code,name,timezone,contact_email\nE1,North,America/Denver,{email}\n", "contact_email"),
    ("staff", "staff,family_name,given_name,role,email\ne1,Cole,Ann,clinical,{email}\n", "email"),
    ("providers", f"client,npi,family_name,given_name,credential,email\nHIL,{DOCTOR},Lind,Per,NP,{{email}}\n", "email"),
]


@pytest.mark.parametrize(("kind", "body", "column"), FILES)
@pytest.mark.parametrize("email", ["nope", "a@b", "a b@example.org", "a@@example.org", "@example.org", "a@example..org", "a@-example.org"])
def test_what_is_no_address_is_refused(desk: Desk, kind: str, body: str, column: str, email: str) -> None:
    assert rules(desk.imports(kind, body.format(email=email), dry_run=True)) == [(2, column, "email")]


@pytest.mark.parametrize(("kind", "body", "column"), FILES)
@pytest.mark.parametrize("email", ["", "ines@lakeside.example", "o'neil+ccm.x_1@mail.north-clinic.co.uk", "INES@LAKESIDE.ORG"])
def test_an_address_and_a_blank_are_taken(desk: Desk, kind: str, body: str, column: str, email: str) -> None:
    assert column in body
    assert outcome(desk.imports(kind, body.format(email=email), dry_run=True)) == {"new": 1}
