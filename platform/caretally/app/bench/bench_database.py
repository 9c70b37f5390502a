"""A database of the bench's own, beside the installation's, and what is generated in it."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import URL, Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from caretally.app.bench.interruptions import interruptions_put_off
from caretally.app.bring_up_to_date import bring_up_to_date
from caretally.db.address import unreachable
from caretally.db.drop import drop_database, drop_roles
from caretally.db.engines import LONG, operator_engine, vendor_engine
from caretally.db.revision import become
from caretally.db.roles import Roles
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from caretally.vendors.create import create_vendor

ACTOR = "bench"
FLOOR_TABLES = ("patient_month", "program_line", "exception", "invoice_line")
INTO = re.compile(r"^INSERT INTO (\w+)", re.MULTILINE)
REFRESH = text("SELECT import.refresh_statistics(:name, :added)")
FOREIGN_KEYS = text(
    "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conrelid = CAST(:name AS regclass) ORDER BY conname"
)


@dataclass(frozen=True)
class BenchDatabase:
    """An address, its roles and the secret that signs contexts there; it is sent to the closing processes."""

    url: URL
    roles: Roles
    secret: bytes

    def vendor_pool(self) -> Engine:
        """Return a pool of the vendor login, as commands use it."""
        return vendor_engine(self.url, roles=self.roles, secret=self.secret, statement_timeout=LONG)

    def context(self, vendor_id: UUID) -> TenantContext:
        """Return the context of one generated vendor."""
        return TenantContext(vendor_id, ACTOR)


@contextmanager
def bench_database(beside: URL) -> Iterator[BenchDatabase]:
    """Give a migrated database on the same server and drop it afterwards, its roles too, even when interrupted.

    Raises `DependencyDown` without the right to make one.
    """
    url = beside.set(database=f"bench_{secrets.token_hex(4)}")
    database = BenchDatabase(url, Roles.of(url), secrets.token_bytes(32))
    try:
        _administer(beside, f'CREATE DATABASE "{database.url.database}"')
        bring_up_to_date(database.url, roles=database.roles, secret=database.secret)
        yield database
    finally:
        with interruptions_put_off():
            drop_database(beside, str(database.url.database), roles=database.roles)
            drop_roles(beside, database.roles)


def _administer(url: URL, *statements: str) -> None:
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
    except DBAPIError as error:
        raise unreachable(url, error.orig) from error
    finally:
        engine.dispose()


def generate_vendor(database: BenchDatabase, number: int, *, patients: int, clients: int, programs: str = "ccm") -> UUID:
    """Make one vendor and fill it, through the same logins, policies, triggers and keys as any other; six entries a patient.

    `programs` is `ccm`, or `all` for patients of every other program instead of chronic care or beside it.
    """
    operators, vendors = operator_engine(database.url, roles=database.roles, secret=database.secret), database.vendor_pool()
    try:
        made = create_vendor(
            operators, secret=database.secret, name=f"Bench {number}", slug=f"bench-{number}", timezone="America/New_York", actor=ACTOR
        )
        with tenant_transaction(vendors, database.context(made.vendor_id), secret=database.secret) as connection:
            connection.exec_driver_sql("SET LOCAL work_mem = '256MB'")
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            for statement in [*statements("generate"), *(statements("generate_programs") if programs == "all" else [])]:
                filled = connection.execute(text(statement), {"vendor_id": made.vendor_id, "patients": patients, "clients": clients})
                if table := INTO.search(statement):
                    connection.execute(REFRESH, {"name": table[1], "added": filled.rowcount})
    finally:
        operators.dispose()
        vendors.dispose()
    return made.vendor_id


def statements(name: str) -> list[str]:
    """Return the statements of one of the SQL files beside this module."""
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8").rstrip().rstrip(";").split(";\n")


def settle(database: BenchDatabase) -> None:
    """Vacuum and analyse as the server does by itself after a load, so that no figure holds that work, and make the floor's tables."""
    _administer(database.url, f'SET ROLE "{database.roles.name("owner")}"', "VACUUM (ANALYZE)")
    engine = create_engine(database.url, poolclass=NullPool)
    with engine.begin() as connection:
        become(connection, database.roles.name("owner"))
        for name in FLOOR_TABLES:
            _make_floor_table(connection, name, reader=database.roles.name("vendor"))
    engine.dispose()


def _make_floor_table(connection: Connection, name: str, *, reader: str) -> None:
    connection.execute(text(f"CREATE TABLE floor_{name} (LIKE {name} INCLUDING ALL)"))
    for definition in connection.scalars(FOREIGN_KEYS, {"name": name}).all():
        for made in FLOOR_TABLES:
            definition = definition.replace(f"REFERENCES {made}(", f"REFERENCES floor_{made}(")  # noqa: PLW2901
        connection.execute(text(f"ALTER TABLE floor_{name} ADD {definition}"))
    connection.execute(text(f'GRANT SELECT, INSERT ON floor_{name} TO "{reader}"'))
