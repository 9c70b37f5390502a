"""What the newest forecast of each client's month under way came to."""

from caretally.db.sql_files import execute_sql_files

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Execute sql/0005_*.sql in the order of their names."""
    execute_sql_files("0005_*.sql")
