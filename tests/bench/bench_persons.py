"""How many second records of one person are found, how many are found wrongly, and how long it takes, on generated patients with known truth.

Run `python -m tests.bench.bench_persons [PATIENTS]`. The patients come in through the real import. Two kinds of answer are judged, pair of
records by pair of records: what identifiers decide by themselves ("exact": both records are held from then on), and what is put before a
person ("near": contradicting identifiers and slips). `found` is the share of the true pairs, `wrong` the share of what was said.
"""

import json
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import combinations
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from caretally.app.bench.bench_database import BenchDatabase, bench_database
from caretally.app.import_kinds import IMPORT_KINDS
from caretally.app.installation import Installation
from caretally.db.engines import operator_engine
from caretally.imports.importing import import_file
from caretally.imports.kinds import ImportKind
from caretally.imports.parsing import parse_file
from caretally.patients.import_patients import PATIENTS
from caretally.persons.match import match_new_records
from caretally.persons.near import LEAST_PERCENT
from caretally.tenancy.transaction import tenant_transaction
from caretally.vendors.create import create_vendor
from tests.builders.people import CLIENTS, Patient, vendor_of_people

Pair = frozenset[str]
SAID = text(
    "SELECT a.mrn, b.mrn, m.status, m.score FROM person_match m JOIN patient a ON a.client_id = m.first_client_id AND a.id = m.first_patient_id "
    "JOIN patient b ON b.client_id = m.second_client_id AND b.id = m.second_patient_id"
)
ONE_PERSON = text("SELECT array_agg(mrn) FROM patient WHERE person_key IS NOT NULL GROUP BY person_key")


def clients_file() -> str:
    """Return the file of the clients."""
    return "code,name,timezone\n" + "".join(f"C{number:02d},Clinic {number},America/New_York\n" for number in range(CLIENTS))


def patients_file(patients: Iterable[Patient]) -> str:
    """Return the file of the patients."""
    rows = "".join(f'{p.client},{p.mrn},"{p.family}","{p.given}",{p.born},{p.mbi}\n' for p in patients)
    return f"client,mrn,family_name,given_name,birth_date,mbi\n{rows}"


def imports(database: BenchDatabase, pool: Engine, vendor: UUID, kind: ImportKind, body: str) -> None:
    """Import one file as the command does."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / f"{kind.name}.csv"
        path.write_text(body, encoding="utf-8")
        file = parse_file(path, scratch=Path(scratch))
        with tenant_transaction(pool, database.context(vendor), secret=database.secret) as connection:
            result = import_file(connection, kind, file)
    assert result.refused == 0, [p for p in result.problems if p.severity == "refused"][:3]


def judged(patients: list[Patient], one_person: Iterable[list[str]], said: Iterable[tuple[str, str, str, int]]) -> dict[str, Any]:
    """Return found and wrong for both kinds of answer, and for each way of writing what became of its second records."""
    person = {p.mrn: p.person for p in patients}
    written = {p.mrn: p.written for p in patients if p.written}
    by_person: defaultdict[int, list[str]] = defaultdict(list)
    for patient in patients:
        by_person[patient.person].append(patient.mrn)
    true = {frozenset(pair) for mrns in by_person.values() for pair in combinations(mrns, 2)}
    exact = {frozenset(pair) for mrns in one_person for pair in combinations(mrns, 2)}
    scores = {frozenset((one, other)): score for one, other, status, score in said if status == "proposed"}
    near = scores.keys() - exact
    ways: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for pair in true:
        way = next(written[mrn] for mrn in pair if mrn in written)
        ways[way]["exact" if pair in exact else "near" if pair in near else "missed"] += 1
    bands: defaultdict[int, Counter[bool]] = defaultdict(Counter)
    for pair in near:
        bands[min(scores[pair], 99) // 20 * 20][pair in true] += 1
    return {
        "records": len(person),
        "true_pairs": len(true),
        "exact": {"pairs": len(exact), "found": share(len(exact & true), len(true)), "wrong": share(len(exact - true), len(exact))},
        "near": {"pairs": len(near), "found": share(len(near & true), len(true - exact)), "wrong": share(len(near - true), len(near))},
        "both": {"found": share(len((near | exact) & true), len(true))},
        "by_likelihood": {
            f"{max(band, LEAST_PERCENT)} to {band + 20} %": {"pairs": sum(c.values()), "true": share(c[True], sum(c.values()))}
            for band, c in sorted(bands.items())
        },
        "by_way": {way: dict(sorted(counts.items())) for way, counts in sorted(ways.items())},
    }


def share(part: int, whole: int) -> float:
    """Return a share in per cent with two places."""
    return round(100 * part / whole, 2) if whole else 0.0


def seconds(act: Callable[[], object]) -> float:
    """Return how long an act takes."""
    began = time.perf_counter()
    act()
    return round(time.perf_counter() - began, 2)


def bench(number: int, *, seed: int = 11) -> dict[str, Any]:
    """Return the figures for a vendor of this many patients."""
    patients = vendor_of_people(number, seed=seed)
    few, hundred = patients[:10], patients[10:1010]
    most = patients[1010:]
    with bench_database(Installation().url) as database:
        operators, pool = operator_engine(database.url, roles=database.roles, secret=database.secret), database.vendor_pool()
        vendor = create_vendor(
            operators, secret=database.secret, name="Bench", slug="bench", timezone="America/New_York", actor="bench"
        ).vendor_id

        def match() -> None:
            with tenant_transaction(pool, database.context(vendor), secret=database.secret) as connection:
                match_new_records(connection)

        imports(database, pool, vendor, IMPORT_KINDS["clients"], clients_file())
        timed = {"import_alone": seconds(lambda: imports(database, pool, vendor, PATIENTS, patients_file(most)))}
        timed["match_all"] = seconds(match)
        imports(database, pool, vendor, PATIENTS, patients_file(hundred))
        timed["match_1000_more"] = seconds(match)
        imports(database, pool, vendor, PATIENTS, patients_file(few))
        timed["match_10_more"] = seconds(match)
        timed["match_nothing_new"] = seconds(match)
        with tenant_transaction(pool, database.context(vendor), secret=database.secret) as connection:
            one_person = connection.scalars(ONE_PERSON).all()
            said = [(row[0], row[1], row[2], row[3]) for row in connection.execute(SAID)]
        for engine in (operators, pool):
            engine.dispose()
    return judged(patients, one_person, said) | {"seconds": timed}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(bench(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000), indent=1) + "\n")
