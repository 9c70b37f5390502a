"""The server versions that are safe to keep patients' rows apart with."""

from caretally.errors import DependencyDown

OLDEST_MINOR = {15: 14, 16: 10, 17: 6, 18: 0}
OLDEST_MAJOR = min(OLDEST_MINOR)


def refuse_old_server(version: int) -> None:
    """Raise `DependencyDown` for a server older than 15.14, 16.10, 17.6 or 18.0.

    `version` is as in `server_version_num`. Older minors let a crafted statistic or dump read past row level security
    (CVE-2025-8713, CVE-2025-8714).
    """
    major, minor = divmod(version, 10000)
    if major < OLDEST_MAJOR or minor < OLDEST_MINOR.get(major, 0):
        needed = ", ".join(f"{m}.{n}" for m, n in OLDEST_MINOR.items())
        raise DependencyDown(f"The database is PostgreSQL {major}.{minor}; CareTally needs at least {needed} (CVE-2025-8713).")
