"""The pages of imports: a file is sent once, its columns are said once, its cells are corrected in place, and nothing is written before."""

import re
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from caretally.identity.roles import MATRIX, Role
from caretally.web.edge import EXTENSION
from tests.builders.databases import TestDatabase
from tests.builders.import_files import Desk, new_desk
from tests.builders.pages import Pages, spool_left_to_collector, visitor_of, words
from tests.builders.sending_files import send_file, send_form
from tests.builders.spreadsheets import with_sheet

HEADER = "client,mrn,family_name,given_name,birth_date,state\n"
GOOD = HEADER + "LFM,10,Okonkwo,Ada,1944-05-06,NY\nLFM,11,Petrov,Igor,1940-01-02,NY\n"
MIXED = HEADER + "LFM,20,Stone,Una,1944-05-06,NY\nLFM,21,Reed,Max,1944-13-45,NY\nNOPE,22,Hill,Jo,1941-01-01,NY\n"


@pytest.fixture(scope="module")
def desk(database: TestDatabase, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A vendor with clients, providers, staff and two patients."""
    return new_desk(database, tmp_path_factory.mktemp("desk"))


@pytest.fixture
def browser(pages: Pages, desk: Desk) -> FlaskClient:
    """A browser of the vendor's billing administrator."""
    return pages.client(visitor_of(desk.office.vendor_id))


def patients(desk: Desk) -> set[str]:
    """Return the record numbers that are in the table."""
    return {row[0] for row in desk.rows("patient", "mrn")}


def test_a_file_whose_headers_are_the_columns_goes_to_the_check_and_from_there_in_as_a_whole(browser: FlaskClient, desk: Desk) -> None:
    sent = send_file(browser, "patients", GOOD, name="october.csv")
    assert "2 new and 0 changed patients" in words(browser.get(sent.location))
    assert "10" not in patients(desk)
    done = send_form(browser, sent.location.replace("check", "import"), page=sent.location)
    assert "2 rows of patients" in words(browser.get(done.location))
    assert {"10", "11"} <= patients(desk)
    assert desk.office.value("SELECT count(*) FROM import_upload WHERE file_name = 'october.csv'") == 0


def test_sending_an_import_twice_imports_once(browser: FlaskClient, desk: Desk) -> None:
    sent = send_file(browser, "patients", HEADER + "LFM,30,Twice,Tom,1944-05-06,NY\n", name="twice.csv")
    send_form(browser, sent.location.replace("check", "import"), page=sent.location)
    again = send_form(browser, sent.location.replace("check", "import"), page="/imports")
    assert again.status_code == 404
    assert "look at the history of imports" in words(again)
    assert desk.office.value("SELECT count(*) FROM import_batch WHERE file_name = 'twice.csv'") == 1


def test_a_refused_cell_is_typed_anew_on_the_page_and_the_file_is_not_sent_again(browser: FlaskClient, desk: Desk) -> None:
    sent = send_file(browser, "patients", MIXED, name="mixed.csv")
    seen = browser.get(sent.location)
    assert "2 rows are refused" in words(seen)
    assert "“1944-13-45” is not a date" in words(seen)
    assert 'value="1944-13-45"' in seen.text
    cells = {"line": ["3", "4"], "place": ["4", "0"], "cell": ["1944-12-04", "HIL"]}
    send_form(browser, sent.location.replace("check", "cells"), page=sent.location, **cells)
    assert "Every row fits" in words(browser.get(sent.location))
    send_form(browser, sent.location.replace("check", "import"), page=sent.location)
    assert {"20", "21", "22"} <= patients(desk)
    assert (
        desk.office.value("SELECT detail ->> 'cells' FROM audit_event WHERE action = 'import.corrected' ORDER BY seq DESC LIMIT 1") == "2"
    )


AGREEMENT = "client,valid_from,basis,code,price\nLFM,2027-01-01,per_code,99490,0.01\n"


def test_who_may_not_change_prices_neither_imports_nor_takes_back_agreements(browser: FlaskClient, pages: Pages, desk: Desk) -> None:
    sent = send_file(browser, "agreements", AGREEMENT, name="prices.csv")
    coordinator = pages.client(visitor_of(desk.office.vendor_id, permissions=frozenset(map(str, MATRIX[Role.COORDINATOR]))))
    assert 'value="agreements"' in browser.get("/imports").text
    assert 'value="agreements"' not in coordinator.get("/imports").text
    refused = send_file(coordinator, "agreements", AGREEMENT)
    assert (refused.status_code, "Choose what the file holds from the list" in words(refused)) == (422, True)
    for end in ("check", "cells", "import", "discard"):
        path = sent.location.replace("check", end)
        answer = coordinator.get(path) if end == "check" else send_form(coordinator, path, page="/imports")
        assert answer.status_code in (400, 403), end
    done = send_form(browser, sent.location.replace("check", "import"), page=sent.location)
    assert send_form(coordinator, f"{done.location}/undo", page="/imports").status_code == 403
    assert desk.office.value("SELECT count(*) FROM import_batch WHERE file_name = 'prices.csv' AND undone_at IS NULL") == 1


def test_looking_at_a_kept_file_is_an_event_of_ids_and_counts(browser: FlaskClient, desk: Desk) -> None:
    sent = send_file(browser, "patients", MIXED.replace(",2", ",7"), name="looked-at.csv")
    browser.get(sent.location)
    (detail,) = desk.office.rows("SELECT detail FROM audit_event WHERE action = 'import.previewed' ORDER BY seq DESC LIMIT 1")[0]
    assert detail == {"upload": sent.location.split("/")[3], "kind": "patients", "rows": 2}


def test_valid_rows_alone_go_in_when_that_is_chosen(browser: FlaskClient, desk: Desk) -> None:
    sent = send_file(browser, "patients", MIXED.replace(",2", ",4"), name="valid.csv")
    refused = send_form(browser, sent.location.replace("check", "import"), page=sent.location)
    assert refused.location == sent.location
    assert "40" not in patients(desk)
    send_form(browser, sent.location.replace("check", "import"), page=sent.location, valid_rows_only="yes")
    assert "40" in patients(desk)
    assert "41" not in patients(desk)


def test_strange_headers_are_mapped_once_and_the_next_file_needs_no_question(browser: FlaskClient, desk: Desk) -> None:
    strange = "Practice,Chart,Last,First,DOB\nLFM,{},Vale,Ida,1950-02-03\n"
    sent = send_file(browser, "patients", strange.format(50), name="ehr.csv")
    assert "/check" not in sent.location
    columns = ["client", "mrn", "family_name", "given_name", ""]
    missing = send_form(browser, sent.location, column=columns, name="")
    assert missing.status_code == 422
    assert "Choose a header for Date of birth (birth_date)" in words(missing)
    assert '<option value="mrn" selected>' in missing.text
    chosen = send_form(browser, sent.location, column=[*columns[:4], "birth_date"], name="EHR")
    send_form(browser, chosen.location.replace("check", "import"), page=chosen.location)
    assert "/check" in send_file(browser, "patients", strange.format(51), name="ehr-2.csv").location
    assert "50" in patients(desk)


def test_well_known_headings_are_suggested_and_a_person_still_confirms(browser: FlaskClient) -> None:
    header = "CLINIC,Medical Record No.,LAST NAME,first,D.O.B.,Medicare ID,Favourite colour"
    sent = send_file(browser, "patients", f"{header}\nLFM,70,Vale,Ida,1950-02-03,,blue\n", name="other.csv")
    page = browser.get(sent.location)
    chosen = re.findall(r'<option value="(\w*)" selected', page.text)
    assert chosen == ["client", "mrn", "family_name", "given_name", "birth_date", "mbi"]
    assert page.text.count("suggested") == 6
    checked = send_form(browser, sent.location, column=[*chosen, ""], name="")
    assert "Every row fits" in words(browser.get(checked.location))


def test_a_heading_is_suggested_once_and_the_columns_own_name_comes_first(browser: FlaskClient) -> None:
    sent = send_file(browser, "patients", "Surname,family_name,DOB,Date of birth\nA,B,1950-02-03,1950-02-03\n")
    page = browser.get(sent.location)
    assert re.findall(r'id="column-(\d)".*?<option value="(\w+)" selected', page.text) == [("2", "family_name"), ("3", "birth_date")]


def test_what_was_chosen_wins_over_what_is_suggested(browser: FlaskClient) -> None:
    sent = send_file(browser, "patients", "Site,Chart,Last,First,DOB\nLFM,71,Ida,Vale,1950-02-03\n")
    swapped = ["client", "mrn", "given_name", "family_name", "birth_date"]
    send_form(browser, sent.location, column=swapped, name="")
    page = browser.get(sent.location)
    assert re.findall(r'<option value="(\w+)" selected', page.text) == swapped
    assert "suggested" not in page.text


def test_columns_and_kinds_of_files_have_readable_names(browser: FlaskClient) -> None:
    assert "Medical decision making" in words(browser.get("/imports"))
    page = words(browser.get(send_file(browser, "patients", "A,B\n1,2\n").location))
    for label in (
        "Medicare number (mbi)",
        "Qualified Medicare Beneficiary (qmb)",
        "Part B since (part_b_from)",
        "Family name (family_name, needed)",
    ):
        assert label in page


def test_one_column_cannot_be_chosen_for_two_headers(browser: FlaskClient) -> None:
    sent = send_file(browser, "patients", "A,B,C\n1,2,3\n")
    answer = send_form(browser, sent.location, column=["mrn", "mrn", ""], name="")
    assert "Two headers cannot both mean Record number (mrn)" in words(answer)


def test_an_import_is_taken_back_on_its_page(browser: FlaskClient, desk: Desk) -> None:
    sent = send_file(browser, "patients", HEADER + "LFM,60,Gone,Gil,1944-05-06,NY\n")
    done = send_form(browser, sent.location.replace("check", "import"), page=sent.location)
    send_form(browser, f"{done.location}/undo", page=done.location)
    assert "60" not in patients(desk)
    assert "Taken back at" in words(browser.get(done.location))
    again = send_form(browser, f"{done.location}/undo", page="/imports")
    assert again.status_code == 409
    assert "was undone already" in words(again)


def test_what_others_stand_on_is_not_taken_back_and_one_sentence_says_why(browser: FlaskClient, desk: Desk) -> None:
    sent = send_file(browser, "patients", HEADER + "LFM,61,Kept,Kim,1944-05-06,NY\n")
    done = send_form(browser, sent.location.replace("check", "import"), page=sent.location)
    desk.imports("conditions", "client,mrn,icd10\nLFM,61,I10\n")
    answer = send_form(browser, f"{done.location}/undo", page=done.location)
    assert answer.status_code == 409
    assert "used by condition rows" in words(answer)
    assert "61" in patients(desk)


def bomb() -> bytes:
    """Return a small workbook that unzips to far more than its size."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/workbook.xml", "<workbook/>")
        book.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("empty.csv", b"", "is empty"),
        ("broken.xlsx", b"PK\x03\x04 no more", "damaged"),
        ("bomb.xlsx", bomb(), "would unzip"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(100), "not a CSV or XLSX"),
        ("quotes.csv", b'client,mrn\n"LFM,1\n', "do not pair"),
        ("../../etc/passwd", b"", "passwd is empty"),
    ],
)
def test_a_broken_or_hostile_file_is_refused_in_one_sentence(browser: FlaskClient, name: str, body: bytes, said: str) -> None:
    answer = send_file(browser, "patients", body, name=name)
    assert answer.status_code == 422
    assert said in words(answer)
    assert '<option value="patients" selected>' in answer.text


def test_three_megabytes_of_xlsx_with_600_000_rows_are_refused_in_one_sentence(browser: FlaskClient) -> None:
    book = with_sheet("".join(f'<row r="{number}"><c r="A{number}"><v>{number}</v></c></row>' for number in range(1, 600_001)))
    answer = send_file(browser, "time", book, name="huge.xlsx")
    assert answer.status_code == 422
    assert "huge.xlsx has more than" in words(answer)


def test_a_form_without_a_file_or_a_kind_says_what_to_choose(browser: FlaskClient) -> None:
    answer = words(send_file(browser, "", GOOD))
    assert "Choose what the file holds" in answer
    assert "Choose the file to import" in words(send_form(browser, "/imports", kind="patients"))


def test_only_who_may_import_may_send_more_than_a_page_takes(pages: Pages, desk: Desk) -> None:
    large = "client,mrn\n" + "LFM,1\n" * 300_000
    outsider = pages.client(visitor_of(desk.office.vendor_id, permissions=frozenset({"read_months", "probe"})))
    with spool_left_to_collector():
        assert send_file(outsider, "patients", large, name="large.csv", page="/probe/form").status_code == 413
    kept = send_file(pages.client(visitor_of(desk.office.vendor_id)), "patients", large, name="large.csv")
    assert kept.status_code == 303


def test_neither_the_scratch_folder_nor_the_log_keeps_what_was_sent(desk: Desk, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    here = Pages(desk.office.database)
    here.app.extensions[EXTENSION] = replace(here.app.extensions[EXTENSION], scratch=tmp_path / "scratch")
    named = GOOD.replace("Okonkwo", "Unloggable")
    assert send_file(here.client(visitor_of(desk.office.vendor_id)), "patients", named, name="Unloggable.csv").status_code == 303
    assert (tmp_path / "scratch").is_dir()
    assert list((tmp_path / "scratch").iterdir()) == []
    assert "Unloggable" not in capfd.readouterr().err


def test_a_file_left_for_a_day_is_deleted_when_somebody_looks(browser: FlaskClient, desk: Desk) -> None:
    send_file(browser, "patients", GOOD, name="left.csv")
    with desk.office.transaction() as connection:
        connection.execute(text("UPDATE import_upload SET uploaded_at = uploaded_at - interval '25 hours' WHERE file_name = 'left.csv'"))
    assert "left.csv" not in words(browser.get("/imports"))
    assert desk.office.value("SELECT count(*) FROM import_upload WHERE file_name = 'left.csv'") == 0


def test_a_file_of_another_vendor_answers_as_one_that_does_not_exist(
    pages: Pages, desk: Desk, database: TestDatabase, tmp_path: Path
) -> None:
    stranger = pages.client(visitor_of(new_desk(database, tmp_path, roster=False).office.vendor_id))
    sent = send_file(pages.client(visitor_of(desk.office.vendor_id)), "patients", GOOD, name="ours.csv")
    upload = UUID(sent.location.split("/")[-2])
    for step in ("", "/check"):
        theirs, nobodys = (stranger.get(f"/imports/uploads/{one}{step}") for one in (upload, uuid4()))
        assert theirs.status_code == nobodys.status_code == 404
    for step in ("/import", "/discard", "/cells"):
        assert send_form(stranger, f"/imports/uploads/{upload}{step}", page="/imports").status_code == 404
    assert desk.office.value("SELECT count(*) FROM import_upload WHERE id = :id", id=upload) == 1
