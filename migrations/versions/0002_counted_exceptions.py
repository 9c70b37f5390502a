"""The exceptions of each month counted beside it, so that the queue adds up groups of patients who are alike."""

from caretally.db.sql_files import execute_sql_files

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Execute sql/0002_*.sql in the order of their names."""
    execute_sql_files("0002_*.sql")
