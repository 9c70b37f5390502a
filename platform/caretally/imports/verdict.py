"""What a page says of a file that was tried: counts, problems by rule, and the cells that can be typed anew in place."""

from collections import Counter
from dataclasses import dataclass

from caretally.imports.kinds import ImportKind
from caretally.imports.results import ImportResult, RowProblem
from caretally.imports.uploads import MOST_CORRECTED_ROWS, Upload, cells_of

MOST_SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One problem, and the place from 0 and the whole text of its cell when it can be typed anew on the page."""

    problem: RowProblem
    place: int | None = None
    cell: str = ""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What would become of a file: `findings` are at most 200 of `found` problems, `rules` counts them all, refusals first."""

    result: ImportResult
    findings: tuple[Finding, ...]
    found: int
    rules: tuple[tuple[str, str, int], ...]
    unmapped: bool
    correctable: bool

    @property
    def valid(self) -> int:
        """How many rows would be in the tables afterwards or wait beside a closed month."""
        return self.result.read - self.result.refused


def verdict_on(upload: Upload, kind: ImportKind, result: ImportResult) -> Verdict:
    """Return what a page shows of a tried file; with more than a handful of refused rows the file is corrected where it was made."""
    refusals = [problem for problem in result.problems if problem.severity == "refused"]
    warnings = [problem for problem in result.problems if problem.severity != "refused"]
    shown = (refusals + warnings)[:MOST_SHOWN]
    correctable = 0 < len({problem.line for problem in refusals}) <= MOST_CORRECTED_ROWS
    wanted: dict[int, set[int]] = {}
    places: list[int | None] = []
    for problem in shown:
        place = upload.place_of(problem, kind) if correctable and problem.severity == "refused" else None
        # A cell with two problems is typed once.
        places.append(None if place in wanted.get(problem.line, ()) else place)
        if place is not None:
            wanted.setdefault(problem.line, set()).add(place)
    cells = cells_of(upload, wanted)
    counted = Counter((problem.severity, problem.rule) for problem in refusals + warnings)
    return Verdict(
        result=result,
        findings=tuple(
            Finding(problem=one, place=place, cell="" if place is None else cells.get((one.line, place), ""))
            for one, place in zip(shown, places, strict=True)
        ),
        found=len(refusals) + len(warnings),
        rules=tuple(
            (severity, rule, number) for (severity, rule), number in sorted(counted.items(), key=lambda pair: (pair[0][0], -pair[1]))
        ),
        unmapped=any(problem.line == 1 for problem in refusals),
        correctable=any(place is not None for place in places),
    )
