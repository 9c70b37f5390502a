"""What background work found when it tried a large file, kept with the file for the page that shows it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from caretally.imports.results import ImportResult, RowProblem
from caretally.imports.uploads import Upload
from caretally.imports.verdict import Finding, Verdict

KEEP = text("UPDATE import_upload SET tried = :tried WHERE id = :id").bindparams(bindparam("tried", type_=JSONB))
NEWEST = text("SELECT max(at)::text, max(undone_at)::text FROM import_batch")


def state_of(connection: Connection, upload: Upload) -> str:
    """Return what a verdict holds for: the file's columns and corrected cells, and the tables as the newest import left them."""
    cells = {str(line): {str(place): cell for place, cell in places.items()} for line, places in upload.corrections.items()}
    told = [upload.mapping, cells, list(connection.execute(NEWEST).one())]
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def keep_verdict(connection: Connection, upload: Upload, verdict: Verdict, *, state: str) -> None:
    """Keep what a page shows of a tried file; the other problems are counted and left out."""
    told = asdict(replace(verdict, result=replace(verdict.result, problems=())))
    connection.execute(KEEP, {"id": upload.id, "tried": {"state": state, "verdict": told}})


def kept_verdict(upload: Upload, *, state: str) -> Verdict | None:
    """Return what was found for this state of file and tables, None when it was not tried since."""
    return None if upload.tried is None or upload.tried["state"] != state else _read(upload.tried["verdict"])


def _read(told: Mapping[str, Any]) -> Verdict:
    """Return a verdict as it was kept."""
    findings = tuple(Finding(problem=RowProblem(**one["problem"]), place=one["place"], cell=one["cell"]) for one in told["findings"])
    result = ImportResult(**dict(told["result"]) | {"problems": (), "notes": tuple(told["result"]["notes"])})
    rules = tuple((severity, rule, number) for severity, rule, number in told["rules"])
    return Verdict(**dict(told) | {"result": result, "findings": findings, "rules": rules})
