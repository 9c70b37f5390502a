"""The rule tables that words need, read once a process for each rule set: a page asks for the newest one's name with what it reads anyway."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import TypeVar, cast

from sqlalchemy import Connection

from caretally.cms.rule_tables import RuleTables, rule_tables

# As SQL, for the query of a page: which tables stand now, told apart by the rule set's code and when it was loaded.
NEWEST = "(SELECT code || ' ' || loaded_at FROM rule_set ORDER BY effective_from DESC, loaded_at DESC LIMIT 1)"
MOST_KEPT = 16

Read = TypeVar("Read")
_kept: OrderedDict[tuple[object, ...], object] = OrderedDict()
_one_at_a_time = Lock()


def kept_rule_tables(connection: Connection, newest: str) -> RuleTables:
    """Return the tables in force, which belong to no tenant; `newest` is the answer of `NEWEST` in this transaction."""
    return kept_of_rules(connection, newest, rule_tables)


def kept_of_rules(connection: Connection, newest: str, read: Callable[[Connection], Read]) -> Read:
    """Return what `read` makes of the rule tables alone, kept for the tables that stand now."""
    url = connection.engine.url
    key = (url.host, url.port, url.database, newest, read)
    with _one_at_a_time:
        found = _kept.get(key)
    if found is None:
        found = read(connection)
        with _one_at_a_time:
            _kept[key] = found
            while len(_kept) > MOST_KEPT:
                _kept.popitem(last=False)
    return cast("Read", found)
