"""A whole import is taken back, unless somebody has built on it."""

from pathlib import Path
from uuid import uuid4

import pytest

from caretally.errors import CareTallyError, Conflict
from tests.builders.databases import TestDatabase
from tests.builders.import_files import DOCTOR, Desk, new_desk

TIME = "external_id,client,mrn,staff,started_at,duration,program,description,source"
PATIENTS = "client,mrn,family_name,given_name,birth_date"


@pytest.fixture
def desk(database: TestDatabase, tmp_path: Path) -> Desk:
    return new_desk(database, tmp_path)


def test_undo_restores_every_previous_value(desk: Desk) -> None:
    before = desk.rows("patient", "to_jsonb(patient)::text")
    changed = desk.imports("patients", f"{PATIENTS},state\nLFM,1,Abara-Cole,Alma,1941-03-03,TX\nLFM,9,Osei,Ama,1940-02-01,NY\n")
    assert desk.rows("patient", "to_jsonb(patient)::text") != before
    undone = desk.undoes(changed.batch_id)
    assert (undone.removed, undone.restored) == (1, 1)
    assert desk.rows("patient", "to_jsonb(patient)::text") == before


def test_a_batch_is_undone_once(desk: Desk) -> None:
    batch = desk.imports("patients", f"{PATIENTS}\nLFM,9,Osei,Ama,1940-02-01\n").batch_id
    desk.undoes(batch)
    with pytest.raises(Conflict, match="was undone already"):
        desk.undoes(batch)


def test_a_batch_that_is_not_there_cannot_be_undone(desk: Desk) -> None:
    with pytest.raises(CareTallyError, match="This vendor has no import"):
        desk.undoes(uuid4())


def test_undo_is_refused_when_a_later_import_changed_the_rows(desk: Desk) -> None:
    first = desk.imports("patients", f"{PATIENTS}\nLFM,9,Osei,Ama,1940-02-01\n")
    desk.imports("patients", f"{PATIENTS}\nLFM,9,Osei,Ama,1940-02-02\n")
    with pytest.raises(Conflict, match="A later import changed 1 rows of this one"):
        desk.undoes(first.batch_id)


def test_undo_is_refused_when_a_later_import_refers_to_the_rows(desk: Desk) -> None:
    first = desk.imports("patients", f"{PATIENTS}\nLFM,9,Osei,Ama,1940-02-01\n")
    desk.imports("conditions", "client,mrn,icd10\nLFM,9,I10\n")
    with pytest.raises(Conflict, match="are used by condition rows"):
        desk.undoes(first.batch_id)
    assert desk.office.value("SELECT count(*) FROM patient WHERE mrn = '9'") == 1


def test_undo_is_refused_when_a_month_was_closed_since(desk: Desk) -> None:
    desk.imports("agreements", "client,valid_from,basis,price\nLFM,2026-01-01,per_patient_month,38\nHIL,2026-01-01,per_patient_month,38\n")
    time = desk.imports("time", f"{TIME}\ne1,LFM,1,rn,2026-10-05T09:00,20,CCM,call,dialer\n")
    assert [result.status for result in desk.office.close("LFM")] == ["closed"]
    with pytest.raises(Conflict, match="2026-10 was closed for client LFM after this import"):
        desk.undoes(time.batch_id)


def test_what_another_client_closed_does_not_keep_an_import(desk: Desk) -> None:
    desk.imports("agreements", "client,valid_from,basis,price\nLFM,2026-01-01,per_patient_month,38\nHIL,2026-01-01,per_patient_month,38\n")
    time = desk.imports("time", f"{TIME}\ne1,LFM,1,rn,2026-10-05T09:00,20,CCM,call,dialer\n")
    desk.office.close("HIL")
    assert desk.undoes(time.batch_id).removed == 1


def test_an_import_can_be_taken_back_and_imported_again(desk: Desk) -> None:
    body = f"client,mrn,program,npi,method,obtained_on\nLFM,1,CCM,{DOCTOR},verbal,2026-01-05\n"
    desk.undoes(desk.imports("consents", body).batch_id)
    assert desk.imports("consents", body).new == 1


def test_undo_is_in_the_audit_log(desk: Desk) -> None:
    batch = desk.imports("patients", f"{PATIENTS}\nLFM,9,Osei,Ama,1940-02-01\n").batch_id
    desk.undoes(batch)
    action, detail = desk.office.rows("SELECT action, detail FROM audit_event ORDER BY seq DESC LIMIT 1")[0]
    assert (action, detail) == ("import.undone", {"batch": str(batch), "kind": "patients", "removed": 1, "restored": 0})
