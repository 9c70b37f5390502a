"""The page of the import files' columns is what the imports go by."""

from pathlib import Path

import pytest

from caretally.app.import_kinds import IMPORT_KINDS
from caretally.app.write_columns_page import columns_page

PAGE = columns_page()


def test_the_committed_page_is_the_generated_one() -> None:
    assert (Path(__file__).parents[3] / "docs" / "import-columns.md").read_text(encoding="utf-8") == PAGE


@pytest.mark.parametrize("kind", IMPORT_KINDS)
def test_every_column_and_every_rule_of_a_kind_is_named(kind: str) -> None:
    _, _, section = PAGE.partition(f"\n## {kind}\n")
    section = section.partition("\n## ")[0]
    declared = IMPORT_KINDS[kind]
    assert [name for name in declared.column_names if f"`{name}`" not in section] == []
    assert section.count("\n- `") >= len({(rule.column, rule.sentence) for rule in declared.rules})
    assert "{" not in section


def test_what_is_needed_and_what_only_warns_is_marked() -> None:
    assert "| **`mrn`** | text |" in PAGE
    assert "- `credential`: *Warns.*" in PAGE
    assert "| `approved_by` |" in PAGE
