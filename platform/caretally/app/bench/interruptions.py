"""Ctrl-C and a polite kill: who hears of them, and when."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

POLITE = frozenset({signal.SIGINT, signal.SIGTERM})


@contextmanager
def interruptions_put_off() -> Iterator[None]:
    """Let no interruption fall into what must be done whole, such as clearing up; one that comes meanwhile counts afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, POLITE)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def children_deaf_to_ctrl_c() -> Iterator[None]:
    """Let the processes that are started here not hear the Ctrl-C of the terminal: their parent ends them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
