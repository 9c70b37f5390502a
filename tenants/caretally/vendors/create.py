"""Makes a vendor: its row, and with it (by trigger) its lock, its secret and its audit chain."""

import re
import unicodedata
from dataclasses import dataclass
from uuid import UUID

from psycopg.errors import UniqueViolation
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from caretally.errors import Conflict, UsageMistake
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction

SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
ADD = text("INSERT INTO vendor (vendor_id, slug, name, timezone) VALUES (:vendor_id, :slug, :name, :timezone)")
KNOWN_ZONE = text("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = :timezone)")


@dataclass(frozen=True)
class NewVendor:
    """The vendor that was made."""

    vendor_id: UUID
    slug: str
    name: str
    timezone: str


def create_vendor(engine: Engine, *, secret: bytes, name: str, slug: str | None, timezone: str, actor: str) -> NewVendor:
    """Make a vendor on the operator's pool, in a transaction of its own under the new vendor's context.

    Raises `UsageMistake` for a name, slug or time zone that cannot be, `Conflict` when the slug is taken.
    """
    vendor = NewVendor(_new_id(engine), slug or slug_of(name), name.strip(), timezone)
    if not vendor.name or not SLUG.fullmatch(vendor.slug):
        raise UsageMistake("A vendor needs a name and a slug of small letters, digits and dashes; give one with --slug.")
    try:
        with tenant_transaction(engine, TenantContext(vendor.vendor_id, actor), secret=secret) as connection:
            _refuse_unknown_zone(connection, timezone)
            connection.execute(ADD, {"vendor_id": vendor.vendor_id, "slug": vendor.slug, "name": vendor.name, "timezone": timezone})
    except IntegrityError as error:
        if isinstance(error.orig, UniqueViolation):
            raise Conflict(f"There is a vendor {vendor.slug} already; choose another with --slug.") from error
        raise
    return vendor


def slug_of(name: str) -> str:
    """Return a slug made from a name: its letters without accents and its digits, joined by dashes."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:63].strip("-")


def _new_id(engine: Engine) -> UUID:
    with engine.connect() as connection:
        made: UUID = connection.execute(text("SELECT tenancy.new_id()")).scalar_one()
        return made


def _refuse_unknown_zone(connection: Connection, timezone: str) -> None:
    if not connection.scalar(KNOWN_ZONE, {"timezone": timezone}):
        raise UsageMistake(f"{timezone!r} is not the name of a time zone; write America/New_York.")
