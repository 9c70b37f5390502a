"""The child process that parses a file: under a ceiling of memory and seconds, with the parsed rows and a summary as its only output.

`python -m caretally.imports.child FILE ROWS SUMMARY`: a hostile file can harm this process only."""

import csv
import hashlib
import json
import resource
import sys
from pathlib import Path

from caretally.imports.limits import MAX_CELL_CHARACTERS, MAX_MEMORY_BYTES, MAX_SECONDS
from caretally.imports.reading import Unreadable, rows_of

Problem = tuple[int, str, str, str, str]


def main() -> None:
    """Parse the first argument into the second and write what was found to the third."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    source, rows, summary = (Path(argument) for argument in sys.argv[1:4])
    summary.write_text(json.dumps(_parse(source, rows)), encoding="utf-8")


def _parse(source: Path, rows: Path) -> dict[str, object]:
    try:
        return _written(source, rows)
    except Unreadable as error:
        return {"unreadable": str(error)}
    except MemoryError:
        return {"unreadable": "The file needs too much memory to be read; split it."}


def _written(source: Path, rows: Path) -> dict[str, object]:
    numbered = rows_of(source)
    _, headers = next(numbered, (0, []))
    if not headers:
        raise Unreadable("The file is empty.")
    width, count, problems = len(headers), 0, list[Problem]()
    with rows.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for line, cells in numbered:
            count += 1
            if len(cells) != width:
                problems.append((line, "", "", "ragged", f"The row has {len(cells)} cells under {width} headers."))
            elif max(map(len, cells)) > MAX_CELL_CHARACTERS:
                problems.append((line, "", "", "cell_too_long", f"A cell is longer than {MAX_CELL_CHARACTERS} characters."))
            else:
                writer.writerow([line, *cells])
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    return {"headers": headers, "rows": count, "sha256": digest, "problems": problems}


if __name__ == "__main__":
    main()
