"""The page of what security standards ask: every test that it names exists, and every row has an answer."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
PAGE = (TOP / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
ROW = re.compile(r"^\| (\d+\.\d+\.\d+|3\d\d\([\w()]+|2025 \w+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
ANSWERS = ("`tests/", "[", "operator's duty: ", "not yet: ", "none here: ", "the list at the end")
# How many rows levels 1 (70) and 2 (183) and the three of level 3 have in each chapter.
ASKED = {1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 36, 7: 19, 8: 8, 9: 7, 10: 29, 11: 14, 12: 9, 13: 13, 14: 9, 15: 13, 16: 16, 17: 7}


def unknown(page: str) -> list[str]:
    """Return the tests that a page names and that do not exist."""
    return [f"{path}::{name}" for path, name in NAMED.findall(page) if name not in functions_of(TOP / path)]


@cache
def functions_of(path: Path) -> set[str]:
    """Return the names of a file's tests, none of a file that is not there."""
    if not path.exists():
        return set()
    return {node.name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)}


def test_every_test_that_the_page_names_exists() -> None:
    assert len(NAMED.findall(PAGE)) > 100
    assert unknown(PAGE) == []


@pytest.mark.parametrize("name", ["`tests/test_layout.py::test_of_nobody`", "`tests/test_of_nobody.py::test_one`"])
def test_a_test_that_does_not_exist_is_reported(name: str) -> None:
    assert unknown(f"{PAGE}\n{name}\n") == [name.strip("`")]


def test_every_row_has_an_answer_and_no_number_comes_twice() -> None:
    numbers = [number for number, _, _ in ROW.findall(PAGE)]
    assert len(numbers) == len(set(numbers))
    for number, label, answer in ROW.findall(PAGE):
        assert label.strip(), number
        assert all(part.startswith(ANSWERS) for part in re.split(r"; (?=`tests/|operator|not yet|none here)", answer)), number


@pytest.mark.parametrize("chapter", ASKED)
def test_every_chapter_of_the_first_standard_is_whole(chapter: int) -> None:
    assert len([number for number, _, _ in ROW.findall(PAGE) if number.startswith(f"{chapter}.")]) == ASKED[chapter]


def test_the_whole_of_the_first_standard_is_there() -> None:
    assert sum(ASKED.values()) == 70 + 183 + 3
