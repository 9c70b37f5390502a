"""How it is seen that a mutant is killed: by facts that the product decides as the oracle does, and the mutant otherwise or not at all.

A list beside the tests says which facts killed each mutant last, and they are asked first. It only saves a search: a kill is always seen anew.
"""

import csv
import fcntl
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.errors import QueryCanceled
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from caretally.errors import CareTallyError
from caretally.evaluation.load_facts import DECIDE_VENDOR
from caretally.tenancy.context import TenantContext
from caretally.tenancy.transaction import tenant_transaction
from tests.builders.databases import TestDatabase
from tests.builders.deciding import decided_in
from tests.builders.edges import merged
from tests.builders.facts import Facts
from tests.invoicing.evaluation.mutation_material import Material, digest, words_of
from tests.invoicing.evaluation.test_agreement_with_the_oracle import comparable

WRITE = "CARETALLY_WRITE_KILLERS"
A_FEW, AT_ONCE = 12, 60
# Of a patient or two the planner need not weigh every order of joins; what takes this long is no answer.
QUICKLY = "SET LOCAL join_collapse_limit = 1; SET LOCAL statement_timeout = '{seconds}s'"
FAILURES = (CareTallyError, SQLAlchemyError, ValueError, KeyError, TypeError, AssertionError, StopIteration)
WRONG, FAILED, TIMED_OUT = "a wrong answer", "an error", "a timeout"
Answers = list[dict[str, Any]]
Applied = Callable[[Connection], AbstractContextManager[object]]


@dataclass(frozen=True)
class Mutant:
    """A change of the rules under test: `applied` makes it for a transaction, `own` and `mentions` (words of answers) find facts worth asking.

    `same` is why it can change no decision, empty when it can.
    """

    name: str
    applied: Applied
    own: Callable[[], list[Facts]] = list
    mentions: tuple[str, ...] = ()
    same: str = ""


def nothing(_connection: Connection) -> AbstractContextManager[object]:
    """Change nothing."""
    return nullcontext()


