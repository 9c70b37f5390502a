"""The schemas that are ours alone: whatever else a given database holds, `public` included, is neither used nor touched."""

from psycopg import Connection as PsycopgConnection
from psycopg import sql

from caretally.errors import UsageMistake
from caretally.tenancy.registry import SCHEMA, SCHEMAS

HOLDERS = "SELECT nspname, pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = ANY (%s)"
MAY_CREATE = "SELECT has_database_privilege(current_database(), 'CREATE')"
# Who may not, and whether the current login may let them: an owner may by being one, another by a grant option.
SHUT_OUT = """
SELECT right_name, has_database_privilege(current_database(), right_name || ' WITH GRANT OPTION'), array_agg(login::text ORDER BY login)
FROM unnest(ARRAY['CONNECT', 'TEMPORARY']) right_name, unnest(%s::text[]) login
WHERE NOT has_database_privilege(login, current_database(), right_name) GROUP BY 1"""


def make_schemas(raw: PsycopgConnection, *, owner: str) -> None:
    """Make our schemas, and the extension that their keys need, for the owner; what is there stays.

    The login needs CREATE on the database and no more: it makes the schemas itself and hands them over. Raises `UsageMistake`
    when it lacks that, or when somebody else has a schema of such a name.
    """
    holders: dict[str, str] = dict(raw.execute(HOLDERS, [list(SCHEMAS)]).fetchall())
    for name, holder in sorted(holders.items()):
        if holder != owner:
            raise UsageMistake(
                f"The database {raw.info.dbname} has a schema {name} that belongs to {holder}, and CareTally needs one of that name for itself: "
                "name another database in CARETALLY_DATABASE_URL."
            )
    absent = [name for name in SCHEMAS if name not in holders]
    if absent:
        require_create(raw)
    for name in absent:
        raw.execute(sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(sql.Identifier(name), sql.Identifier(owner)))
    raw.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA {}").format(sql.Identifier(SCHEMA)))


def require_create(raw: PsycopgConnection) -> None:
    """Raise `UsageMistake` with the statement to run unless the login may make schemas."""
    row = raw.execute(MAY_CREATE).fetchone()
    if row is None or not row[0]:
        user, database = raw.info.user, raw.info.dbname
        raise UsageMistake(
            f'The login {user} may not make schemas in the database {database}: run GRANT CREATE ON DATABASE "{database}" TO "{user}" as its owner.'
        )


def let_logins_in(raw: PsycopgConnection, logins: list[str]) -> None:
    """Let the login roles connect and make temporary tables, which a new database allows to everybody and a hardened one to nobody.

    Raises `UsageMistake` with the statement to run when the current login cannot give what they lack.
    """
    database = raw.info.dbname
    for right, may_give, shut_out in raw.execute(SHUT_OUT, [logins]).fetchall():
        if not may_give:
            raise UsageMistake(
                f"CareTally's logins may not use the database {database}: "
                f'run GRANT CONNECT, TEMPORARY ON DATABASE "{database}" TO "{raw.info.user}" WITH GRANT OPTION as its owner.'
            )
        names = sql.SQL(", ").join(map(sql.Identifier, shut_out))
        raw.execute(sql.SQL("GRANT {} ON DATABASE {} TO {}").format(sql.SQL(right), sql.Identifier(database), names))
