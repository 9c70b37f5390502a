"""Parts of a page that are made once for the same facts: what the database said in this request, and whatever else shapes them, is what they are kept by.

Nothing is read from here that the transaction has not just read under row level security: the facts are asked for each time, and only their markup is
kept, for visitors of the same reach and permissions. A part cannot look at the request or the visitor; it has its arguments (decision 21).
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from threading import Lock
from typing import Any, ParamSpec, TypeVar, cast

from flask import Flask, current_app, request
from jinja2 import Environment

from caretally.web.edge import visitor

P = ParamSpec("P")
Made = TypeVar("Made")
PARTS = "caretally_parts"
MOST_LETTERS = 16_000_000
# What a part may call beside its arguments; none of these looks at who asks, but `url_for`, which looks at the root that parts are kept by.
GLOBALS = ("icon", "stack_of", "counted", "url_for", "range")


class KeptParts:
    """The parts of one process, those used last, up to so many letters of markup in all; and the templates that make them."""

    def __init__(self, app: Flask, *, most_letters: int = MOST_LETTERS) -> None:
        """Begin with none."""
        self.most_letters, self.letters = most_letters, 0
        self.templates = own_templates(app)
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._one_at_a_time = Lock()

    def of(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what is kept by a key, made now when nothing is."""
        with self._one_at_a_time:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return cast("Made", found[0])
        made = make()
        self._keep(key, made, letters_of(made))
        return made

    def forget(self) -> None:
        """Keep nothing."""
        with self._one_at_a_time:
            self._kept.clear()
            self.letters = 0

    def _keep(self, key: Hashable, made: object, letters: int) -> None:
        with self._one_at_a_time:
            self.letters += letters - self._kept.pop(key, (None, 0))[1]
            self._kept[key] = (made, letters)
            while self.letters > self.most_letters:
                self.letters -= self._kept.popitem(last=False)[1][1]


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
        return kept_parts().of(key, lambda: make(*args, **kwargs))

    return kept


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


def letters_of(made: object) -> int:
    """Return how many letters were made; what is no markup says by its `letters` about how much it is."""
    if isinstance(made, str):
        return len(made)
    return sum(map(letters_of, made)) if isinstance(made, tuple) else getattr(made, "letters", 0)
