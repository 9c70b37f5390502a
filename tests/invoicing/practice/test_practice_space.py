"""A practice's own space: samples drawn again by the same seed, verdicts that only grow, rosters compared; the vendor sees nothing of any of it."""

import hashlib
import io
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from openpyxl import Workbook
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from werkzeug.test import TestResponse

from caretally.identity.roles import MATRIX, Role
from caretally.months import Month
from caretally.tenancy.context import TenantContext
from caretally.tenancy.registry import PRACTICE_SPACE
from caretally.tenancy.transaction import tenant_transaction
from caretally.web.visitor import Visitor
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.pages import HERE, Pages, form_token, spool_left_to_collector, visitor_of, words
from tests.builders.pages_office import office_with_closed_month, send_all

BILLED = 6


@dataclass
class Practice:
    """A practice with half a dozen billed patients and one who was not, and its administrator."""

    pages: Pages
    office: Office
    nora: Visitor
    other: Visitor
    dana: Visitor

    @property
    def month(self) -> str:
        """What a form sends for the closed month."""
        return f"{self.office.clients['A1']} 2026-10"

    def send(self, path: str, who: Visitor | None = None, *, to: str = "", **typed: Any) -> TestResponse:
        """Send the form of a page."""
        client = self.pages.client(who or self.nora)
        given = {"form_token": form_token(client.get(path, buffered=True))} | typed
        return client.post(to or path, data=given, headers={"Origin": HERE}, buffered=True)

    def draw(self, **typed: Any) -> UUID:
        """Draw a sample and return its id."""
        sample = uuid4()
        given = {"sample": str(sample), "of": self.month, "size": "5", "seed": "autumn"} | typed
        assert self.send("/practice/samples", **given).status_code == 303
        return sample

    def rows(self, query: str, **values: Any) -> list[Any]:
        """Return the rows of a query as the practice sees them."""
        context = TenantContext(self.office.vendor_id, "tester", (self.office.clients["A1"],))
        with tenant_transaction(self.pages.database.practice_engine, context, secret=self.pages.database.secret) as connection:
            return list(connection.execute(text(query), values).all())

    def drawn(self, sample: UUID) -> list[str]:
        """Return the record numbers of a sample in the order they were drawn."""
        query = "SELECT p.mrn FROM practice_sample_item i JOIN patient_month p ON p.id = i.patient_month_id WHERE i.sample_id = :id ORDER BY i.ordinal"
        return [row.mrn for row in self.rows(query, id=sample)]

    def compare(self, content: bytes, name: str = "list.csv", **typed: Any) -> TestResponse:
        """Send a roster."""
        given = {"roster": str(uuid4()), "of": self.month, "file": (io.BytesIO(content), name)} | typed
        return self.send("/practice/rosters", **given)

    def results(self) -> dict[str, list[tuple[str, str]]]:
        """Return record number and remark of each row of the newest comparison by result."""
        found: dict[str, list[tuple[str, str]]] = {}
        for row in self.rows("SELECT result, mrn, remark FROM practice_roster_row ORDER BY line, mrn"):
            found.setdefault(row.result, []).append((row.mrn, row.remark))
        return found


@pytest.fixture
def practice(pages: Pages, database: TestDatabase) -> Practice:
    """A new office whose October is closed for two practices."""
    office = new_office(database, "A1", "A2")
    for code, patients in (("A1", BILLED + 1), ("A2", 1)):
        for number in range(patients):
            born = f"19{40 + number}-03-10"
            patient = office.add_patient(
                code, f"{code}-{number:02d}", family_name=f"Family{chr(65 + number)}", given_name="Given", birth_date=born
            )
            office.add_staff(f"rn-{code}-{number}")
            if number < BILLED:
                office.add_time(code, patient, f"rn-{code}-{number}", seconds=1500)
    office.close()
    send_all(office)
    nora, other = (visitor_of(office.vendor_id, clients=[office.clients[code]], name="Nora Beck") for code in ("A1", "A2"))
    return Practice(pages, office, nora, other, visitor_of(office.vendor_id))


