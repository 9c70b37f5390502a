"""Finds who is one person in several records of the current vendor, keeps what was found, and gives their records one key."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from caretally.persons.clusters import Clusters, Pair
from caretally.persons.exact import Finding, Identifiers, exact_findings
from caretally.persons.likeness import Commonness, Described, likeness
from caretally.persons.near import NearPair, near_pairs
from caretally.persons.records import refresh_records
from caretally.persons.statements import statement
from caretally.tenancy.read_rows import driver_for_others

TOUCH_ALL = text("INSERT INTO person_touched SELECT patient_id FROM person_record EXCEPT SELECT patient_id FROM person_touched")
GROUP = text(
    "SELECT r.client_id, r.patient_id, r.birth_date, r.name_key, r.mbi_key, r.family, r.given, r.generation, r.mbi "
    "FROM person_group JOIN person_record r USING (patient_id) ORDER BY r.patient_id"
)
DECIDED = text("SELECT first_patient_id, second_patient_id, status FROM person_match WHERE decided_by IS NOT NULL")
COUNT = text("SELECT count(*) FROM person_record")
FRESH_NAMES = text(
    "SELECT array_agg(DISTINCT name) FROM person_stale JOIN person_record r USING (client_id, patient_id) CROSS JOIN unnest(ARRAY[r.family, r.given]) AS name"
)
CREATE_FOUND = text(
    "CREATE TEMP TABLE person_found (first_patient_id uuid, second_patient_id uuid, found_by text, score smallint, reasons text[], status text) ON COMMIT DROP"
)
COPY_FOUND = "COPY person_found FROM STDIN"
DROP_PAIRS = text("DELETE FROM person_match WHERE id = ANY(CAST(:ids AS uuid[]))")
FoundRow = tuple[UUID, UUID, str, int, list[str], str]


@dataclass(frozen=True)
class Matched:
    """What a match changed: the patients that are now known to have a second record, and how many pairs were put before a person."""

    linked: tuple[UUID, ...] = ()
    proposed: int = 0


def match_new_records(connection: Connection, *, again: Collection[UUID] = ()) -> Matched:
    """Match the patients whose identifiers are new or changed, and those named in `again`, with all others of the vendor.

    Works in the caller's transaction, which carries the vendor's context and in which no other match of the vendor runs beside (an
    import's turn); the clients of patients whose key changes are shared with a close.
    """
    refresh_records(connection, again=again)
    return _match(connection)


def match_all_records(connection: Connection) -> Matched:
    """Match as `match_new_records`, and look again at all that hangs together: after patients were removed or put back as they were."""
    refresh_records(connection)
    connection.execute(TOUCH_ALL)
    return _match(connection)


def _match(connection: Connection) -> Matched:
    group = _grown_group(connection)
    clusters = decided_clusters(connection)
    findings = exact_findings((Identifiers(r.patient_id, r.birth_date, r.name_key, r.mbi_key) for r in group), clusters)
    linked = _label(connection, group, clusters)
    connection.execute(CREATE_FOUND)
    _add_found(connection, _weighed_conflicts(connection, findings, group))
    answered = _answered_persons(connection)
    asked = {_persons(finding.pair, clusters) for finding in findings}
    near = [found for found in _near(connection) if found.persons not in answered and _persons(found.pair, clusters) not in asked]
    _add_found(connection, ((*n.pair, "near", n.likeness.percent, [*n.likeness.reasons], "proposed") for n in near))
    connection.execute(statement("drop_unsupported"), {"looked_at": [r.patient_id for r in group]})
    written = connection.execute(statement("keep_matches")).scalars().all()
    return Matched(linked, sum(status == "proposed" for status in written))


def _persons(pair: Pair, clusters: Clusters) -> frozenset[UUID]:
    """Return the two persons of a pair, each by its oldest record."""
    return frozenset(clusters.oldest(record) for record in pair)


def _grown_group(connection: Connection) -> Sequence[Row[Any]]:
    """Return every record that hangs together with a touched one, over as many steps as it takes."""
    connection.exec_driver_sql(statement("group_begin").text)
    round_ = 0
    while connection.execute(statement("group_grow"), {"round": round_}).rowcount:
        round_ += 1
    return connection.execute(GROUP).all()


def decided_clusters(connection: Connection) -> Clusters:
    """Return who is one person and who is not by people's decisions alone."""
    decided = connection.execute(DECIDED).all()
    clusters = Clusters((one, other) for one, other, status in decided if status == "different")
    for one, other, status in decided:
        if status == "same":
            clusters.join(one, other)
    return clusters


def _label(connection: Connection, group: Sequence[Row[Any]], clusters: Clusters) -> tuple[UUID, ...]:
    """Give the records of a person one key and who is alone none; return those that got one."""
    oldest = [clusters.oldest(r.patient_id) if len(clusters.of(r.patient_id)) > 1 else None for r in group]
    if not group:
        return ()
    changed = connection.execute(
        statement("label"),
        {
            "clients": [r.client_id for r in group],
            "patients": [r.patient_id for r in group],
            "oldest": oldest,
            "named": sorted({o for o in oldest if o is not None}),
        },
    )
    return tuple(patient_id for patient_id, key in changed if key is not None)


def _weighed_conflicts(connection: Connection, findings: Iterable[Finding], group: Sequence[Row[Any]]) -> list[FoundRow]:
    """Return what identifiers say, certain where they are the same, as likely as it looks where they contradict each other."""
    described = {r.patient_id: Described(r.family, r.given, r.generation, r.birth_date, r.mbi) for r in group}
    contradicting = [f for f in findings if f.status == "proposed"]
    asked = {name for f in contradicting for patient in f.pair for name in (described[patient].family, described[patient].given)}
    commonness = commonness_of(connection, sorted(asked)) if contradicting else None
    rows: list[FoundRow] = []
    for finding in findings:
        if finding.status == "same" or commonness is None:
            rows.append((*finding.pair, finding.found_by, 100, [], finding.status))
        else:
            alike = likeness(described[finding.pair[0]], described[finding.pair[1]], commonness)
            rows.append((*finding.pair, finding.found_by, alike.percent, [*alike.reasons], finding.status))
    return rows


def _near(connection: Connection) -> list[NearPair]:
    names = connection.execute(FRESH_NAMES).scalar_one()
    return near_pairs(connection, commonness_of(connection, names)) if names else []


def commonness_of(connection: Connection, names: Collection[str]) -> Commonness:
    """Return how common names are among the vendor's records."""
    records: int = connection.execute(COUNT).scalar_one()
    return Commonness(records, {row.name: row.bearers for row in connection.execute(statement("commonness"), {"names": list(names)})})


def _answered_persons(connection: Connection) -> set[frozenset[bytes]]:
    """Drop the open pairs whose answer is known by now, and return the pairs of persons that nobody need be asked about (again)."""
    rows = connection.execute(statement("open_pairs")).all()
    apart = {frozenset((bytes(r.one), bytes(r.other))) for r in rows if r.status == "different"}
    known = [r.id for r in rows if r.status == "proposed" and (r.one == r.other or frozenset((bytes(r.one), bytes(r.other))) in apart)]
    if known:
        connection.execute(DROP_PAIRS, {"ids": known})
    return apart | {frozenset((bytes(r.one), bytes(r.other))) for r in rows if r.status == "proposed" and not r.asked_anew}


def _add_found(connection: Connection, rows: Iterable[FoundRow]) -> None:
    with driver_for_others(connection).cursor() as cursor, cursor.copy(COPY_FOUND) as copy:
        for row in rows:
            copy.write_row(row)
