"""The facts that mutants face, one patient or one meeting of patients each, with what the oracle says of them."""

import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Iterable
from functools import cache, cached_property
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.builders.cases import cases
from tests.builders.edges import edges_one_by_one
from tests.builders.facts import Facts, clean_patient, entry, facts
from tests.builders.months import client_months
from tests.builders.program_edges import program_edges_one_by_one
from tests.builders.rule_rows import of_dates, of_gates, of_policies, of_reasons, of_signals
from tests.builders.worked_programs import CASES
from tests.invoicing.evaluation.test_agreement_with_the_oracle import comparable
from tests.oracle.biller import decide
from tests.oracle.test_oracle_gates import HOLDS, ON_TIME, WARNINGS

SEED = 20261123
MONTHS = 40
WORK = "2026-03-03T10:00"
WORD = re.compile(r"[A-Za-z0-9_]+")


def digest(one: Facts) -> str:
    """Return the name of facts: the beginning of the SHA-256 of their JSON, as hexadecimal digits."""
    return hashlib.sha256(json.dumps(one, sort_keys=True).encode()).hexdigest()[:16]


@cache
def everything() -> list[Facts]:
    """Return what mutants face: worked cases, each row of the rules, edges of gates, of time and of dates, policies, and generated months."""
    gates: list[Facts] = [*ON_TIME, *(patient for _code, patient in (*HOLDS, *WARNINGS))]
    plain = [facts(clean_patient("p1", **{"entries": [entry(WORK, 1200)], **changes})) for changes in gates]
    worked = [*(one.facts for one in cases()), *(one.facts() for one, *_ in CASES.values()), *plain]
    rows = [*of_gates(), *of_reasons(), *of_dates(), *of_signals()]
    return [*worked, *rows, *edges_one_by_one(), *program_edges_one_by_one(), *of_policies(), *_generated()]


class Material:
    """Facts found by their digest or by the words of the oracle's answers: codes, gates, reasons, programs."""

    def __init__(self, made: Iterable[Facts]) -> None:
        """Take the facts; nothing is decided before it is asked for."""
        self.facts = list(made)
        self._expected: dict[str, list[dict[str, Any]]] = {}

    @cached_property
    def by_digest(self) -> dict[str, Facts]:
        """The facts by their names."""
        return {digest(one): one for one in self.facts}

    def expected(self, one: Facts) -> list[dict[str, Any]]:
        """Return what the oracle says of facts, whether they are among these or not."""
        name = digest(one)
        if name not in self._expected:
            self._expected[name] = [comparable(decision) for decision in decide(one)]
        return self._expected[name]

    def about(self, mentions: Iterable[str]) -> list[Facts]:
        """Return the facts whose answers hold one of the words: those that hold most of them first, of these those that fit in one file."""
        asked = set(mentions)
        ranked = sorted(self._words, key=lambda found: -len(found[1] & asked))
        return [one for one, words in ranked if words & asked]

    @cached_property
    def _words(self) -> list[tuple[Facts, set[str]]]:
        often = Counter(map(_terms, self.facts))
        mixed = sorted(random.Random(SEED).sample(self.facts, len(self.facts)), key=lambda one: -often[_terms(one)])
        return [(one, words_of(self.expected(one))) for one in mixed]


def words_of(answers: list[dict[str, Any]]) -> set[str]:
    """Return the codes, gates, reasons, programs and other words of answers."""
    return set(WORD.findall(json.dumps(answers)))


def _terms(one: Facts) -> str:
    return json.dumps([one["month"], one["timezone"], one["agreement"], one.get("policies")], sort_keys=True)


def _generated() -> list[Facts]:
    kept: list[Facts] = []

    @seed(SEED)
    @settings(max_examples=MONTHS, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(month=client_months(most_patients=6))
    def keep(month: Facts) -> None:
        kept.append(month)

    keep()
    return kept