def test_a_sample_is_those_whose_numbers_come_first_by_the_hash_of_seed_and_number(practice: Practice) -> None:
    def place(mrn: str) -> str:
        return hashlib.sha256(f"autumn|{mrn}".encode()).hexdigest()

    billed = [f"A1-{number:02d}" for number in range(BILLED)]
    assert practice.drawn(practice.draw()) == sorted(billed, key=place)[:5]


def test_the_same_seed_draws_the_same_and_another_one_does_not(practice: Practice) -> None:
    first, again, other = practice.draw(), practice.draw(), practice.draw(seed="winter", size="5")
    assert practice.drawn(first) == practice.drawn(again) != practice.drawn(other)


def test_a_seed_that_is_left_empty_is_made_up_and_kept(practice: Practice) -> None:
    sample = practice.draw(seed="")
    [row] = practice.rows("SELECT seed, size, population, drawn_name FROM practice_sample WHERE id = :id", id=sample)
    assert (len(row.seed), row.size, row.population, row.drawn_name) == (16, 5, BILLED, "Nora Beck")
    assert row.seed in words(practice.pages.get(f"/practice/samples/{sample}", practice.nora))


@pytest.mark.parametrize("size", ["0", "13", "-1", "many", "1000000000000"])
def test_more_than_were_billed_cannot_be_drawn(practice: Practice, size: str) -> None:
    answer = practice.send("/practice/samples", sample=str(uuid4()), of=practice.month, size=size, seed="")
    assert answer.status_code == 422
    assert practice.rows("SELECT 1 FROM practice_sample") == []


def test_a_draw_sent_twice_is_one_sample(practice: Practice) -> None:
    sample = str(uuid4())
    practice.draw(sample=sample)
    practice.draw(sample=sample)
    assert len(practice.rows("SELECT 1 FROM practice_sample")) == 1
    assert len(practice.rows("SELECT 1 FROM practice_sample_item")) == 5


def test_verdicts_only_grow_and_the_newest_counts(practice: Practice) -> None:
    page = f"/practice/samples/{practice.draw(size='2')}"
    [item, _] = practice.rows("SELECT id FROM practice_sample_item ORDER BY ordinal")
    to = f"/practice/samples/items/{item.id}"
    assert practice.send(page, to=to, seen="0", verdict="not_ok", reason="No call in our log.").status_code == 303
    assert "2 drawn = 0 ok + 1 not ok + 1 to judge" in words(practice.pages.get(page, practice.nora))
    assert practice.send(page, to=to, seen="1", verdict="ok", reason="").status_code == 303
    assert "2 drawn = 1 ok + 0 not ok + 1 to judge" in words(practice.pages.get(page, practice.nora))
    assert [row.verdict for row in practice.rows("SELECT verdict FROM practice_verdict ORDER BY seq")] == ["not_ok", "ok"]


def test_something_not_right_needs_a_reason_and_a_stale_verdict_is_shown_first(practice: Practice) -> None:
    page = f"/practice/samples/{practice.draw(size='1')}"
    [item] = practice.rows("SELECT id FROM practice_sample_item")
    to = f"/practice/samples/items/{item.id}"
    refused = practice.send(page, to=to, seen="0", verdict="not_ok", reason=" ")
    assert (refused.status_code, "Write what is not right." in words(refused)) == (422, True)
    practice.send(page, to=to, seen="0", verdict="ok")
    stale = practice.send(page, to=to, seen="0", verdict="not_ok", reason="I disagree.")
    assert stale.status_code == 412
    assert "I disagree." in stale.text
    assert [row.verdict for row in practice.rows("SELECT verdict FROM practice_verdict")] == ["ok"]


def test_the_files_of_a_sample_hold_seed_verdicts_and_no_formula(practice: Practice) -> None:
    sample = practice.draw(size="1", seed="=1+1")
    csv_file = practice.pages.get(f"/practice/samples/{sample}/file.csv", practice.nora)
    assert csv_file.text.startswith("drawn,mrn,patient")
    assert "'=1+1" in csv_file.text
    assert practice.pages.get(f"/practice/samples/{sample}/file.xlsx", practice.nora).data.startswith(b"PK")


