"""Brings an installation's database to this release: schema, login roles, the dated rule tables, and the functions made of this release's SQL."""

from sqlalchemy import URL, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from caretally.close.one_patient import pricing_function
from caretally.cms.load_tables import load_reference_tables
from caretally.db.address import unreachable
from caretally.db.migrate import migrate
from caretally.db.revision import become
from caretally.db.roles import Roles
from caretally.evaluation.database_function import make_functions
from caretally.evaluation.one_patient import evaluation_function


def bring_up_to_date(url: URL, *, roles: Roles, secret: bytes) -> tuple[str | None, str | None, str]:
    """Migrate, load the rule tables and make the functions; return the schemas before and after, and the rule set in force. Running it again changes nothing.

    Raises `DependencyDown` when the server cannot be used, and `DamagedReferenceFile` with the old tables still in force.
    """
    before, after = migrate(url, roles=roles, secret=secret)
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.begin() as connection:
            become(connection, roles.name("owner"))
            rule_set = load_reference_tables(connection)
            make_functions(connection, (evaluation_function(), pricing_function()), roles=roles)
    except DBAPIError as error:
        raise unreachable(url, error.orig) from error
    finally:
        engine.dispose()
    return before, after, rule_set
