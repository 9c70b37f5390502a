"""A vendor's own settings: the name and addresses that its invoices print, its time zone, how long its people's sessions last, four eyes."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, text

from caretally.audit.chain import append_event
from caretally.errors import Conflict, UsageMistake

FIELDS = ("name", "address", "remit_to", "contact", "accent", "timezone", "session_idle_minutes", "session_hours", "four_eyes")
# What the table's checks say too: ASVS 5.0, 7.3 leaves the limits to us, isolation.md names 15 minutes and 12 hours.
MOST_IDLE_MINUTES = 15
MOST_HOURS = 12
READ = text(f"SELECT {', '.join(FIELDS)} FROM vendor WHERE vendor_id = (SELECT tenancy.current_vendor())")
HOLD = text("SELECT 1 FROM vendor_lock WHERE vendor_id = (SELECT tenancy.current_vendor()) FOR UPDATE")
WRITE = text(f"UPDATE vendor SET {', '.join(f'{name} = :{name}' for name in FIELDS)} WHERE vendor_id = (SELECT tenancy.current_vendor())")
ZONES = text(
    "SELECT name FROM pg_timezone_names WHERE name LIKE 'America/%' OR name LIKE 'Pacific/%' OR name LIKE 'US/%' OR name = 'UTC' "
    "ORDER BY name NOT IN ('America/New_York', 'America/Chicago', 'America/Denver', 'America/Phoenix', 'America/Los_Angeles', 'America/Anchorage', "
    "'Pacific/Honolulu', 'America/Puerto_Rico'), name"
)


class ChangedMeanwhile(Conflict):
    """Somebody else changed the settings after the page was opened; the page's answer is 412 (RFC 9110, 15.5.13)."""

    code = "changed_meanwhile"
    status = 412


def read_settings_of_vendor(connection: Connection) -> dict[str, Any]:
    """Return the current vendor's settings by their names."""
    return dict(connection.execute(READ).mappings().one())


def version_of(settings: Mapping[str, Any]) -> str:
    """Return what tells one state of the settings from another: a SHA-256 of them in hex."""
    return sha256("\x1f".join(f"{name}={settings[name]}" for name in FIELDS).encode()).hexdigest()


def known_zones(connection: Connection) -> list[str]:
    """Return the time zones to choose from: those in which most of the country lives first, then the rest of America and the Pacific by name."""
    return list(connection.scalars(ZONES))


def change_settings(connection: Connection, wanted: Mapping[str, Any], *, seen: str) -> list[str]:
    """Write the settings and return the names of those that changed; the audit log keeps the names and no value.

    `seen` is the version that the page was made from. Raises `ChangedMeanwhile` when it is another by now, `UsageMistake` for a time zone
    that is not one of those to choose from.
    """
    connection.execute(HOLD)
    before = read_settings_of_vendor(connection)
    if version_of(before) != seen:
        raise ChangedMeanwhile("Somebody else changed these settings after you opened the page; look at what is there now.")
    if wanted["timezone"] != before["timezone"] and wanted["timezone"] not in known_zones(connection):
        raise UsageMistake(f"{str(wanted['timezone'])[:60]!r} is not one of the time zones; choose one from the list.")
    changed = [name for name in FIELDS if wanted[name] != before[name]]
    if changed:
        connection.execute(WRITE, {name: wanted[name] for name in FIELDS})
        append_event(connection, action="settings.changed", detail={"changed": changed})
    return changed
