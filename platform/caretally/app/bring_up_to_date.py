"""Brings an installation's database to this release: schema, login roles, and the dated rule tables."""

from sqlalchemy import URL, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from caretally.cms.load_tables import load_reference_tables
from caretally.db.address import unreachable
from caretally.db.migrate import migrate
from caretally.db.revision import become
from caretally.db.roles import Roles


def bring_up_to_date(url: URL, *, roles: Roles, secret: bytes) -> tuple[str | None, str | None, str]:
    """Migrate and load the rule tables; return the schemas before and after, and the rule set in force. Running it again changes nothing.

    Raises `DependencyDown` when the server cannot be used, and `DamagedReferenceFile` with the old tables still in force.
    """
    before, after = migrate(url, roles=roles, secret=secret)
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.begin() as connection:
            become(connection, roles.name("owner"))
            rule_set = load_reference_tables(connection)
    except DBAPIError as error:
        raise unreachable(url, error.orig) from error
    finally:
        engine.dispose()
    return before, after, rule_set