class KnownKillers:
    """A file of two columns: the name of a mutant and the digest of the facts that killed it last."""

    def __init__(self, path: Path) -> None:
        """Read the file, which need not exist yet."""
        self._path = path
        self.by_mutant = self._read()

    def in_order(self, mutants: Iterable[Mutant]) -> list[Mutant]:
        """Return mutants so that those killed by the same facts stand together."""
        return sorted(mutants, key=lambda mutant: (self.by_mutant.get(mutant.name, ""), mutant.name))

    def write(self, found: dict[str, str], *, everyone: Iterable[str]) -> None:
        """Put what was found into the file beside what others found, without mutants that are no more."""
        with self._path.open("a+", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            kept, exist = self._read() | found, set(everyone)
            with self._path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(sorted((name, facts) for name, facts in kept.items() if name in exist))

    def _read(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        with self._path.open(encoding="utf-8", newline="") as file:
            return dict(csv.reader(file))


class Hunt:
    """The search for facts that kill each of some mutants, and its figures."""

    def __init__(self, database: TestDatabase, killers: KnownKillers, material: Material, *, patience: int = 30) -> None:
        """Take the database in whose throw-away transactions all is decided, what killed the mutants last and the seconds a statement may take."""
        self._database = database
        self._killers = killers
        self._material = material
        self._quickly = QUICKLY.format(seconds=patience)
        self._agree: dict[str, bool] = {}
        self.found: dict[str, str] = {}
        self.ways: Counter[str] = Counter()
        self.searched: list[str] = []
        self.alive: list[str] = []
        self.refuted: list[str] = []

    def judge(self, mutants: Iterable[Mutant]) -> None:
        """Kill each mutant by what killed it last, else by whatever facts do; see that what is argued to be the same rule answers alike."""
        everyone = list(mutants)
        judged = [mutant for mutant in everyone if not mutant.same]
        self.ways["the same rule"] += len(everyone) - len(judged)
        last = [self._last(mutant) for mutant in judged]
        asked = list({digest(one): one for some in last for one in some}.values())
        self._decide_together(asked)
        self.refuted += [mutant.name for mutant in everyone if mutant.same and self._differs(mutant, mutant.own() or asked)]
        for mutant, some in zip(judged, last, strict=True):
            if not self._falls(mutant, some):
                self.searched.append(mutant.name)
                if not self._falls(mutant, self._suspects(mutant)):
                    self.alive.append(mutant.name)

    def figure(self, of_what: str) -> str:
        """Return how many were killed of how many, by what, and which are alive or were killed by other facts than last."""
        what, killed, judged = self.share(of_what)
        ways = ", ".join(f"{self.ways[way]:,} by {way}" for way in (WRONG, FAILED, TIMED_OUT))
        rate = f"{killed:,} of {judged:,} {what} ({killed * 100 // max(judged, 1)} %): {ways}"
        others = f"; {len(self.searched)} searched for anew, {WRITE}=1 puts them on the list: {self.searched[:5]}" if self.searched else ""
        return f"{rate}; {self.ways['the same rule']} proven the same rule, told apart: {self.refuted}; alive: {self.alive}{others}"

    def share(self, of_what: str) -> tuple[str, int, int]:
        """Return what the figures are of, how many were killed and of how many."""
        killed = sum(self.ways[way] for way in (WRONG, FAILED, TIMED_OUT))
        return f"mutants of the {of_what} killed", killed, killed + len(self.alive)

    def write(self, everyone: Iterable[Mutant]) -> None:
        """Put what killed the mutants on the list when the environment asks for it."""
        if os.environ.get(WRITE):
            self._killers.write(self.found, everyone=(mutant.name for mutant in everyone))

    def _falls(self, mutant: Mutant, facts: Iterable[Facts]) -> bool:
        """Tell whether some of the facts kill, and note which and how; an error or a timeout is taken when no wrong answer is found."""
        ways: dict[str, Facts] = {}
        for one in facts:
            way = self._way(mutant, one)
            ways.setdefault(way, one)
            if way == WRONG:
                break
        best = next((way for way in (WRONG, FAILED, TIMED_OUT) if way in ways), "")
        if best:
            self.ways[best] += 1
            self.found[mutant.name] = digest(ways[best])
        return bool(best)

    def _differs(self, mutant: Mutant, some: list[Facts]) -> bool:
        """Tell whether one of at most a file's worth of facts, those whose answers mention the mutant's words first, is decided otherwise by it."""
        often = {digest(one): len(words_of(self._material.expected(one)) & {*mutant.mentions}) for one in some}
        first = sorted(some, key=lambda one: -often[digest(one)])[:AT_ONCE]
        return any(self._way(mutant, one) for one in self._otherwise(mutant, first))

    def _way(self, mutant: Mutant, one: Facts) -> str:
        """Return how a mutant is seen to be none of the rules by facts that the product decides as the oracle does, empty when it is not."""
        expected, answers = self._material.expected(one), self._answers(mutant.applied, one)
        if answers == expected or not self._agrees(one):
            return ""
        return answers if isinstance(answers, str) else WRONG

    def _decide_together(self, some: list[Facts]) -> None:
        """Note of facts whether the product decides them as the oracle does, many in one file."""
        for file in merged(some):
            answers = self._answers(nothing, file)
            wrong = self._wrong(answers, some) if not isinstance(answers, str) else _numbers(file)
            self._agree |= {digest(some[number]): number not in wrong for number in _numbers(file)}

    def _agrees(self, one: Facts) -> bool:
        name = digest(one)
        if name not in self._agree:
            self._agree[name] = self._answers(nothing, one) == self._material.expected(one)
        return self._agree[name]

    def _answers(self, applied: Applied, one: Facts) -> Answers | str:
        context = TenantContext(DECIDE_VENDOR, "tester")
        try:
            with tenant_transaction(self._database.vendor_engine, context, secret=self._database.secret) as connection, applied(connection):
                connection.exec_driver_sql(self._quickly)
                return [comparable(answer) for answer in decided_in(connection, one)]
        except OperationalError as error:
            if isinstance(error.orig, QueryCanceled):
                return TIMED_OUT
            raise
        except FAILURES:
            return FAILED

    def _last(self, mutant: Mutant) -> list[Facts]:
        name = self._killers.by_mutant.get(mutant.name)
        if name is None:
            return []
        own = next((one for one in mutant.own() if digest(one) == name), None)
        one = own or self._material.by_digest.get(name)
        return [one] if one else []

    def _suspects(self, mutant: Mutant) -> Iterator[Facts]:
        """Yield a few facts of the mutant's own, then those that come out otherwise among others: its own, those whose answers mention it, any."""
        own = mutant.own()
        yield from own if len(own) <= A_FEW else ()
        others: list[Callable[[], list[Facts]]] = [lambda: self._material.about(mutant.mentions), lambda: self._material.facts]
        for find in (mutant.own, *others):
            some = find()
            for start in range(0, len(some), AT_ONCE):
                yield from self._otherwise(mutant, some[start : start + AT_ONCE])

    def _otherwise(self, mutant: Mutant, some: list[Facts]) -> list[Facts]:
        suspected: set[int] = set()
        for file in merged(some):
            answers = self._answers(mutant.applied, file)
            suspected |= _numbers(file) if isinstance(answers, str) else self._wrong(answers, some)
        used = set(self.found.values())
        return sorted((some[number] for number in sorted(suspected)), key=lambda one: digest(one) not in used)

    def _wrong(self, answers: Answers, some: list[Facts]) -> set[int]:
        wrong = set()
        for answer in answers:
            number, _, ref = str(answer["ref"]).partition("/")
            if answer | {"ref": ref} not in self._material.expected(some[int(number)]):
                wrong.add(int(number))
        return wrong


def _numbers(file: Facts) -> set[int]:
    """Return which of the facts that were merged stand in a file."""
    return {int(patient["ref"].partition("/")[0]) for patient in file["patients"]}
