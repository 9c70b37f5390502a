"""A close reads one set of rules from beginning to end: a load waits for it, and it waits for a load."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from caretally.close import close_client as closing_settings
from caretally.close.close_client import close_client
from caretally.cms.load_tables import load_reference_tables
from caretally.cms.reference_files import DATA_FOLDER
from caretally.cms.rules_lock import change_rules
from caretally.db.revision import become
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER, Office, new_office


@pytest.fixture
def office(fresh_database: TestDatabase) -> Office:
    """A client with one billable patient, in a database of its own."""
    made = new_office(fresh_database, "LFM")
    made.add_time("LFM", made.add_patient("LFM", "1"), "rn")
    return made


@pytest.fixture
def other_rules(tmp_path: Path) -> Path:
    """The rules in force under another name."""
    folder = tmp_path / "rules"
    shutil.copytree(DATA_FOLDER, folder)
    (folder / "rule_set.csv").write_text("code,effective_from\n2027-01,2026-11-01\n", encoding="utf-8")
    return folder


def load_other_rules(connection: Connection, database: TestDatabase, folder: Path) -> None:
    become(connection, database.roles.name("owner"))
    connection.execute(text("SET LOCAL lock_timeout = '300ms'"))
    load_reference_tables(connection, folder)


def test_rules_do_not_change_under_a_close(office: Office, fresh_database: TestDatabase, other_rules: Path) -> None:
    client, engine = office.client("LFM"), create_engine(fresh_database.url, poolclass=NullPool)
    with office.transaction() as closing:
        assert close_client(closing, client, OCTOBER, seen_open=True).billable == 1
        with engine.connect() as loading, pytest.raises(OperationalError, match="lock timeout"):
            load_other_rules(loading, fresh_database, other_rules)
    with engine.begin() as loading:
        load_other_rules(loading, fresh_database, other_rules)
        assert loading.scalar(text("SELECT count(*) FROM rule_set WHERE code = '2027-01'")) == 1


def test_a_close_waits_for_a_load_and_then_decides_by_what_it_left(
    office: Office, fresh_database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing_settings, "SETTINGS", closing_settings.SETTINGS.replace("'60s'", "'300ms'"))
    client, engine = office.client("LFM"), create_engine(fresh_database.url, poolclass=NullPool)
    with engine.begin() as loading:
        change_rules(loading)
        with office.transaction() as closing, pytest.raises(OperationalError, match="lock timeout"):
            close_client(closing, client, OCTOBER, seen_open=True)
    assert office.close("LFM")[0].billable == 1
