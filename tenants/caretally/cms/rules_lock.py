"""Whoever decides reads one set of rules from beginning to end: a load waits for decisions under way, and decisions for a load."""

from sqlalchemy import Connection, text

# Any number that nothing else of ours locks; it spells CMS.
RULES = 0x434D53
SHARED = text("SELECT pg_advisory_xact_lock_shared(:rules)")
ALONE = text("SELECT pg_advisory_xact_lock(:rules)")


def keep_rules(connection: Connection) -> None:
    """Keep the rule and fee tables as they are until the caller's transaction ends; waits for a load under way."""
    connection.execute(SHARED, {"rules": RULES})


def change_rules(connection: Connection) -> None:
    """Wait until no transaction that decides by the rule and fee tables is under way, and let none begin before the caller's ends."""
    connection.execute(ALONE, {"rules": RULES})
