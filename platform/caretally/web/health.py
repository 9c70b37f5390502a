"""Is the process alive, may it be given requests, and what would an operator look at first; no tenant's row is read."""

from importlib.metadata import version

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from caretally.web.access import open_to_all
from caretally.web.edge import edge

health = Blueprint("health", __name__)
ANYTHING = text("SELECT 1")


@health.get("/livez")
@open_to_all("a supervisor asks before anybody has signed in; it tells that the process answers and nothing else")
def live() -> ResponseReturnValue:
    """Answer as long as the process can answer at all."""
    return jsonify(status="alive")


@health.get("/readyz")
@open_to_all("a load balancer asks before anybody has signed in; it tells yes or no")
def ready() -> ResponseReturnValue:
    """Answer 200 when every pool reaches the database, else 503; how the broker is, is told and changes neither: jobs are rows and wait."""
    parts = reached()
    said = {"status": "ready" if all(parts.values()) else "not ready"} | {name: words(up) for name, up in broker().items()}
    return jsonify(said), 200 if all(parts.values()) else 503


@health.get("/statusz")
@open_to_all("an operator asks which part fails; it names parts and the release, no tenant and no address")
def status() -> ResponseReturnValue:
    """Answer with the release and, for each part, whether it is reached."""
    return jsonify(release=version("caretally"), parts={name: words(up) for name, up in (reached() | broker()).items()})


def reached() -> dict[str, bool]:
    """Return for each pool whether the database answers it."""
    pools = {"vendor": edge().vendor_pool, "practice": edge().practice_pool, "sign_in": edge().auth_pool, "operator": edge().operator_pool}
    return {f"{name}_pool": _answers(pool) for name, pool in pools.items()}


def broker() -> dict[str, bool]:
    """Return whether the broker of background work answers; nothing where the process was told of none."""
    asked = edge().broker_is_up
    return {} if asked is None else {"broker": asked()}


def words(up: bool) -> str:
    """Return how a part is, in a word."""
    return "up" if up else "down"


def _answers(pool: Engine) -> bool:
    try:
        with pool.connect() as connection:
            connection.execute(ANYTHING)
    except SQLAlchemyError:
        return False
    return True