@pytest.mark.parametrize("path", ["/practice", "/practice/patients", "/practice/samples", "/practice/rosters"])
def test_the_vendor_may_open_no_page_of_a_practices_space(practice: Practice, path: str) -> None:
    assert practice.pages.get(path, practice.dana).status_code == 403
    assert practice.pages.get(path, practice.nora).status_code == (302 if path == "/practice/patients" else 200)


def test_the_vendor_may_not_take_a_file_of_a_practices_space(practice: Practice) -> None:
    sample = practice.draw()
    assert practice.pages.get(f"/practice/samples/{sample}/file.csv", practice.dana).status_code == 403
    assert practice.pages.get(f"/practice/samples/{sample}", practice.other).status_code == 404


@pytest.mark.parametrize("table", PRACTICE_SPACE)
def test_the_vendor_has_no_right_to_a_practices_space_and_would_see_no_row_with_one(practice: Practice, table: str) -> None:
    fill(practice)
    with pytest.raises(ProgrammingError, match="permission denied"):
        practice.office.rows(f"SELECT * FROM {table}")
    assert len(practice.rows(f"SELECT * FROM {table}")) > 0
    assert seen_with_a_right(practice, table) == 0


@pytest.mark.parametrize("table", PRACTICE_SPACE)
def test_a_practices_space_whose_policy_is_dropped_is_seen_by_the_vendor(practice: Practice, table: str) -> None:
    fill(practice)
    assert seen_with_a_right(practice, table, f"DROP POLICY practice_space ON {table}") > 0


def fill(practice: Practice) -> None:
    """Put a row into every table of the practice's space."""
    page = f"/practice/samples/{practice.draw(size='1')}"
    [item] = practice.rows("SELECT id FROM practice_sample_item")
    practice.send(page, to=f"/practice/samples/items/{item.id}", seen="0", verdict="ok")
    assert practice.compare(b"mrn\r\nA1-00\r\n").status_code == 303


def seen_with_a_right(practice: Practice, table: str, planted: str = "SELECT 1") -> int:
    """Return how many rows the vendor sees when somebody gives it the right to read; everything is rolled back."""
    database = practice.pages.database
    with database.admin_engine.connect() as owner:
        owner.execute(text(f'GRANT SELECT ON {table} TO "{database.roles.name("vendor")}"'))
        owner.execute(text(planted))
        owner.commit()
    try:
        return int(practice.office.value(f"SELECT count(*) FROM {table}"))
    finally:
        with database.admin_engine.connect() as owner:
            owner.execute(text(f'REVOKE SELECT ON {table} FROM "{database.roles.name("vendor")}"'))
            if planted != "SELECT 1":
                owner.execute(
                    text(
                        f"CREATE POLICY practice_space ON {table} AS RESTRICTIVE FOR ALL "
                        f'TO "{database.roles.name("vendor")}" USING (false) WITH CHECK (false)'
                    )
                )
            owner.commit()


def test_the_audit_log_tells_that_patients_were_read_and_nothing_of_sample_or_roster(practice: Practice) -> None:
    sample = practice.draw()
    practice.pages.get(f"/practice/samples/{sample}", practice.nora)
    practice.compare(b"mrn\r\nA1-00\r\n")
    events = practice.office.rows("SELECT action, detail::text AS detail FROM audit_event")
    assert {"patient_months.read"} <= {event.action for event in events}
    assert not any("sample" in event.action + event.detail or "roster" in event.action + event.detail for event in events)


def test_a_roster_is_matched_by_number_by_medicare_number_and_by_name_with_birth_date(practice: Practice) -> None:
    lines = [
        "MRN,Last Name,First Name,DOB",
        "a1-00,,,",
        ",FamilyB,Given,3/10/1941",
        "A1-02,Other,Name,1941-03-10",
        "A1-77,Nobody,At all,1950-01-01",
    ]
    assert practice.compare("\r\n".join(lines).encode()).status_code == 303
    found = practice.results()
    assert [mrn for mrn, _ in found["matched"]] == ["a1-00", "", "A1-02"]
    assert "Your vendor has the birth date 1942-03-10." in found["matched"][2][1]
    assert found["missing"] == [("A1-77", "Not on your vendor's list under this number.")]
    assert len(found["extra"]) == BILLED + 1 - 3
    assert (f"A1-{BILLED:02d}", "Enrolled in this month, not billed.") in found["extra"]


