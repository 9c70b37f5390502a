"""Executes the migrations' SQL files, with the names of this database's roles in them."""

import re

from alembic import op
from psycopg import sql

from caretally.db.revision import migrations_folder
from caretally.db.roles import LOGINS, Roles, psycopg_connection

PLACEHOLDER = re.compile(r"\{\{(\w+)(:name)?\}\}")


def execute_sql_files(pattern: str) -> None:
    """Execute migrations/sql/`pattern` in the order of their names. Raises `FileNotFoundError` when there is none."""
    files = sorted((migrations_folder() / "sql").glob(pattern))
    if not files:
        raise FileNotFoundError(f"no migration matches {pattern}")
    roles: Roles = op.get_context().config.attributes["roles"]  # type: ignore[union-attr]
    raw = psycopg_connection(op.get_bind())
    for file in files:
        raw.execute(with_role_names(file.read_text(encoding="utf-8"), roles).encode())


def with_role_names(text: str, roles: Roles) -> str:
    """Replace `{{vendor}}` by the quoted name of that role and `{{vendor:name}}` by the name as it stands inside a text literal."""

    def name(found: re.Match[str]) -> str:
        if found[1] not in (*LOGINS, "owner"):
            raise ValueError(f"no role is called {found[1]}")
        plain = roles.name(found[1])
        return plain.replace("'", "''") if found[2] else sql.Identifier(plain).as_string()

    return PLACEHOLDER.sub(name, text)
