"""What every page makes a browser load stays small."""

from pathlib import Path

import pytest

import caretally.web

STATIC = Path(caretally.web.__file__).parent / "static"


@pytest.mark.parametrize(("ending", "most_bytes"), [("css", 40_000), ("js", 60_000)])
def test_all_files_of_a_kind_are_small_together(ending: str, most_bytes: int) -> None:
    sizes = [file.stat().st_size for folder in (STATIC, *STATIC.rglob("*/")) for file in folder.glob(f"*.{ending}")]
    assert 0 < sum(sizes) <= most_bytes
