"""Temporary tables that stand before the real ones for the rest of the transaction: what is tried is read, and nothing is written."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from psycopg import sql
from sqlalchemy import Connection, text

from caretally.cms.reference_files import ReferenceTable, read_tables
from caretally.months import Month
from caretally.tenancy.read_rows import driver_for_others
from caretally.whatif.changes import TERMS, Changes, TriedVersion

# What the evaluation and its words read. Fee schedules decide no claim, and the page of the rules alone reads the others.
SHADOWED = frozenset(
    "rule_set billing_code time_ladder program_limit gate waivable_gate exclusion_reason program program_gate duplicate_program untimed_code device_band "
    "code_substitution visit_addon federal_holiday credential_type visit_code_not_qualifying plan_element code_exclusion code_family".split()
)


def shadow(connection: Connection, changes: Changes, month: Month) -> None:
    """Let every statement that follows in this transaction read the vendor's own rows with `changes` applied.

    Unqualified names find temporary tables first, so the evaluation is the real one and the real tables are neither locked nor written.
    Raises `DamagedReferenceFile` for a folder of rules that cannot be read whole.
    """
    if changes.changes_agreement:
        _copy(connection, "agreement")
        _copy(connection, "agreement_price")
        if changes.version is not None:
            _put_version(connection, changes.version, month)
        _change_agreement(connection, changes, month)
    if changes.policies:
        _copy(connection, "vendor_policy")
        _change_policies(connection, changes, month)
    if changes.changes_waivers:
        _copy(connection, "waiver")
        _change_waivers(connection, changes, month)
    if changes.rules is not None:
        tables = read_tables(changes.rules)
        put_before(connection, [table for name, table in tables.items() if name in SHADOWED])
    look_here_first(connection)


def look_here_first(connection: Connection) -> None:
    """Let unqualified names find temporary tables before the real ones for the rest of the transaction."""
    schema = connection.scalar(text("SELECT split_part(current_setting('search_path'), ',', 1)"))
    connection.execute(text("SELECT set_config('search_path', 'pg_temp, ' || :schema, true)"), {"schema": schema})


def _copy(connection: Connection, table: str) -> None:
    connection.exec_driver_sql(f"CREATE TEMP TABLE {table} ON COMMIT DROP AS SELECT * FROM {table}")


def _change_agreement(connection: Connection, changes: Changes, month: Month) -> None:
    in_force = "valid_from <= :last AND coalesce(valid_to >= :first, true)"
    days: dict[str, Any] = {"first": month.first_day, "last": month.last_day}
    for term, value in changes.terms.items():
        assert term in TERMS
        cast = "CAST(:value AS boolean)" if value in ("true", "false") else ":value"
        connection.execute(text(f"UPDATE pg_temp.agreement SET {term} = {cast} WHERE {in_force}"), days | {"value": value})
    for code, cents in changes.prices.items():
        values = days | {"code": code, "cents": cents}
        connection.execute(
            text(
                "DELETE FROM pg_temp.agreement_price p USING pg_temp.agreement a "
                f"WHERE a.client_id = p.client_id AND a.id = p.agreement_id AND p.code = :code AND {in_force.replace('valid', 'a.valid')}"
            ),
            values,
        )
        connection.execute(
            text(
                "INSERT INTO pg_temp.agreement_price (vendor_id, client_id, id, agreement_id, code, tier_from, price_cents) "
                f"SELECT vendor_id, client_id, gen_random_uuid(), id, :code, 1, :cents FROM pg_temp.agreement WHERE {in_force}"
            ),
            values,
        )


def _put_version(connection: Connection, version: TriedVersion, month: Month) -> None:
    """Let one version govern the month of its client, as if nothing else had been agreed."""
    of_client: dict[str, Any] = {"client_id": version.client_id}
    for table in ("agreement_price", "agreement"):
        connection.execute(text(f"DELETE FROM pg_temp.{table} WHERE client_id = :client_id"), of_client)
    terms = dict(version.terms) | {"valid_from": month.first_day, "valid_to": None}
    columns = ", ".join(terms)
    binds = ", ".join(f":{name}" for name in terms)
    added: UUID = connection.execute(
        text(
            f"INSERT INTO pg_temp.agreement (vendor_id, client_id, id, {columns}) "
            f"VALUES (tenancy.current_vendor(), :client_id, gen_random_uuid(), {binds}) RETURNING id"
        ),
        of_client | terms,
    ).scalar_one()
    connection.execute(
        text(
            "INSERT INTO pg_temp.agreement_price (vendor_id, client_id, id, agreement_id, code, tier_from, price_cents, percent) "
            "VALUES (tenancy.current_vendor(), :client_id, gen_random_uuid(), :agreement_id, :code, :tier_from, :cents, :percent)"
        ),
        [
            of_client | {"agreement_id": added, "code": code, "tier_from": tier_from, "cents": cents, "percent": percent}
            for code, tier_from, cents, percent in version.prices
        ],
    )


def _change_policies(connection: Connection, changes: Changes, month: Month) -> None:
    values = [
        {"code": code, "effect": effect, "first": month.first_day, "last": month.last_day} for code, effect in changes.policies.items()
    ]
    connection.execute(text("DELETE FROM pg_temp.vendor_policy WHERE gate_code = :code"), values)
    connection.execute(
        text(
            "INSERT INTO pg_temp.vendor_policy (vendor_id, id, gate_code, effect, valid_from, valid_to) "
            "VALUES (tenancy.current_vendor(), gen_random_uuid(), :code, :effect, :first, :last)"
        ),
        values,
    )


def _change_waivers(connection: Connection, changes: Changes, month: Month) -> None:
    if changes.without_waivers:
        connection.execute(text("DELETE FROM pg_temp.waiver"))
    connection.execute(
        text(
            "INSERT INTO pg_temp.waiver (vendor_id, client_id, id, patient_id, gate_code, first_month, expires_on, waived_by, reason, "
            "recorded_at, recorded_by) "
            "SELECT c.vendor_id, c.client_id, gen_random_uuid(), p.id, g.code, :first, :last, 'nobody', 'tried', now(), 'what-if' "
            "FROM client c CROSS JOIN unnest(CAST(:codes AS text[])) AS g (code) LEFT JOIN patient p ON p.vendor_id = c.vendor_id "
            "AND p.client_id = c.client_id AND p.mrn = :mrn WHERE CAST(:mrn AS text) IS NULL OR p.id IS NOT NULL"
        ),
        {"first": month.first_day, "last": month.last_day, "codes": list(changes.waive), "mrn": changes.waive_for},
    )


def put_before(connection: Connection, tables: Iterable[ReferenceTable]) -> None:
    """Make temporary tables with the rows of `tables`, to be found by `look_here_first`; they go with the transaction."""
    cursor = driver_for_others(connection).cursor()
    for table in tables:
        name = sql.Identifier(table.shape.name)
        cursor.execute(sql.SQL("CREATE TEMP TABLE {0} ON COMMIT DROP AS SELECT * FROM {0} WITH NO DATA").format(name))
        columns = sql.SQL(", ").join(map(sql.Identifier, table.shape.columns))
        with cursor.copy(sql.SQL("COPY pg_temp.{} ({}) FROM STDIN").format(name, columns)) as copy:
            for row in table.rows:
                copy.write_row(row)
        cursor.execute(sql.SQL("ANALYZE pg_temp.{}").format(name))
