"""Statements that the server keeps prepared for a connection, executed by libpq's own calls: one call each, or several in one round trip.

The driver's cursor takes a page longer than most of its statements take the server (decision 0023). Values are bound apart from the words, since other
sessions of a login may read the words. Only connections whose driver prepares nothing by itself are asked this way: it would let go of ours with its own.
"""

import select
from collections import OrderedDict, namedtuple
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import abc, pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq.abc import PGresult
from psycopg.rows import RowMaker

MOST_PREPARED = 100
# The fields of a row are its statement's own, so that no class can be written down for it.
ROW: Any = namedtuple  # noqa: PYI024
FAILED = (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.PIPELINE_ABORTED)
NO_SUCH_STATEMENT = b"26000"
LET_GO_OF_ALL = b"DEALLOCATE ALL"


@dataclass(slots=True)
class Prepared:
    """One statement with the types of its values, under its name at the server; `doubted` after an error, as when its tables have changed."""

    name: bytes
    transformer: abc.Transformer
    maker: RowMaker[Any] | None = None
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class Bound:
    """A prepared statement with its values."""

    prepared: Prepared
    # as `Any`, since psycopg's own types leave out that NULL is given as None
    values: Sequence[Any]
    formats: Sequence[pq.Format] | None


class PreparedStatements:
    """What one connection has prepared, the statements used last."""

    def __init__(self, driver: psycopg.Connection) -> None:
        """Begin with none for a connection."""
        self.driver, self.pgconn = driver, driver.pgconn
        self._dumper: abc.Transformer = Transformer(driver)
        self._kept: OrderedDict[tuple[str, tuple[int, ...] | None], Prepared] = OrderedDict()
        self._made = 0
        self._lost = False

    def __len__(self) -> int:
        """Return how many statements are prepared."""
        return len(self._kept)

    def bound(self, words: str, given: Sequence[Any]) -> Bound:
        """Return a statement with its values, prepared now where it is not. Raises the driver's error."""
        if self._lost:
            self._let_go_of_all()
        dumper = self._dumper
        values = dumper.dump_sequence(given, [PyFormat.AUTO] * len(given))
        key = (words, dumper.types)
        prepared = self._kept.get(key)
        if prepared is not None and prepared.doubted:
            self._let_go(self._kept.pop(key))
            prepared = None
        if prepared is None:
            prepared = self._kept[key] = self._prepare(words, dumper.types)
        else:
            self._kept.move_to_end(key)
        return Bound(prepared, values, dumper.formats)

    def rows(self, bound: Bound) -> list[Any]:
        """Execute a statement and return its rows as named tuples. Raises the driver's error."""
        return self._rows(bound, self.pgconn.exec_prepared(bound.prepared.name, bound.values, bound.formats))

    def in_one_round_trip(self, messages: Sequence[Bound | bytes], *, then: Sequence[bytes] = ()) -> bool:
        """Execute statements one after another, those without values as their words, and none after one that fails; tell whether `then` was executed too.

        Raises the driver's error of the first of `messages` that fails.
        """
        everything = [*messages, *then]
        self.pgconn.enter_pipeline_mode()
        try:
            for message in everything:
                if isinstance(message, Bound):
                    self.pgconn.send_query_prepared(message.prepared.name, message.values, message.formats)
                else:
                    self.pgconn.send_query_params(message, None)
            self.pgconn.pipeline_sync()
            answers = self._answers()
            self.pgconn.exit_pipeline_mode()
        except BaseException:
            # answers may still come, which nobody could tell from others: the connection is of no use any more
            self.pgconn.finish()
            raise
        for message, answer in zip(messages, answers, strict=False):
            if answer.status in FAILED:
                raise self._error(answer, message.prepared if isinstance(message, Bound) else None)
        if len(answers) < len(messages):
            raise psycopg.OperationalError("the server ended the connection")
        return len(answers) == len(everything) and not any(answer.status in FAILED for answer in answers)

    def read_anew(self) -> None:
        """Read and write values by the connection's settings as they are now: how that is done is kept, and somebody may have changed it."""
        self._dumper = Transformer(self.driver)
        for prepared in self._kept.values():
            prepared.transformer, prepared.maker = Transformer(self.driver), None

    def _answers(self) -> list[PGresult]:
        """Return an answer for each statement; while the server works, other threads do."""
        answers: list[PGresult] = []
        ready = select.poll()
        ready.register(self.pgconn.socket, select.POLLIN | select.POLLOUT)
        while self.pgconn.flush():
            ready.poll()
            self.pgconn.consume_input()
        ready.modify(self.pgconn.socket, select.POLLIN)
        while True:
            while self.pgconn.is_busy():
                ready.poll()
                self.pgconn.consume_input()
            answer = self.pgconn.get_result()
            if answer is not None and answer.status != pq.ExecStatus.PIPELINE_SYNC:
                answers.append(answer)
            # nothing stands between two answers, and for ever where the connection is lost
            elif answer is not None or self.pgconn.status != pq.ConnStatus.OK:
                return answers

    def _prepare(self, words: str, types: tuple[int, ...] | None) -> Prepared:
        if len(self._kept) >= MOST_PREPARED:
            self._let_go(self._kept.popitem(last=False)[1])
        self._made += 1
        prepared = Prepared(b"caretally_%d" % self._made, Transformer(self.driver))
        answer = self.pgconn.prepare(prepared.name, words.encode(), types)
        if answer.status in FAILED:
            raise error_of(answer)
        return prepared

    def _let_go(self, prepared: Prepared) -> None:
        self.pgconn.exec_(b"DEALLOCATE " + prepared.name)

    def _let_go_of_all(self) -> None:
        self._kept.clear()
        self._lost = self.pgconn.exec_(LET_GO_OF_ALL).status in FAILED

    def _rows(self, bound: Bound, answer: PGresult) -> list[Any]:
        prepared = bound.prepared
        if answer.status in FAILED:
            raise self._error(answer, prepared)
        transformer = prepared.transformer
        transformer.set_pgresult(answer, set_loaders=prepared.maker is None)
        if prepared.maker is None:
            names = [(answer.fname(column) or b"").decode() for column in range(answer.nfields)]
            prepared.maker = ROW("Row", names)._make
        rows = transformer.load_rows(0, answer.ntuples, prepared.maker)
        # what was read is not kept with the statement
        transformer.set_pgresult(None, set_loaders=False)
        return rows

    def _error(self, answer: PGresult, prepared: Prepared | None) -> psycopg.Error:
        if prepared is not None:
            prepared.doubted = True
        # somebody let go of one, and perhaps of others
        self._lost = self._lost or answer.error_field(pq.DiagnosticField.SQLSTATE) == NO_SUCH_STATEMENT
        return error_of(answer)


def error_of(answer: PGresult) -> psycopg.Error:
    """Return the driver's error for an answer; one without a state of its own is libpq's, which lost the server."""
    if answer.error_field(pq.DiagnosticField.SQLSTATE) is None:
        return psycopg.OperationalError(answer.get_error_message())
    return error_from_result(answer)
