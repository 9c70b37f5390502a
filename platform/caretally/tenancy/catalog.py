"""What the database's own catalog says against the promise that vendors are kept apart."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, TextClause, text

from caretally.tenancy.declared import COMMON_KEYS, LOGINS, declared_grants, declared_policies, declared_triggers
from caretally.tenancy.registry import ACCOUNT_TABLES, CLIENT_TABLES, SCHEMAS, SECURITY_DEFINER_FUNCTIONS, TABLES, VENDOR_TABLES

CHECKS = ("tables", "keys", "references", "expressions", "constructs", "functions", "roles", "rights")
OWNER = text("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'caretally.vendor'::regclass")

Declared = Mapping[str, frozenset[str]]


def catalog_breaches(connection: Connection) -> list[str]:
    """Return one sentence for each way in which tables, keys, policies, grants, triggers, functions or roles differ from what keeps vendors apart.

    A database may hold strangers' things beside ours: they count as soon as one of our roles owns or may use them. Reads only the
    catalog, which every login may read, and no tenant's row; any login may ask. The roles are told by the owner of `vendor`, whose
    name they share.
    """
    prefix = str(connection.scalar(OWNER)).removesuffix("_owner")
    values = _values(prefix)
    named = [breach for check in CHECKS for breach in connection.scalars(_statement(check), values)]
    return [
        *named,
        *_differences("policy", declared_policies(prefix), _found(connection, "policies", values)),
        *_differences("trigger", declared_triggers(), _found(connection, "triggers", values)),
        *_differences("grant", declared_grants(prefix), _found(connection, "grants", values)),
    ]


def _values(prefix: str) -> dict[str, object]:
    logins = [f"{prefix}_{kind}" for kind in LOGINS]
    return {
        "schemas": list(SCHEMAS),
        "roles": [*logins, f"{prefix}_owner"],
        "tables": list(TABLES),
        "client_tables": CLIENT_TABLES,
        "vendor_tables": VENDOR_TABLES,
        "account_tables": ACCOUNT_TABLES,
        "common_keys": list(COMMON_KEYS),
        "definers": list(SECURITY_DEFINER_FUNCTIONS),
        "owner": f"{prefix}_owner",
        "migrate": f"{prefix}_migrate",
        "logins": logins,
    }


@cache
def _statement(name: str) -> TextClause:
    return text((Path(__file__).parent / "checks" / f"{name}.sql").read_text(encoding="utf-8"))


def _found(connection: Connection, name: str, values: Mapping[str, object]) -> Declared:
    found: dict[str, set[str]] = {}
    for table, item in connection.execute(_statement(name), values):
        found.setdefault(table, set()).add(item)
    return {table: frozenset(items) for table, items in found.items()}


def _differences(what: str, declared: Declared, found: Declared) -> list[str]:
    nothing: frozenset[str] = frozenset()
    sentences = []
    for table in sorted({*declared, *found}):
        wanted, there = declared.get(table, nothing), found.get(table, nothing)
        sentences += [f"{table}: {what} is missing: {item}" for item in sorted(wanted - there)]
        sentences += [f"{table}: {what} is not declared: {item}" for item in sorted(there - wanted)]
    return sentences
