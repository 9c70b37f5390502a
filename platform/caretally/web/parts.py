"""Parts of a page that are made once for the same facts: what the database said in this request, and whatever else shapes them, is what they are kept by.

Nothing is read from here that the transaction has not just read under row level security: the facts are asked for each time, and only their markup is
kept, for visitors of the same reach and permissions. A part cannot look at the request or the visitor; it has its arguments (decision 21).
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from sys import getsizeof
from threading import Lock
from typing import Any, ParamSpec, TypeVar, cast

from flask import Flask, current_app, request
from jinja2 import Environment
from markupsafe import Markup

from caretally.web.edge import visitor

P = ParamSpec("P")
Made = TypeVar("Made")
PARTS = "caretally_parts"
MOST_LETTERS = 16_000_000
# About the bytes of a number, a day or an id.
LETTERS_OF_ONE = 60
CONTROLS = re.compile("[\x80-\x9f]")
# What a part may call beside its arguments; none of these looks at who asks, but `url_for`, which looks at the root that parts are kept by.
GLOBALS = ("icon", "stack_of", "counted", "url_for", "range")


class Facts:
    """What something is kept by, hashed once: facts are long, and a place among what is kept is asked for several times."""

    __slots__ = ("facts", "hashed")

    def __init__(self, facts: Hashable) -> None:
        """Take the facts."""
        self.facts, self.hashed = facts, hash(facts)

    def __hash__(self) -> int:
        """Return the hash of the facts."""
        return self.hashed

    def __eq__(self, other: object) -> bool:
        """Tell whether the facts are the same."""
        return isinstance(other, Facts) and self.facts == other.facts


class KeptParts:
    """The parts of one process, those used last, up to so many letters of markup in all; and the templates that make them."""

    def __init__(self, app: Flask, *, most_letters: int = MOST_LETTERS) -> None:
        """Begin with none."""
        self.most_letters, self.letters = most_letters, 0
        self.templates = own_templates(app)
        self._kept: OrderedDict[Facts, tuple[Facts, Any, int]] = OrderedDict()
        self._one_at_a_time = Lock()

    def of(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what is kept by a key, made now when nothing is."""
        facts = Facts(key)
        found = self._found(facts)
        if found is not None:
            return cast("Made", found)
        made = make()
        self._keep(facts, made)
        return made

    def found(self, key: Hashable) -> Any:
        """Return what is kept by a key, None when nothing is."""
        return self._found(Facts(key))

    def keep(self, key: Hashable, made: object) -> None:
        """Keep something by a key in place of what is kept by it, and let go of what was used longest ago where there is too much."""
        self._keep(Facts(key), made)

    def forget(self) -> None:
        """Keep nothing."""
        with self._one_at_a_time:
            self._kept.clear()
            self.letters = 0

    def _found(self, facts: Facts) -> Any:
        with self._one_at_a_time:
            found = self._kept.get(facts)
            if found is None:
                return None
            # by its own object, which is the same without a look at what it holds
            self._kept.move_to_end(found[0])
            return found[1]

    def _keep(self, facts: Facts, made: object) -> None:
        letters = letters_of(made) + letters_of(facts.facts)
        with self._one_at_a_time:
            before = self._kept.pop(facts, None)
            self.letters += letters - (before[2] if before else 0)
            self._kept[facts] = (facts, made, letters)
            while self.letters > self.most_letters:
                self.letters -= self._kept.popitem(last=False)[1][2]


def install_parts(app: Flask) -> None:
    """Let the application keep parts; the globals that their templates have are in place before."""
    app.extensions[PARTS] = KeptParts(app)


def own_templates(app: Flask) -> Environment:
    """Return the environment of the parts' templates: the pages' own, without anything that tells who asks or of which request."""
    made = app.jinja_env.overlay()
    made.globals = {name: app.jinja_env.globals[name] for name in GLOBALS}
    return made


def made_once(make: Callable[P, Made]) -> Callable[P, Made]:
    """Keep what a function makes by its arguments, all of them hashable, and by what the visitor may see; it returns markup or a tuple with markup."""

    @wraps(make)
    def kept(*args: P.args, **kwargs: P.kwargs) -> Made:
        key = (make, whose(), request.script_root, args, tuple(kwargs.items()))
        return kept_or_made(key, lambda: in_ascii(make(*args, **kwargs)))

    return kept


def in_ascii(made: Made) -> Made:
    """Return markup with every other character as a reference, which says the same and is put into pages fifty times as fast (docs/performance.md)."""
    # what browsers read as another character when it is written as a reference stays as it is (HTML, 13.2.5.80)
    if isinstance(made, Markup) and not CONTROLS.search(made):
        return cast("Made", Markup(made.encode("ascii", "xmlcharrefreplace").decode("ascii")))  # noqa: S704 - it was markup before
    if isinstance(made, tuple):
        parts = map(in_ascii, made)
        return cast("Made", type(made)(*parts) if hasattr(made, "_fields") else tuple(parts))
    return made


def kept_or_made(key: Hashable, make: Callable[[], Made]) -> Made:
    """Return what this process keeps by a key, made now when nothing is; for who reads by break-glass it is made each time, so that each reading is told of."""
    return make() if by_break_glass() else kept_parts().of(key, make)


def kept_now(key: Hashable) -> Any:
    """Return what this process keeps by a key, None when nothing is, and for who reads by break-glass."""
    return None if by_break_glass() else kept_parts().found(key)


def keep_now(key: Hashable, made: object) -> None:
    """Keep something by a key, where not somebody reads by break-glass."""
    if not by_break_glass():
        kept_parts().keep(key, made)


def by_break_glass() -> bool:
    """Tell whether the visitor is an operator who reads by break-glass."""
    who = visitor()
    return who is not None and who.reading is not None


def part(template: str, **facts: Any) -> Any:
    """Return a template of parts over some facts: its macros are the parts, its variables what they go by."""
    return kept_parts().templates.get_template(template).make_module(facts)


def kept_parts() -> KeptParts:
    """Return the parts of the running application."""
    return cast("KeptParts", current_app.extensions[PARTS])


def whose() -> Hashable:
    """Return what decides which rows and links this visitor meets, nothing for nobody."""
    who = visitor()
    return who and (who.vendor_id, who.clients, who.period, who.permissions, who.operates, who.reading is not None)


def letters_of(kept: object) -> int:
    """Return about how many letters of memory a part or a key of it holds; what is neither text nor a tuple may say so by its `letters`."""
    if isinstance(kept, str):
        # a letter beyond ASCII makes each of them take up to four bytes
        return len(kept) if kept.isascii() else getsizeof(kept)
    return sum(map(letters_of, kept), LETTERS_OF_ONE) if isinstance(kept, tuple | frozenset) else getattr(kept, "letters", LETTERS_OF_ONE)
