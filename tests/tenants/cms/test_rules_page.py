"""The page of the rules is what the tables say, and says everything they hold."""

from pathlib import Path

import pytest

from caretally.cms.rule_tables import rule_tables_of_files
from caretally.cms.write_rules_page import rules_page

PAGE = rules_page()
RULES = rule_tables_of_files()


def test_the_committed_page_is_the_generated_one() -> None:
    committed = Path(__file__).parents[3] / "docs" / "rules.md"
    assert committed.read_text(encoding="utf-8") == PAGE


@pytest.mark.parametrize("code", [*RULES.codes, *(f"`{code}`" for code in RULES.gates)])
def test_every_code_and_gate_has_a_row(code: str) -> None:
    assert f"\n| {code} |" in PAGE


def test_no_gate_waits_for_a_capability() -> None:
    assert "(planned with" not in PAGE


def test_a_code_that_no_program_leads_to_says_that_it_is_only_read() -> None:
    remarks = {line.split(" | ")[0].removeprefix("| "): line for line in PAGE.splitlines() if line.startswith("| 9")}
    assert "only read" not in remarks["99439"] + remarks["99454"]
    assert "only read" in remarks["99091"]


def test_a_sentence_shows_its_open_places_as_an_ellipsis() -> None:
    assert "{" not in PAGE
