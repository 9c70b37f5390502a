"""On generated patients with known truth: how many second records are found, and how many are found wrongly."""

from pathlib import Path

from caretally.persons.match import match_new_records
from tests.bench.bench_persons import ONE_PERSON, SAID, clients_file, judged, patients_file
from tests.builders.databases import TestDatabase
from tests.builders.import_files import new_desk
from tests.builders.people import vendor_of_people


def test_nine_of_ten_second_records_are_found_and_no_stranger_is_held(database: TestDatabase, tmp_path: Path) -> None:
    desk = new_desk(database, tmp_path, roster=False)
    desk.imports("clients", clients_file())
    patients = vendor_of_people(4_000, seed=3, second_records=0.1)
    for part in (patients[:3_000], patients[3_000:]):
        result = desk.imports("patients", patients_file(part))
        assert result.refused == 0
    with desk.office.transaction() as connection:
        one_person = connection.scalars(ONE_PERSON).all()
        said = [(row[0], row[1], row[2], row[3]) for row in connection.execute(SAID)]
        assert match_new_records(connection).linked == ()
    found = judged(patients, one_person, said)
    print(found)
    assert found["exact"]["wrong"] == 0
    assert found["exact"]["found"] > 75
    assert found["near"]["wrong"] < 20
    assert found["both"]["found"] > 95