def test_a_medicare_number_is_shown_whole_only_where_the_practices_own_list_says_it(practice: Practice) -> None:
    for number, mbi in (("50", "1EG4TE5MK72"), ("51", "1EG4TE5MK73"), ("52", "1EG4TE5MK74")):
        practice.office.add_patient("A2", f"A2-{number}", birth_date=f"19{number}-05-10", mbi=mbi)
    november = Month(2026, 11)
    practice.office.close("A2", month=november)
    given = {"roster": str(uuid4()), "of": f"{practice.office.clients['A2']} {november}"}
    file = io.BytesIO(b"mrn,mbi\r\nA2-50,1EG4-TE5-MK72\r\nA2-51,\r\n")
    answer = practice.send("/practice/rosters", practice.other, **given, file=(file, "list.csv"))
    assert answer.status_code == 303
    address = answer.headers["Location"]
    told = [practice.pages.get(f"{address}{path}", practice.other).text for path in ("", "/file.csv")]
    assert all("1EG4-TE5-MK72" in one for one in told)
    assert all("MK74" in one and "1EG4TE5MK74" not in one for one in told)
    assert not any("MK73" in one for one in told)
    assert "ending in MK74" in words(practice.pages.get(address, practice.other))


def test_a_second_line_about_a_patient_and_lines_without_a_way_to_find_one_are_refused(practice: Practice) -> None:
    lines = ["mrn,name,birth date", "A1-00,,", "A1-00,,", ",Somebody,", "A1-01,,yesterday"]
    assert practice.compare("\r\n".join(lines).encode()).status_code == 303
    assert [remark for _, remark in practice.results()["refused"]] == [
        "The same patient as on line 2.",
        "The line names no number, and no name with a birth date.",
        "The birth date is none; write 1941-03-10 or 3/10/1941.",
    ]


def test_another_practices_patients_are_missing_however_they_are_named(practice: Practice) -> None:
    practice.compare(b"mrn,name,dob\r\nA2-00,FamilyA Given,1940-03-10\r\n")
    assert practice.results()["matched"] == [("A2-00", "Your vendor has the record number A1-00.")]
    practice.compare(b"mrn\r\nA2-00\r\n")
    assert ("A2-00", "Not on your vendor's list under this number.") in practice.results()["missing"]


