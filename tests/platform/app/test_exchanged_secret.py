"""The installation's secret is exchanged: what docs/operations.md says of it holds (OWASP ASVS 5.0, 11.2.2)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from caretally.config.sealed import SealBroken
from caretally.config.secret import installation_secret
from caretally.config.settings import read_settings
from caretally.db.engines import login_engine
from caretally.db.roles import Roles
from caretally.errors import DependencyDown
from caretally.identity.factors import check_code, start_authenticator
from tests.builders.accounts import Signer, new_signer
from tests.builders.databases import MAY_CREATE, SECRET_TEXT, TestDatabase, database_of_a_login
from tests.builders.program import program

NEW_TEXT = "another secret, taken over because somebody left"
BEFORE = (
    ("migrate",),
    ("vendor", "create", "Harbor Care", "--slug", "harbor"),
    ("import", "clients", "{folder}/clients.csv", "--vendor", "harbor"),
    ("audit", "checkpoint"),
)
NEW = installation_secret(read_settings({"CARETALLY_SECRET_KEY": NEW_TEXT}))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the installation."""
    return tmp_path_factory.mktemp("exchanged") / "home"


@pytest.fixture(scope="module")
def exchanged(server: URL, home: Path) -> Iterator[tuple[TestDatabase, Signer]]:
    """An installation with a vendor, a signed checkpoint and a person, whose secret was then exchanged by `caretally migrate`."""
    with database_of_a_login(server, MAY_CREATE) as url, pytest.MonkeyPatch.context() as environment:
        database = TestDatabase(url, Roles.of(url))
        for name, value in database.environment(home=home).items():
            environment.setenv(name, value)
        (home.parent / "clients.csv").write_text("code,name,timezone\nLFM,Lakeside,America/New_York\n", encoding="utf-8")
        for words in BEFORE:
            assert program(*(word.format(folder=home.parent) for word in words)).code == 0
        signer = new_signer(database)
        database.dispose()
        environment.setenv("CARETALLY_SECRET_KEY", NEW_TEXT)
        assert program("migrate").code == 0
        yield database, signer


def test_the_old_secret_opens_nothing_and_the_new_one_everything_that_is_not_sealed(exchanged: tuple[TestDatabase, Signer]) -> None:
    said = program("audit", "log", "--vendor", "harbor", "--json", CARETALLY_SECRET_KEY=SECRET_TEXT)
    assert said.is_one_sentence(6)
    assert program("audit", "log", "--vendor", "harbor", "--json").json


def test_what_was_sealed_no_longer_opens_until_the_persons_factors_are_reset(exchanged: tuple[TestDatabase, Signer]) -> None:
    database, signer = exchanged
    engine = login_engine(database.url, "auth", roles=database.roles, secret=NEW)
    with engine.begin() as connection, pytest.raises(SealBroken, match="does not open"):
        check_code(connection, signer.id, signer.code(), secret=NEW)
    assert issubclass(SealBroken, DependencyDown)
    assert program("user", "reset-factors", signer.email, "--yes").code == 0
    with engine.begin() as connection:
        assert start_authenticator(connection, signer.id, secret=NEW) != signer.secret
    engine.dispose()


def test_checkpoints_that_the_old_secret_signed_are_told_until_a_new_folder_begins(
    exchanged: tuple[TestDatabase, Signer], home: Path
) -> None:
    said = program("verify", "--vendor", "harbor")
    assert (said.code, "checkpoint" in said.out + said.err) == (1, True)
    (checkpoints,) = {path.parent for path in home.rglob("*.json") if "checkpoint" in str(path)}
    checkpoints.rename(home.parent / "aside")
    assert program("audit", "checkpoint").code == 0
    assert program("verify", "--vendor", "harbor").code == 0
