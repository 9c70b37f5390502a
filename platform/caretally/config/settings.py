"""The settings, where each comes from, and how they are shown to an administrator."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from caretally.errors import UsageMistake

Shown = Literal["plainly", "as an address", "as set or not"]


@dataclass(frozen=True)
class Setting:
    """One environment variable: what it is for, what holds without it, and how it may be shown."""

    variable: str
    description: str
    default: str
    shown: Shown = "plainly"


SETTINGS = (
    Setting("CARETALLY_HOME", "folder of the embedded data, archive, mail and logs", "./var"),
    Setting(
        "CARETALLY_DATABASE_URL",
        "PostgreSQL 15 or newer, a login with CREATEROLE that may create in its database; without it PostgreSQL is embedded",
        "",
        "as an address",
    ),
    Setting("CARETALLY_ROLE_PREFIX", "prefix of the login roles; without it the name of the database", ""),
    Setting("CARETALLY_BROKER_URL", "Redis, Valkey or RabbitMQ; without it a Valkey is embedded", "", "as an address"),
    Setting("CARETALLY_JOBS_KEPT_DAYS", "days for which background work that has ended stays listed", "90"),
    Setting("CARETALLY_ARCHIVE", "s3://bucket or a folder; without it a folder under CARETALLY_HOME", "", "as an address"),
    Setting("CARETALLY_MAIL", "smtp://host:port, ses://region or a folder; without it a folder under CARETALLY_HOME", "", "as an address"),
    Setting("CARETALLY_STRIPE_KEY", "secret key of the payment provider; without it payments stay on this machine", "", "as set or not"),
    Setting("CARETALLY_STRIPE_WEBHOOK_SECRET", "signing secret of the payment provider's messages", "", "as set or not"),
    Setting(
        "CARETALLY_SECRET_KEY",
        "secret of the installation, at least 32 characters; without it one is made and kept in CARETALLY_HOME",
        "",
        "as set or not",
    ),
    Setting("CARETALLY_POSTGRES_BIN", "folder of the PostgreSQL programs to embed instead of the installed wheel's", ""),
)


@dataclass(frozen=True, repr=False)
class Settings:
    """The settings of this process; an empty text means that the setting is absent. It has no repr, so it cannot leak into a log."""

    home: Path
    database_url: str
    role_prefix: str
    broker_url: str
    jobs_kept_days: int
    archive: str
    mail: str
    stripe_key: str
    stripe_webhook_secret: str
    secret_key: str
    postgres_bin: str


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of `environment` (default: this process's). Raises `UsageMistake` for a value that cannot hold."""
    given = os.environ if environment is None else environment
    values = {s.variable.removeprefix("CARETALLY_").lower(): given.get(s.variable, "").strip() or s.default for s in SETTINGS}
    if 0 < len(values["secret_key"]) < 32:
        raise UsageMistake("CARETALLY_SECRET_KEY is shorter than 32 characters; use a longer random text or leave it out.")
    home = Path(values.pop("home")).expanduser().absolute()
    return Settings(home=home, jobs_kept_days=days_of("CARETALLY_JOBS_KEPT_DAYS", values.pop("jobs_kept_days")), **values)


def days_of(variable: str, written: str) -> int:
    """Return a number of days as a setting gives it. Raises `UsageMistake`."""
    if not (written.isascii() and written.isdigit() and len(written) <= 4 and int(written) > 0):
        raise UsageMistake(f"{variable} is not a number of days from 1 to 9999.")
    return int(written)


@dataclass(frozen=True)
class ShownSetting:
    """One line of `caretally config`: the value is safe to show."""

    variable: str
    value: str
    is_set: bool
    description: str


def shown_settings(environment: Mapping[str, str] | None = None) -> list[ShownSetting]:
    """Return every setting with its value masked where it holds a secret."""
    given = os.environ if environment is None else environment
    lines = []
    for setting in SETTINGS:
        value = given.get(setting.variable, "").strip()
        lines.append(ShownSetting(setting.variable, masked(value or setting.default, setting.shown), bool(value), setting.description))
    return lines


def masked(value: str, shown: Shown) -> str:
    """Return `value` as it may be shown: an address loses its password and its query, a secret becomes `***`."""
    if shown == "plainly" or not value:
        return value
    parts = urlsplit(value)
    if shown == "as set or not" or (not parts.scheme and "=" in value):
        return "***"
    login, at, host = parts.netloc.rpartition("@")
    user, colon, _ = login.partition(":")
    netloc = f"{user}{colon}{'***' if colon else ''}{at}{host}"
    return urlunsplit((parts.scheme, netloc, parts.path, "***" if parts.query else "", ""))