def test_a_workbook_is_read_too_and_its_result_comes_as_files(practice: Practice) -> None:
    book, stream = Workbook(), io.BytesIO()
    sheet = book.create_sheet(index=0)
    sheet.append(["Patient ID", "Note"])
    sheet.append(["A1-03", "=HYPERLINK(1)"])
    book.save(stream)
    answer = practice.compare(stream.getvalue(), "list.xlsx")
    assert answer.status_code == 303
    page = answer.headers["Location"]
    assert "1 matched" in words(practice.pages.get(page, practice.nora))
    assert practice.pages.get(f"{page}/file.csv?result=matched", practice.nora).text.count("\r\n") == 2
    assert practice.pages.get(f"{page}/file.xlsx", practice.nora).data.startswith(b"PK")


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "list.csv", "list.csv"),
        (b"mrn\r\n", "list.csv", "The file has its first line and no patient below it"),
        (b"color\r\nred\r\n", "list.csv", "The file has neither a column MRN nor MBI"),
        (b"PK\x03\x04 no workbook", "list.xlsx", ""),
        (b"mrn\r\n" + b"1\r\n" * 20_001, "list.csv", "20000"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence_and_keeps_nothing(practice: Practice, content: bytes, name: str, sentence: str) -> None:
    answer = practice.compare(content, name)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert practice.rows("SELECT 1 FROM practice_roster") == []


def test_comparisons_are_told_apart_by_their_files_and_times(practice: Practice) -> None:
    for name in ("lists/october.csv", "october, corrected.csv"):
        assert practice.compare(b"mrn\r\nA1-00\r\n", name).status_code == 303
    page = practice.pages.get("/practice/rosters", practice.nora)
    said = words(page)
    assert "October 2026 october.csv" in said
    assert "October 2026 october, corrected.csv" in said
    assert practice.rows("SELECT to_char(compared_at AT TIME ZONE 'UTC', 'HH24:MI') || ' UTC' AS at FROM practice_roster")[0].at in said


def test_a_file_larger_than_a_form_may_be_is_told_in_one_sentence(practice: Practice) -> None:
    with spool_left_to_collector():
        assert practice.compare(b"mrn\r\n" + b"x" * 1_100_000).status_code == 413


def test_the_overview_and_the_list_say_what_the_close_said(practice: Practice) -> None:
    said = words(practice.pages.get("/practice", practice.nora))
    assert f"{BILLED + 1} enrolled = {BILLED} billable + 0 held + 1 not billable" in said
    listed = practice.pages.get("/months/2026-10/patients?outcome=not_billable", practice.nora)
    assert "1 patient not billable" in words(listed)
    files = practice.pages.get("/months/2026-10/patients/list.csv?q=A1-0", practice.nora)
    assert files.text.count("\r\n") == 1 + BILLED + 1


def test_a_closed_month_whose_invoice_was_not_sent_says_so(pages: Pages, database: TestDatabase) -> None:
    office = office_with_closed_month(database, "A1")
    nora = visitor_of(office.vendor_id, clients=[office.clients["A1"]])
    said = words(pages.get("/practice", nora))
    assert "To be invoiced for October 2026 $54.00 your vendor has not sent the invoice yet" in said
    assert "not sent yet" in said
    send_all(office)
    assert "Invoiced for October 2026 $54.00 INV-" in words(pages.get("/practice", nora))


def test_no_page_of_a_practice_calls_invoiced_what_was_not_sent(pages: Pages, database: TestDatabase) -> None:
    office = office_with_closed_month(database, "A1")
    nora = visitor_of(office.vendor_id, clients=[office.clients["A1"]])
    for path in ("/overview", "/months/2026-10", "/practice"):
        said = words(pages.get(path, nora))
        assert "To be invoiced" in said, path
        assert "Invoiced" not in said, path
    send_all(office)
    for path in ("/overview", "/months/2026-10", "/practice"):
        assert "Invoiced" in words(pages.get(path, nora)), path


def test_the_switch_names_the_one_practice_of_a_membership_and_its_vendor(pages: Pages, database: TestDatabase) -> None:
    office = office_with_closed_month(database, "A1", "A2")
    one, two = (visitor_of(office.vendor_id, clients=[office.clients[code] for code in codes]) for codes in (("A1",), ("A1", "A2")))
    auditor = visitor_of(office.vendor_id, clients=[office.clients["A2"]], permissions=frozenset(map(str, MATRIX[Role.AUDITOR])))
    assert "Practice A1 Meridian Care Partners Switch" in words(pages.get("/overview", one))
    assert "Practice A2 Meridian Care Partners Switch" in words(pages.get("/overview", auditor))
    assert "Meridian Care Partners Provider clients Switch" in words(pages.get("/overview", two))


def test_each_page_of_a_practices_menu_is_headed_as_the_menu_calls_it(practice: Practice) -> None:
    held = frozenset(map(str, MATRIX[Role.PRACTICE_ADMINISTRATOR]))
    nora = visitor_of(practice.office.vendor_id, clients=[practice.office.clients["A1"]], permissions=held)
    client = practice.pages.client(nora)
    [rail] = re.findall(r'<nav aria-label="Main">(.*?)</nav>', client.get("/overview").text, re.DOTALL)
    lines = re.findall(r'<a href="([^"]+)"[^>]*><svg.*?</svg>([^<]+)', rail)
    assert len(lines) >= 8
    for address, label in lines:
        # a month is headed by its name
        if label != "Months":
            page = client.get(address, follow_redirects=True).text
            assert re.search(rf"<title>{label}[ :]", page), (label, address)
            assert re.search(rf"<h1>{label}[<: ]", page), (label, address)
