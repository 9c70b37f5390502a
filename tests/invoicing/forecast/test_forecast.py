"""Where patients stand on a day of an open month: seconds so far, what is missing, what holds them, and what is at stake."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from caretally.forecast.forecast import ClientForecast, NoAgreement, PatientForecast, forecast
from caretally.forecast.seen_on import NothingToForecast, NotInTheMonth
from caretally.months import Month
from caretally.tenancy.registry import TABLES
from tests.builders.databases import TestDatabase
from tests.builders.office import OCTOBER, Office, new_office

AUGUST, SEPTEMBER = Month(2026, 8), Month(2026, 9)
AS_OF = date(2026, 10, 16)
NOW = datetime(2026, 10, 20, 15, tzinfo=UTC)


@pytest.fixture
def office(database: TestDatabase) -> Office:
    """A vendor with one client, paid per code."""
    return new_office(database, "LFM")


def at(day: int, month: int = 10, hour: int = 14) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def forecast_of(
    office: Office, *, code: str = "LFM", month: Month = OCTOBER, as_of: date | None = AS_OF, now: datetime = NOW
) -> ClientForecast:
    with office.transaction() as connection:
        return forecast(connection, office.client(code), month, now=now, as_of=as_of)


def told(office: Office, mrn: str = "1", **asked: Any) -> PatientForecast:
    (patient,) = (one for one in forecast_of(office, **asked).patients if one.mrn == mrn)
    return patient


def worked(office: Office, mrn: str, *seconds_by_day: tuple[int, int], month: int = 10, client: str = "LFM", staff: str = "rn") -> None:
    """Add time for a patient: pairs of a day and seconds."""
    patient = office.value("SELECT id FROM patient WHERE mrn = :mrn AND client_id = :client", mrn=mrn, client=office.clients[client])
    for day, seconds in seconds_by_day:
        hour = 8 + office.value("SELECT count(*) FROM time_entry") % 8
        office.add_time(client, patient, staff, starts=at(day, month, 12).replace(hour=hour + 5), seconds=seconds)


def closed_month(office: Office, month: Month, minutes: dict[str, Sequence[tuple[int, int]]]) -> None:
    for mrn, days in minutes.items():
        worked(office, mrn, *days, month=month.month)
    (result,) = office.close("LFM", month=month, acknowledge_jump=True)
    assert result.status == "closed", result


def change(office: Office, statement: str, **values: Any) -> None:
    with office.transaction() as connection:
        connection.execute(text(statement), values)


def test_time_after_the_day_is_not_read(office: Office) -> None:
    office.add_patient("LFM", "1")
    worked(office, "1", (5, 600), (19, 900))
    patient = told(office)
    assert (patient.standing, patient.counted_seconds, patient.missing_seconds, patient.missing_code) == ("short", 600, 600, "99490")
    assert told(office, as_of=date(2026, 10, 19)).counted_seconds == 1500


def test_an_entry_at_work_at_the_midnight_of_the_day_is_read_up_to_it(office: Office) -> None:
    patient = office.add_patient("LFM", "1")
    office.add_time("LFM", patient, "rn", starts=datetime(2026, 10, 17, 3, 50, tzinfo=UTC), seconds=1200)
    assert told(office).counted_seconds == 600
    assert told(office, as_of=date(2026, 10, 17)).counted_seconds == 1200


def test_the_day_is_today_where_the_client_is(office: Office) -> None:
    office.add_patient("LFM", "1")
    assert forecast_of(office, as_of=None, now=datetime(2026, 10, 17, 2, tzinfo=UTC)).as_of == date(2026, 10, 16)


def test_working_days_left_are_weekdays_less_federal_holidays(office: Office) -> None:
    made = forecast_of(office, as_of=date(2026, 10, 9))
    assert (made.working_days, made.working_days_left) == (21, 14)


def test_days_after_a_death_are_no_days_left_and_the_forecast_has_ended(office: Office) -> None:
    office.add_patient("LFM", "1", died_on="2026-10-10")
    office.add_patient("LFM", "2", died_on="2026-10-20")
    assert (told(office, "1").standing, list(told(office, "1").gates), told(office, "1").days_left) == ("ended", ["AFTER_DEATH"], 0)
    assert (told(office, "2").standing, told(office, "2").days_left) == ("short", 2)


@pytest.mark.parametrize(
    ("statement", "standing", "gate"),
    [
        ("DELETE FROM consent", "held", "NO_CONSENT"),
        ("DELETE FROM care_plan", "held", "NO_CARE_PLAN"),
        ("UPDATE consent SET revoked_on = '2026-09-10'", "not_billable", "CONSENT_REVOKED"),
    ],
)
def test_what_holds_whatever_the_minutes_is_told_in_place_of_a_chance(office: Office, statement: str, standing: str, gate: str) -> None:
    office.add_patient("LFM", "1")
    closed_month(office, SEPTEMBER, {"1": [(8, 1500)]})
    worked(office, "1", (5, 600))
    change(office, statement)
    patient = told(office)
    assert (patient.standing, list(patient.gates), patient.chance, patient.call_adds) == (standing, [gate], None, None)


def test_an_attestation_is_asked_of_who_has_reached_a_code_and_not_before(office: Office) -> None:
    office.add_client("JCC", attestation_required=True)
    for mrn in ("1", "2"):
        office.add_patient("JCC", mrn)
    worked(office, "2", (5, 1300), client="JCC")
    assert told(office, "1", code="JCC").standing == "short"
    assert (told(office, "2", code="JCC").standing, list(told(office, "2", code="JCC").gates)) == ("held", ["ATTESTATION_MISSING"])
    assert told(office, "2", code="JCC").at_stake_cents == 3800


def test_time_that_waits_to_be_put_right_is_no_gate(office: Office) -> None:
    patient = office.add_patient("LFM", "1")
    office.add_time("LFM", patient, "rn", source="manual", seconds=1300)
    found = told(office)
    assert (found.standing, list(found.gates), found.pending_seconds, found.missing_seconds) == ("short", [], 1300, 1200)


def test_a_month_that_reached_the_threshold_looks_to_the_next_one(office: Office) -> None:
    office.add_patient("LFM", "1")
    worked(office, "1", (5, 1500))
    patient = told(office)
    assert (patient.standing, patient.missing_seconds, patient.missing_code, patient.at_stake_cents) == ("reached", 900, "99439", 1600)


def test_a_cap_that_is_reached_leaves_nothing_to_reach(office: Office) -> None:
    office.add_patient("LFM", "1")
    worked(office, "1", (5, 3600))
    patient = told(office)
    assert (patient.standing, patient.missing_seconds, patient.at_stake_cents) == ("reached", None, 0)


def test_at_stake_is_the_list_price_of_the_next_code(office: Office) -> None:
    office.add_patient("LFM", "1")
    assert told(office).at_stake_cents == 3800


def test_a_better_base_is_worth_what_it_pays_beyond_the_claim_it_takes_the_place_of(office: Office) -> None:
    patient = office.add_patient("LFM", "1")
    values = {"vendor": office.vendor_id, "client": office.clients["LFM"], "patient": patient}
    change(
        office,
        "INSERT INTO mdm (vendor_id, client_id, patient_id, month, level, npi, documented_on) "
        "VALUES (:vendor, :client, :patient, '2026-10-01', 'high', '9000000000', '2026-10-02')",
        **values,
    )
    worked(office, "1", (5, 3000), (6, 300))
    found = told(office)
    assert (found.missing_seconds, found.missing_code, found.at_stake_cents) == (300, "99487", 9000 - 3800 - 1600)


def test_a_patient_month_with_a_price_of_its_own_is_paid_once(office: Office) -> None:
    office.add_client("RIM", basis="per_patient_month", prices={"": 4200})
    for mrn in ("1", "2"):
        office.add_patient("RIM", mrn)
    worked(office, "2", (5, 1500), client="RIM")
    assert (told(office, "1", code="RIM").at_stake_cents, told(office, "2", code="RIM").at_stake_cents) == (4200, 0)


def test_a_code_without_a_price_has_nothing_known_at_stake(office: Office) -> None:
    office.add_client("RIM", prices={"99439": 1600})
    office.add_patient("RIM", "1")
    assert told(office, code="RIM").at_stake_cents is None


def test_a_share_of_what_medicare_pays_is_at_stake_under_a_percentage(office: Office) -> None:
    office.add_client("RIM", basis="percentage", prices={})
    change(
        office,
        "INSERT INTO agreement_price (vendor_id, client_id, agreement_id, percent) "
        "SELECT vendor_id, client_id, id, 50 FROM agreement WHERE client_id = :client",
        client=office.clients["RIM"],
    )
    office.add_patient("RIM", "1")
    rate = office.value(
        "SELECT amount FROM medicare_rate('2026-10-01', '2026-10-31', false, '') WHERE code = '99490' AND NOT qualifying_apm ORDER BY valid_to DESC LIMIT 1"
    )
    assert told(office, code="RIM").at_stake_cents == int(
        (rate.quantize(Decimal("0.01")) * 50).quantize(Decimal(1), rounding="ROUND_HALF_UP")
    )


def in_program(office: Office, patient: Any, program: str) -> None:
    values = {"program": program, "patient": patient}
    change(
        office,
        "INSERT INTO enrolment (vendor_id, client_id, patient_id, program, status, valid_from) "
        "SELECT vendor_id, client_id, id, :program, 'enrolled', '2026-01-05' FROM patient WHERE id = :patient",
        **values,
    )
    for table, columns in {
        "assignment": "provider_id, valid_from",
        "consent": "provider_id, method, obtained_on, scope, cost_sharing, one_practitioner, stop",
    }.items():
        copied = (
            f"SELECT vendor_id, client_id, patient_id, :program, {columns} FROM {table} WHERE patient_id = :patient AND program = 'CCM'"
        )
        change(office, f"INSERT INTO {table} (vendor_id, client_id, patient_id, program, {columns}) {copied}", **values)


def test_of_several_programs_the_one_with_the_least_to_go_is_told(office: Office) -> None:
    patient = office.add_patient("LFM", "1")
    in_program(office, patient, "BHI")
    worked(office, "1", (5, 200))
    office.add_time("LFM", patient, "rn", starts=at(6), seconds=1000, program="BHI")
    found = told(office)
    assert (found.program, found.counted_seconds, found.missing_seconds, found.missing_code) == ("BHI", 1200, 200, "99484")
    assert (found.standing, found.at_stake_cents) == ("short", None)


def test_a_program_that_is_held_does_not_hide_one_that_can_be_reached(office: Office) -> None:
    patient = office.add_patient("LFM", "1")
    in_program(office, patient, "BHI")
    change(office, "DELETE FROM consent WHERE program = 'BHI'")
    office.add_time("LFM", patient, "rn", starts=at(6), seconds=1000, program="BHI")
    found = told(office)
    assert (found.program, found.standing, found.missing_seconds, found.missing_code) == ("CCM", "short", 1200, "99490")


def test_without_a_closed_month_there_is_no_chance_to_tell(office: Office) -> None:
    office.add_patient("LFM", "1")
    patient = told(office)
    assert (patient.chance, patient.chance_of_anybody, patient.call_adds, forecast_of(office).months) == (None, None, None, ())


def with_history(office: Office) -> None:
    """Close two months in which patients 1 and 2 stood alike in mid-month, and 1 went on while 2 did not; 3 has none."""
    for mrn in ("1", "2"):
        office.add_patient("LFM", mrn)
    for month in (AUGUST, SEPTEMBER):
        closed_month(office, month, {"1": [(5, 600), (28, 700)], "2": [(5, 620), (28, 60)]})
    office.add_patient("LFM", "3")
    for mrn in ("1", "2", "3"):
        worked(office, mrn, (5, 610))


def test_the_chance_is_that_of_months_that_stood_alike_weighed_with_the_patients_own(office: Office) -> None:
    with_history(office)
    one, two, three = forecast_of(office).patients
    # everyone = alike: 2 of 4 added the 590 seconds; base: 2 of 4 came to 1,200; see docs/forecast.md
    assert {patient.chance_of_anybody for patient in (one, two, three)} == {Decimal("0.5000")}
    assert (one.chance, two.chance, three.chance) == (Decimal("0.6667"), Decimal("0.3333"), Decimal("0.5000"))
    assert [(patient.own_months, patient.own_reached) for patient in (one, two, three)] == [(2, 2), (2, 0), (0, 0)]
    assert [str(month) for month in forecast_of(office).months] == ["2026-08", "2026-09"]


def test_with_no_working_day_left_there_is_no_chance(office: Office) -> None:
    with_history(office)
    assert told(office, as_of=date(2026, 10, 30), now=at(31)).chance == 0


def test_months_that_closed_later_than_the_one_asked_for_are_not_looked_at(office: Office) -> None:
    with_history(office)
    assert forecast_of(office, month=AUGUST, as_of=date(2026, 8, 16)).months == ()


def test_whoever_logged_most_of_a_patients_time_cares_for_them(office: Office) -> None:
    office.add_staff("lpn", credential="LPN")
    with_history(office)
    worked(office, "1", (6, 60), staff="lpn")
    worked(office, "3", (6, 700), staff="lpn")
    assert [patient.staff for patient in forecast_of(office).patients] == ["rn", "rn", "lpn"]


def test_neither_another_client_nor_another_vendor_moves_a_chance(office: Office, database: TestDatabase) -> None:
    with_history(office)
    before = forecast_of(office)
    other = new_office(database, "LFM")
    for one, code in ((office, "B"), (other, "LFM")):
        if code == "B":
            one.add_client("B")
        for mrn in ("1", "2"):
            one.add_patient(code, mrn)
            for month in (AUGUST, SEPTEMBER):
                worked(one, mrn, (5, 610), (28, 2000), month=month.month, client=code)
        for month in (AUGUST, SEPTEMBER):
            assert one.close(code, month=month)[0].status == "closed"
    assert forecast_of(office) == before


def everything(office: Office) -> list[Any]:
    """Return every table of the schema with the number and a digest of its rows, as the vendor sees them."""
    with office.transaction() as connection:
        readable = [name for name in TABLES if connection.scalar(text("SELECT has_table_privilege(:name, 'SELECT')"), {"name": name})]
        digest = "SELECT count(*), md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')) FROM {} t"
        return [(name, *connection.execute(text(digest.format(name))).one()) for name in readable]


def test_asking_leaves_every_table_as_it_was_and_the_transaction_too(office: Office) -> None:
    with_history(office)
    before = everything(office)
    with office.transaction() as connection:
        made = forecast(connection, office.client("LFM"), OCTOBER, now=NOW, as_of=date(2026, 10, 2))
        assert connection.scalar(text("SELECT count(*) FROM time_entry WHERE started_at > '2026-10-04'")) == 3
    assert made.patients[0].counted_seconds == 0
    assert len(before) > 60 and everything(office) == before


@pytest.mark.parametrize(
    ("as_of", "now", "error", "says"),
    [
        (None, at(30, 9), NothingToForecast, "2026-10 has not begun at LFM, where it is 2026-09-30"),
        (None, at(2, 11), NothingToForecast, "2026-10 is over at LFM"),
        (date(2026, 11, 3), at(5, 11), NotInTheMonth, "2026-11-03 is not a day of 2026-10"),
        (date(2026, 10, 21), NOW, NotInTheMonth, "2026-10-21 has not come yet at LFM, where it is 2026-10-20"),
    ],
)
def test_a_day_on_which_nothing_can_be_forecast_is_answered_in_one_sentence(
    office: Office, as_of: date | None, now: datetime, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        forecast_of(office, as_of=as_of, now=now)


def test_a_closed_month_is_answered_in_one_sentence_unless_a_day_of_it_is_asked_for(office: Office) -> None:
    office.add_patient("LFM", "1")
    closed_month(office, OCTOBER, {"1": [(5, 600), (19, 900)]})
    with pytest.raises(NothingToForecast, match="2026-10 is closed at LFM"):
        forecast_of(office, as_of=None)
    seen = forecast_of(office)
    assert (seen.state, seen.patients[0].counted_seconds) == ("closed", 600)


def test_a_client_without_an_agreement_says_so(office: Office) -> None:
    change(office, "DELETE FROM agreement_price")
    change(office, "DELETE FROM agreement")
    with pytest.raises(NoAgreement, match="LFM has no agreement for 2026-10"):
        forecast_of(office)
