"""Works off a run: previews or closes its clients one after the other, each in a transaction of its own opened at the edge."""

import time
from collections.abc import Callable
from uuid import UUID

from caretally.close.close_month import Transaction, close_month
from caretally.close.results import ClientResult, ClosedMeanwhile
from caretally.closing_runs.runs import Waiting, keep_result, next_waiting, progress_of

Progress = Callable[[int, int], None]


def close_clients(transaction: Transaction, run_id: UUID, *, progress: Progress | None = None, milliseconds: int | None = None) -> bool:
    """Work off a run until it is done, or no further client once `milliseconds` have passed; tell whether it is done.

    `transaction` opens a transaction of the vendor in the name of whoever asked; each client takes one to be looked up, those of its preview or
    close, and one in which its result is kept, and `progress` is then told how many are done of how many. A client that fails is parked with its
    reason and the others go on. Called again, by a page, a job or another process, it goes on from where it was: a client closed
    already is read back. Statements and locks of a close are bounded by its own settings.
    """
    began = time.monotonic_ns()
    while milliseconds is None or time.monotonic_ns() - began < milliseconds * 1_000_000:
        with transaction() as connection:
            waiting = next_waiting(connection, run_id)
        if waiting is None:
            return True
        result = result_of(transaction, waiting)
        with transaction() as connection:
            keep_result(connection, waiting, result)
            done = progress_of(connection, run_id)
        if progress is not None:
            progress(*done)
        if done[0] == done[1]:
            return True
    return False


def result_of(transaction: Transaction, waiting: Waiting) -> ClientResult:
    """Preview or close one client of a run; one that somebody closed first, as a second "Go on" does, is read back as it was closed."""
    for _ in range(2):
        [result] = close_month(
            transaction,
            waiting.month,
            [waiting.client],
            dry_run=waiting.kind == "preview",
            acknowledge_jump=waiting.acknowledged,
            shown={waiting.client.id: waiting.shown} if waiting.shown else None,
        )
        if result.code != ClosedMeanwhile.code:
            break
    return result
