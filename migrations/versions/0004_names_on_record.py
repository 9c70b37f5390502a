"""Whom a patient's record names by a code or number, by name, and the name of the file of a compared roster."""

from caretally.db.sql_files import execute_sql_files

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Execute sql/0004_*.sql in the order of their names."""
    execute_sql_files("0004_*.sql")
