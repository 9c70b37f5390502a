"""The big list of naughty strings goes through every text of a patient and comes back byte for byte, or is refused by name."""

import json
import re
from pathlib import Path
from unicodedata import normalize

import pytest

from caretally.imports.tables import EDGES
from caretally.imports.validation import UNSEEN_CHARACTERS
from tests.builders.databases import TestDatabase
from tests.builders.import_files import Desk, csv_text, new_desk, outcome, rules

HEADER = "client,mrn,family_name,given_name,birth_date,payer"
CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
UNSEEN = re.compile(UNSEEN_CHARACTERS)
LISTED = json.loads((Path(__file__).parents[2] / "data" / "blns.json").read_text(encoding="utf-8"))
# Blanks around a cell are nobody's meaning: the reader takes them away, and a string of nothing else is a blank cell.
STRINGS = [text.strip(EDGES) for text in LISTED if text.strip(EDGES)]
KEPT = [text for text in STRINGS if not CONTROL.search(text)]
REFUSED = [text for text in STRINGS if CONTROL.search(text)]


@pytest.fixture
def desk(database: TestDatabase, tmp_path: Path) -> Desk:
    return new_desk(database, tmp_path)


def naughty_patients() -> list[tuple[str, ...]]:
    """Return a patient of each string; where it holds what nobody can see, no record number may hold it."""
    keys = [normalize("NFC", text)[:150] for text in KEPT]
    rows = enumerate(zip(KEPT, keys, strict=True))
    return [
        ("LFM", f"{number}-{'' if UNSEEN.search(key) else key.strip(EDGES)}", text, text, "1940-02-01", text)
        for number, (text, key) in rows
    ]


def test_every_naughty_string_survives_in_every_text_of_a_patient(desk: Desk) -> None:
    rows = naughty_patients()
    assert outcome(desk.imports("patients", csv_text(HEADER, *rows))) == {"new": len(KEPT)}
    query = "SELECT mrn, family_name, given_name, payer FROM patient WHERE mrn LIKE '%-%' ORDER BY split_part(mrn, '-', 1)::int"
    assert [tuple(row) for row in desk.office.rows(query)] == [(mrn, text, text, text) for _, mrn, text, *_ in rows]


def test_the_same_naughty_file_again_is_all_unchanged(desk: Desk) -> None:
    body = csv_text(HEADER, *naughty_patients())
    desk.imports("patients", body)
    assert outcome(desk.imports("patients", body)) == {"unchanged": len(KEPT)}


def test_every_naughty_string_with_a_control_character_is_refused_by_name(desk: Desk) -> None:
    rows = [("LFM", f"n{number}", text, "Ama", "1940-02-01", "") for number, text in enumerate(REFUSED)]
    rows += [("LFM", f"good{number}", "A name of a family that is much like others", "Ama", "1940-02-01", "") for number in range(100)]
    assert len(REFUSED) > 0
    result = desk.imports("patients", csv_text(HEADER, *rows))
    assert {rule for _, column, rule in rules(result) if column == "family_name"} == {"control_character"}
    assert result.refused == len(REFUSED)
