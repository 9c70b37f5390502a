"""This installation as a command sees it: its settings, its database, and the vendors in it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from getpass import getuser
from pathlib import Path
from uuid import UUID

import click
import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from caretally.config.secret import installation_secret
from caretally.config.settings import Settings, read_settings
from caretally.db.address import database_url, unreachable
from caretally.db.engines import LONG, login_engine, operator_engine, vendor_engine
from caretally.db.revision import UnknownRole, become, require_newest_schema, schema_of
from caretally.db.roles import Roles, psycopg_connection
from caretally.db.versions import refuse_old_server
from caretally.errors import UsageMistake
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction

DECIDE_SLUG = "decide"
FIND = text(
    "SELECT vendor_id, slug, name, timezone FROM vendor WHERE slug = :word OR lower(name) = lower(:word) ORDER BY slug = :word DESC LIMIT 1"
)
LIST = text("SELECT slug FROM vendor WHERE slug <> :decide ORDER BY slug")


class UnknownVendor(UsageMistake):
    """No vendor has this slug or name."""

    code = "unknown_vendor"


@dataclass(frozen=True)
class Vendor:
    """One vendor of this installation and a way to open its transactions (role, context and actor are bound)."""

    id: UUID
    slug: str
    name: str
    timezone: str
    transaction: Callable[[], AbstractContextManager[Connection]]


class Installation:
    """Settings, secret, database and pools of this process.

    The embedded server is started when the database is first asked for, and an empty one of its own is migrated; a given database is
    migrated by its owner, with `caretally migrate`.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        """Take settings, or read them from the environment."""
        self.settings = settings or read_settings()
        self._schema_is_newest = False

    @cached_property
    def secret(self) -> bytes:
        """The secret that signs contexts and derives the login roles' passwords."""
        return installation_secret(self.settings)

    @cached_property
    def url(self) -> URL:
        """The address of the database."""
        return database_url(self.settings)

    @property
    def archive_folder(self) -> Path:
        """The folder of the archive. Raises `UsageMistake` when the archive is no folder."""
        if "://" in self.settings.archive:
            raise UsageMistake("CARETALLY_ARCHIVE is no folder, and checkpoints are kept in a folder only; name a folder or leave it out.")
        return Path(self.settings.archive).expanduser().absolute() if self.settings.archive else self.settings.home / "archive"

    @cached_property
    def roles(self) -> Roles:
        """The names of the login roles of this database."""
        return Roles.of(self.url, prefix=self.settings.role_prefix)

    @cached_property
    def vendor_pool(self) -> Engine:
        """The pool of the vendor login, with the long statement timeout of commands."""
        self._require_schema()
        return closed_with_command(vendor_engine(self.url, roles=self.roles, secret=self.secret, statement_timeout=LONG))

    @cached_property
    def operator_pool(self) -> Engine:
        """The pool that lists and creates vendors."""
        self._require_schema()
        return closed_with_command(operator_engine(self.url, roles=self.roles, secret=self.secret))

    @cached_property
    def auth_pool(self) -> Engine:
        """The pool of the sign-in, which knows accounts and no patient."""
        self._require_schema()
        return closed_with_command(login_engine(self.url, "auth", roles=self.roles, secret=self.secret))

    def transaction(self, vendor_id: UUID, *, actor: str = "") -> AbstractContextManager[Connection]:
        """Open a transaction of one vendor on the vendor login."""
        return tenant_transaction(self.vendor_pool, TenantContext(vendor_id, actor or cli_actor()), secret=self.secret)

    @contextmanager
    def owner_transaction(self) -> Iterator[Connection]:
        """Open a transaction of the login that migrates, acting as the schema's owner: for what is the same for every vendor.

        Raises `DependencyDown` when the database cannot be reached or the login may not act as the owner.
        """
        self._require_schema()
        engine = create_engine(self.url, poolclass=NullPool, hide_parameters=True)
        try:
            with engine.begin() as connection:
                become(connection, self.roles.name("owner"))
                yield connection
        except OperationalError as error:
            raise unreachable(self.url, error.orig) from error
        except psycopg.errors.InsufficientPrivilege as error:
            raise unreachable(self.url, error) from error
        except UnknownRole as error:
            raise unreachable(
                self.url, f"{error}; CARETALLY_ROLE_PREFIX must be what it was when caretally migrate made the roles"
            ) from error
        finally:
            engine.dispose()

    def vendor(self, word: str) -> Vendor:
        """Return the vendor with this slug or name. Raises `UnknownVendor`, naming those there are."""
        with self.operator_pool.connect() as connection:
            row = connection.execute(FIND, {"word": word}).one_or_none()
            slugs = connection.scalars(LIST, {"decide": DECIDE_SLUG}).all()
        if row is None:
            known = ", ".join(slugs) or "none yet; make one with caretally vendor create"
            raise UnknownVendor(f"There is no vendor {word[:60]!r}; the vendors are {known}.")
        return Vendor(row.vendor_id, row.slug, row.name, row.timezone, partial(self.transaction, row.vendor_id))

    def require_schema(self) -> None:
        """Make sure that the database answers and is at this release's schema; an embedded one is started and migrated if need be."""
        self._require_schema()

    def _require_schema(self) -> None:
        """Look at the schema once for each process: what moves it while we run is a release that ends us."""
        if not self._schema_is_newest:
            found = self._schema()
            if not self.settings.database_url and found is None:
                # alembic is imported by whoever migrates
                from caretally.app.bring_up_to_date import bring_up_to_date

                bring_up_to_date(self.url, roles=self.roles, secret=self.secret)
                found = self._schema()
            require_newest_schema(found)
            self._schema_is_newest = True

    def _schema(self) -> str | None:
        engine = create_engine(self.url, poolclass=NullPool)
        try:
            with engine.connect() as connection:
                refuse_old_server(psycopg_connection(connection).info.server_version)
                return schema_of(connection)
        except DBAPIError as error:
            raise unreachable(self.url, error.orig) from error
        finally:
            engine.dispose()


def closed_with_command(pool: Engine) -> Engine:
    """Close the pool when the running command ends, so that a process that runs several commands leaves no connection open."""
    context = click.get_current_context(silent=True)
    if context is not None:
        context.find_root().call_on_close(pool.dispose)
    return pool


def cli_actor() -> str:
    """Return the actor that the audit log shows for a command: the operator's command line and the system user."""
    return f"operator-cli:{getuser().replace('|', '_')}"
