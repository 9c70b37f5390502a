"""`caretally persons`: pairs listed, decided and taken back from the command line."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.program import program, slug_of

HEADER = "client,mrn,family_name,given_name,birth_date,mbi"
ALIKE = ("A,1,Quartermain,Wilhelmina,1940-02-01,1EG4TE5MK73", "B,7,Quatermain,Wilhelmina,1940-02-01,")


@pytest.fixture
def office(database: TestDatabase, caretally_environment: dict[str, str]) -> Office:
    """A vendor with two clients."""
    return new_office(database, "A", "B")


def imports(office: Office, tmp_path: Path, *lines: str) -> str:
    path = tmp_path / "patients.csv"
    path.write_text("\n".join((HEADER, *lines)) + "\n", encoding="utf-8")
    said = program("import", "patients", str(path), "--vendor", slug_of(office))
    assert said.code == 0, said
    return said.out


def review(office: Office, *words: str) -> list[dict[str, object]]:
    found = program("persons", "review", "--vendor", slug_of(office), "--json", *words).json
    assert isinstance(found, list)
    return found


def test_an_import_says_how_many_pairs_wait(office: Office, tmp_path: Path) -> None:
    assert "1 pair of patients may be one person; decide with caretally persons review." in imports(office, tmp_path, *ALIKE)


def test_an_import_says_how_many_patients_have_a_second_record(office: Office, tmp_path: Path) -> None:
    assert "2 patients have a second record" in imports(office, tmp_path, ALIKE[0], ALIKE[0].replace("A,1", "B,7"))


def test_the_review_lists_both_records_with_the_likelihood_and_why(office: Office, tmp_path: Path) -> None:
    imports(office, tmp_path, *ALIKE)
    (pair,) = review(office)
    assert pair["why"] == "nearly the same; same birth date; family names differ in a letter or two; same given name"
    assert [(r["client"], r["mrn"], r["birth_date"], r["mbi_end"]) for r in pair["records"]] == [  # type: ignore[attr-defined]
        ("A", "1", "1940-02-01", "MK73"),
        ("B", "7", "1940-02-01", None),
    ]
    listed = program("persons", "review", "--vendor", slug_of(office))
    assert listed.out.splitlines()[1].split("\t")[:4] == [
        pair["pair"],
        f"{pair['score']} %",
        "proposed",
        "A 1: Quartermain, Wilhelmina, 1940-02-01, MBI …MK73",
    ]
    assert "1EG4" not in listed.out


def test_nothing_to_review_is_said(office: Office) -> None:
    said = program("persons", "review", "--vendor", slug_of(office))
    assert (said.code, said.out, said.err) == (0, "", "No pair of records waits for a decision.\n")
    assert review(office) == []


def test_a_decision_empties_the_review_and_can_be_taken_back(office: Office, tmp_path: Path) -> None:
    imports(office, tmp_path, *ALIKE)
    pair = review(office)[0]["pair"]
    slug = slug_of(office)
    said = program("persons", "decide", str(pair), "same", "--reason", "asked both", "--vendor", slug)
    assert said.is_one_sentence(0, f"{pair}: A 1 and B 7 are one person")
    assert review(office) == []
    assert [(p["status"], p["reason"]) for p in review(office, "--all")] == [("same", "asked both")]
    assert program("persons", "decide", str(pair), "same", "--reason", "again", "--vendor", slug).is_one_sentence(3, "one person already")
    assert program("persons", "undo", str(pair), "--reason", "a mistake", "--vendor", slug).is_one_sentence(0, "wait for a decision")
    assert [p["pair"] for p in review(office)] == [pair]


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (("decide", "ffffffff", "same", "--reason", "x"), 2, "has no pair 'ffffffff'"),
        (("undo", "ffffffff", "--reason", "x"), 2, "has no pair 'ffffffff'"),
        (("decide", "ffffffff", "perhaps", "--reason", "x"), 2, "perhaps"),
        (("decide", "ffffffff", "same"), 2, "--reason"),
        (("decide", "ffffffff", "same", "--reason", " "), 2, "Say why"),
    ],
)
def test_a_mistake_is_one_sentence(office: Office, words: tuple[str, ...], code: int, part: str) -> None:
    assert program("persons", *words, "--vendor", slug_of(office)).is_one_sentence(code, part)


def enrolled_at_both(office: Office) -> None:
    """Two records of one person that nothing joins yet, each with twenty minutes in October."""
    for client, mrn, family, hour in (("A", "1", "Quartermain", 14), ("B", "7", "Quatermain", 16)):
        patient = office.add_patient(client, mrn, family_name=family, given_name="Wilhelmina", birth_date="1940-02-01")
        office.add_time(client, patient, "rn", starts=datetime(2026, 10, 5, hour, tzinfo=UTC))


def test_a_decision_holds_both_in_an_open_month_and_names_neither_practice_to_the_other(office: Office, tmp_path: Path) -> None:
    enrolled_at_both(office)
    imports(office, tmp_path, "A,99,Somebody,Else,1950-01-01,")
    slug = slug_of(office)
    assert [result.billable for result in office.close(dry_run=True)] == [1, 1]
    pair = review(office)[0]["pair"]
    program("persons", "decide", str(pair), "same", "--reason", "asked both", "--vendor", slug)
    assert [(r.held, r.exceptions) for r in office.close(dry_run=True)] == [(1, {"DUPLICATE_PATIENT_MONTH": 1})] * 2
    for client, other in (("A", "B"), ("B", "A")):
        said = program("exceptions", "2026-10", "--vendor", slug, "--client", client, "--json")
        assert "DUPLICATE_PATIENT_MONTH" in said.out
        assert [
            word for word in (f"Practice {other}", f'"{other}"', "Quartermain" if client == "B" else "Quatermain") if word in said.out
        ] == []
    program("persons", "decide", str(pair), "different", "--reason", "two sisters", "--vendor", slug)
    assert [result.billable for result in office.close(dry_run=True)] == [1, 1]


def test_a_decision_after_both_were_closed_starts_both_overpayment_reviews(office: Office, tmp_path: Path) -> None:
    enrolled_at_both(office)
    imports(office, tmp_path, "A,99,Somebody,Else,1950-01-01,")
    assert [result.billable for result in office.close()] == [1, 1]
    said = program(
        "persons", "decide", str(review(office)[0]["pair"]), "same", "--reason", "asked both", "--vendor", slug_of(office), "--json"
    )
    assert said.json["overpayment_reviews"] == 2
    found = office.rows("SELECT p.mrn, r.code FROM overpayment_review r JOIN patient_month p ON p.id = r.patient_month_id ORDER BY 1")
    assert [tuple(row) for row in found] == [("1", "DUPLICATE_PATIENT_MONTH"), ("7", "DUPLICATE_PATIENT_MONTH")]


def test_a_decision_between_a_closed_and_an_open_month_holds_the_open_one_and_its_close_reviews_the_other(
    office: Office, tmp_path: Path
) -> None:
    enrolled_at_both(office)
    imports(office, tmp_path, "A,99,Somebody,Else,1950-01-01,")
    office.close("A")
    said = program(
        "persons", "decide", str(review(office)[0]["pair"]), "same", "--reason", "asked both", "--vendor", slug_of(office), "--json"
    )
    assert said.json["overpayment_reviews"] == 0
    assert office.close("B")[0].held == 1
    assert office.rows("SELECT p.mrn FROM overpayment_review r JOIN patient_month p ON p.id = r.patient_month_id") == [("1",)]


def test_no_name_is_in_any_note_or_log(office: Office, tmp_path: Path, caretally_environment: dict[str, str]) -> None:
    imports(office, tmp_path, *ALIKE)
    pair = str(review(office)[0]["pair"])
    said = program("persons", "decide", pair, "same", "--reason", "asked both", "--vendor", slug_of(office))
    home = Path(caretally_environment["CARETALLY_HOME"])
    logs = "".join(path.read_text(errors="replace") for path in home.rglob("*.log"))
    assert [word for word in ("quatermain", "wilhelmina", "1940-02") if word in (said.out + said.err + logs).lower()] == []
