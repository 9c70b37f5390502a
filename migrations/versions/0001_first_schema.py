"""The first schema: tenancy, reference tables, sources, results, guards, policies."""

from caretally.db.sql_files import execute_sql_files

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Execute sql/0001_*.sql in the order of their names."""
    execute_sql_files("0001_*.sql")
