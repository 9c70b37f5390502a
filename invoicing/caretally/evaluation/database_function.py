"""SQL files as one function of the database: the same statements in the same order, for pages that ask about one patient and may ask but a few times.

A function is named for a digest of its text, so that a process calls the one that its own files make, whatever release made the others. Those of
this release are made whenever an installation is brought up to date; what the one before it made stays for processes that still run.
"""

import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, NamedTuple

from psycopg import sql
from sqlalchemy import Connection, text

from caretally.db.roles import Roles, psycopg_connection

PARAMETER = re.compile(r"(?<![:\w]):([a-z]\w*)")
KEPT = 2
# The types of the named parameters of the statements; every other one is a whole number.
TYPES: dict[str, str] = {
    name: kind
    for kind, names in {
        "uuid": "vendor_id client_id agreement_id",
        "date": "month_first month_last substitute_from substitute_mandatory_to substitute_valid_to",
        "timestamptz": "starts_at ends_at looks_back_to",
        "bigint": "starts_second ends_second minimum_cents",
        "bigint[]": "bounds",
        "numeric": "percent",
        "boolean": (
            "any_waived asks_consent at_month_end attestation_required contact_needed duplicate_without_time every_patient follows_qhp_policy "
            "has_visit_addon never_pool part_a_counts qhp_first timed whole_volume"
        ),
        "boolean[]": "reason_curable",
        "text": (
            "basis care_plan_copy_missing care_plan_incomplete care_plan_review_overdue care_plan_signoff_missing client_code consent_aged "
            "coverage_unverified eligibility_risk_not_documented enrolled_as initiating_visit_expired integrity_signal kind program rule_set "
            "substitute_code time_backdated"
        ),
        "text[]": "barred_programs client_holds client_warnings earlier_programs gates_asked priority reason_codes unsupporting waived_gates",
        "uuid[]": "only waived_patients",
    }.items()
    for name in names.split()
}
EXISTING = text(
    "SELECT oid::regprocedure::text AS signature FROM pg_proc "
    "WHERE pronamespace = current_schema()::regnamespace AND proname ~ ('^' || :base || '_[0-9a-f]{12}$') ORDER BY oid DESC"
)


class DatabaseFunction(NamedTuple):
    """A function by its name, and the whole statement that makes it."""

    name: str
    definition: str


def function_of(base: str, *, arguments: str, returns: str, body: str) -> DatabaseFunction:
    """Return a function in plpgsql, whose statements read the fields of `parameter`; `{parameters}` in the body becomes their list with types."""
    names = sorted(set(PARAMETER.findall(body)))
    columns = ", ".join(f'"{name}" {TYPES.get(name, "int")}' for name in names)
    written = PARAMETER.sub(r'parameter."\1"', body).replace("{parameters}", columns)
    whole = f"({arguments}) RETURNS {returns} LANGUAGE plpgsql AS $function$\n#variable_conflict use_column\n{written}$function$"
    name = f"{base}_{sha256(whole.encode()).hexdigest()[:12]}"
    return DatabaseFunction(name, f"CREATE FUNCTION {name}{whole}")


def steps_in_turn(scripts: Iterable[str]) -> str:
    """Return statements one after another."""
    return "".join(f"{script.strip().removesuffix(';')};\n" for script in scripts)


def make_functions(connection: Connection, functions: Iterable[DatabaseFunction], *, roles: Roles) -> None:
    """Make those that are not there yet, for the vendor's own people alone, and drop all but the newest two of each; the owner does it."""
    raw = psycopg_connection(connection)
    for function in functions:
        base = function.name.rpartition("_")[0]
        found: list[Any] = list(connection.scalars(EXISTING, {"base": base}))
        if not any(function.name in one for one in found):
            raw.execute(function.definition.encode())
            found = list(connection.scalars(EXISTING, {"base": base}))
            made = sql.SQL(found[0])
            raw.execute(sql.SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC").format(made))
            raw.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(made, sql.Identifier(roles.name("vendor"))))
        for old in found[KEPT:]:
            raw.execute(sql.SQL("DROP FUNCTION {}").format(sql.SQL(old)))
