"""${message}"""

from caretally.db.sql_files import execute_sql_files

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Execute sql/${up_revision}_*.sql in the order of their names."""
    execute_sql_files("${up_revision}_*.sql")
