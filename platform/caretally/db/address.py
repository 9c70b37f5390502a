"""Which database this installation uses."""

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from caretally.config.settings import Settings
from caretally.embedded.server import ensure_server
from caretally.errors import DependencyDown, UsageMistake

DRIVER = "postgresql+psycopg"
ACCEPTED = ("postgresql", "postgres", DRIVER)


def database_url(settings: Settings) -> URL:
    """Return the configured address, else that of the embedded server, which is started if need be.

    Raises `UsageMistake` for an address that is none, `DependencyDown` when the embedded server does not start.
    """
    if not settings.database_url:
        return make_url(ensure_server(settings.home, programs=settings.postgres_bin).url)
    return given_url(settings.database_url)


def given_url(text: str) -> URL:
    """Return an address as SQLAlchemy takes it, for psycopg whatever driver was written. Raises `UsageMistake`."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise UsageMistake("CARETALLY_DATABASE_URL is not an address such as postgresql://user:password@host:5432/database.") from error
    if url.drivername not in ACCEPTED:
        raise UsageMistake(f"CARETALLY_DATABASE_URL names {url.drivername}; CareTally runs on PostgreSQL only.")
    if not url.database:
        raise UsageMistake("CARETALLY_DATABASE_URL names no database; end it with the database's name.")
    return url.set(drivername=DRIVER)


def unreachable(url: URL, reason: object) -> DependencyDown:
    """Return the error for a database that does not answer or refuses, without its password."""
    lines = str(reason).strip().splitlines() or ["no answer"]
    return DependencyDown(f"The database {url.render_as_string()} cannot be used: {lines[0].strip().rstrip('.')}.")
