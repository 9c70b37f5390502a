"""The broker of this installation: the one that was given, else the embedded one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from caretally.config.settings import Settings
from caretally.errors import DependencyDown
from caretally.jobs.broker import broker_answers, require_address
from caretally.jobs.embedded_broker import ensure_broker, read_broker, stop_broker


def broker_url(settings: Settings) -> str:
    """Return the given broker's address, else that of the embedded one, started now if need be.

    Raises `UsageMistake` for an address that is none, `DependencyDown` when the embedded one does not start.
    """
    if settings.broker_url:
        require_address(settings.broker_url)
        return settings.broker_url
    return ensure_broker(settings.home).url


def broker_is_up(settings: Settings) -> bool:
    """Tell whether the broker answers; one that is not up is not started."""
    if settings.broker_url:
        return broker_answers(settings.broker_url)
    place = read_broker(settings.home)
    return place is not None and broker_answers(place.url)


@dataclass(frozen=True, repr=False)
class BrokerUp:
    """The broker's address, and whether this process started it. It has no repr: it holds a password."""

    url: str
    started: bool


@contextmanager
def broker_up(settings: Settings) -> Iterator[BrokerUp]:
    """Keep the broker up for the block; stop the embedded one afterwards if this process started it."""
    started = not settings.broker_url and not broker_is_up(settings)
    url = broker_url(settings)
    try:
        yield BrokerUp(url, started)
    finally:
        if started:
            stop_broker(settings.home)


class BrokerMoved(DependencyDown):
    """The embedded broker listens at another port than this process knows, since a stranger took the old one."""

    code = "broker_moved"


def heal_broker(settings: Settings, url: str) -> None:
    """Start the embedded broker again where it was. Raises `BrokerMoved` when it had to go elsewhere, `DependencyDown` when it does not start."""
    if not settings.broker_url and ensure_broker(settings.home).url != url:
        raise BrokerMoved("The broker had to move to another port; start the worker again.")
