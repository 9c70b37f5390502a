"""A stamp for every change of a vendor's queue of exceptions, by which pages know that what they keep of it still holds."""

from caretally.db.sql_files import execute_sql_files

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Execute sql/0003_*.sql in the order of their names."""
    execute_sql_files("0003_*.sql")
