"""The rule tables that words need, read once a process for each rule set: a page asks for the newest one's name with what it reads anyway."""

from collections import OrderedDict
from threading import Lock

from sqlalchemy import Connection

from caretally.cms.rule_tables import RuleTables, rule_tables

# As SQL, for the query of a page: which tables stand now, told apart by the rule set's code and when it was loaded.
NEWEST = "(SELECT code || ' ' || loaded_at FROM rule_set ORDER BY effective_from DESC, loaded_at DESC LIMIT 1)"
MOST_KEPT = 16

_kept: OrderedDict[tuple[str, str], RuleTables] = OrderedDict()
_one_at_a_time = Lock()


def kept_rule_tables(connection: Connection, newest: str) -> RuleTables:
    """Return the tables in force, which belong to no tenant; `newest` is the answer of `NEWEST` in this transaction."""
    key = (connection.engine.url.render_as_string(hide_password=True), newest)
    with _one_at_a_time:
        found = _kept.get(key)
    if found is None:
        found = rule_tables(connection)
        with _one_at_a_time:
            _kept[key] = found
            while len(_kept) > MOST_KEPT:
                _kept.popitem(last=False)
    return found
