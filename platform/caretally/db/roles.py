"""The login roles of one database: who logs in, with which password, and how long they may wait."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Self

from psycopg import Connection as PsycopgConnection
from psycopg import sql
from sqlalchemy import URL, Connection

from caretally.db.schemas import let_logins_in, make_schemas
from caretally.errors import UsageMistake
from caretally.tenancy.read_rows import driver_for_others
from caretally.tenancy.registry import SCHEMA

LOGINS = ("vendor", "practice", "auth", "operator", "migrate")
LONGEST_NAME_BYTES = 63

PATIENCE = {
    "vendor": {"statement_timeout": "15s", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "30s"},
    "practice": {"statement_timeout": "15s", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "30s"},
    "auth": {"statement_timeout": "5s", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "30s"},
    "operator": {"statement_timeout": "15s", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "30s"},
    "migrate": {"statement_timeout": "10min", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "30s"},
}
FIXED = {"timezone": "UTC", "search_path": SCHEMA}


@dataclass(frozen=True)
class Roles:
    """The role names of one database: roles belong to a whole server, so each carries the database's name in front."""

    prefix: str

    def __post_init__(self) -> None:
        longest = max((self.name(kind) for kind in (*LOGINS, "owner")), key=len)
        if len(longest.encode()) > LONGEST_NAME_BYTES:
            raise UsageMistake(f"The name {self.prefix} is too long for a database; {longest} is over {LONGEST_NAME_BYTES} bytes.")

    @classmethod
    def of(cls, url: URL, *, prefix: str = "") -> Self:
        """Return the roles of a database: named for it, unless a prefix is given, as for a copy that keeps the original's roles."""
        return cls(prefix or str(url.database))

    def name(self, kind: str) -> str:
        """Return the name of the role of this kind."""
        return f"{self.prefix}_{kind}"

    def password(self, kind: str, *, secret: bytes) -> str:
        """Return the password that the installation's secret gives to this role."""
        mac = hmac.new(secret, f"caretally login 1 {self.name(kind)}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(mac.digest()).decode().rstrip("=")

    def login(self, url: URL, kind: str, *, secret: bytes) -> URL:
        """Return the address by which this role logs in to the database of `url`."""
        return url.set(username=self.name(kind), password=self.password(kind, secret=secret))


def create_roles(connection: Connection, roles: Roles, *, secret: bytes) -> None:
    """Make or mend the owner, the login roles and the owner's schemas; running it again changes nothing.

    The connection's login needs CREATEROLE and CREATE on the database. Passwords reach the server as SCRAM verifiers only.
    """
    raw = psycopg_connection(connection)
    make_role(raw, roles.name("owner"), "NOLOGIN")
    for kind in LOGINS:
        make_role(raw, roles.name(kind), "LOGIN")
        set_password(raw, roles.name(kind), roles.password(kind, secret=secret))
        set_defaults(raw, roles.name(kind), PATIENCE[kind] | FIXED)
    become_member(raw, roles.name("owner"))
    grant_once(raw, roles.name("owner"), to=roles.name("migrate"))
    let_logins_in(raw, [roles.name(kind) for kind in LOGINS])
    make_schemas(raw, owner=roles.name("owner"))


def psycopg_connection(connection: Connection) -> PsycopgConnection:
    """Return the driver's connection below SQLAlchemy's: role statements take identifiers, not parameters."""
    return driver_for_others(connection)


def make_role(raw: PsycopgConnection, name: str, kind: str) -> None:
    """Make a role that may do nothing, unless it is there; of one that is there, take back what it should not have."""
    flags = raw.execute("SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    role, may = sql.Identifier(name), sql.SQL(kind)
    if flags is None:
        raw.execute(sql.SQL("CREATE ROLE {} {} NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE").format(role, may))
    elif any(flags):
        raise UsageMistake(f"The role {name} has rights beyond its own; take SUPERUSER, BYPASSRLS, CREATEDB and CREATEROLE from it.")


def set_password(raw: PsycopgConnection, name: str, password: str) -> None:
    """Set a password without telling it to the server."""
    verifier = raw.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    raw.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(name), sql.Literal(verifier)))


def set_defaults(raw: PsycopgConnection, name: str, settings: dict[str, str]) -> None:
    """Set what holds in every session of a role."""
    for setting, value in settings.items():
        statement = sql.SQL("ALTER ROLE {} SET {} = {}")
        raw.execute(statement.format(sql.Identifier(name), sql.Identifier(setting), sql.Literal(value)))


def become_member(raw: PsycopgConnection, role: str) -> None:
    """Let the current login act as `role`, which a superuser always may."""
    row = raw.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    assert row is not None
    if not row[1]:
        grant_once(raw, role, to=row[0])


def grant_once(raw: PsycopgConnection, role: str, *, to: str) -> None:
    """Make `to` a member of `role`, unless it can already act as it."""
    usable = "SET" if raw.info.server_version >= 160000 else "MEMBER"
    row = raw.execute("SELECT pg_has_role(%s, %s, %s)", [to, role, usable]).fetchone()
    if row is None or not row[0]:
        raw.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(to)))
