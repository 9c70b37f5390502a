"""The pools: each logs in as its own role, and no connection ever changes role (CVE-2023-2455)."""

from sqlalchemy import URL, Engine, create_engine

from caretally.db.roles import Roles

LONG = "10min"


def vendor_engine(url: URL, *, roles: Roles, secret: bytes, statement_timeout: str = "", pool_size: int = 5) -> Engine:
    """Return the pool for a vendor's own people and jobs; give `statement_timeout=LONG` for a close, an import or a command."""
    return login_engine(url, "vendor", roles=roles, secret=secret, statement_timeout=statement_timeout, pool_size=pool_size)


def practice_engine(url: URL, *, roles: Roles, secret: bytes, pool_size: int = 5) -> Engine:
    """Return the pool for the people of a vendor's clients: they see the clients their context names, and nothing else."""
    return login_engine(url, "practice", roles=roles, secret=secret, pool_size=pool_size)


def operator_engine(url: URL, *, roles: Roles, secret: bytes, pool_size: int = 2) -> Engine:
    """Return the pool that lists and creates vendors and sees no row beneath them."""
    return login_engine(url, "operator", roles=roles, secret=secret, pool_size=pool_size)


def login_engine(url: URL, kind: str, *, roles: Roles, secret: bytes, statement_timeout: str = "", pool_size: int = 5) -> Engine:
    """Return a pool that logs in as the role of this kind; `statement_timeout` overrides the role's own, as in `10min`."""
    options = {"application_name": f"caretally {kind}"}
    if statement_timeout:
        options["options"] = f"-c statement_timeout={statement_timeout}"
    return create_engine(
        roles.login(url, kind, secret=secret),
        connect_args=options,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        hide_parameters=True,
    )
