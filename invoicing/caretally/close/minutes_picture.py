"""How far patients came, as bars in SVG: each step's patients by outcome, the lines at which codes are reached."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from caretally.close.overview import OUTCOMES
from caretally.close.summary import BIN_SECONDS, BINS

LEFT, RIGHT, TOP, FLOOR = 30, 302, 22, 118
STEP = (RIGHT - LEFT) // BINS
COLOURS = {"billable": "bill", "held": "hold", "not_billable": "short"}


def minutes_picture(patients: Mapping[str, Sequence[int]], *, thresholds: Sequence[int], label: str) -> Markup:
    """Return the picture; `patients` are counts by outcome and step, `thresholds` seconds, `label` says in words what is seen."""
    tallest = max((sum(patients[outcome][step] for outcome in OUTCOMES) for step in range(BINS)), default=0) or 1
    parts = [_grid(tallest)]
    parts += [_bar(step, [(outcome, patients[outcome][step]) for outcome in OUTCOMES], tallest) for step in range(BINS)]
    parts += [_threshold(seconds) for seconds in thresholds if seconds < BIN_SECONDS * BINS]
    parts += [
        f'<text x="{_x(minutes * 60)}" y="132" text-anchor="middle">{minutes}</text>' for minutes in range(0, BIN_SECONDS * BINS // 60, 20)
    ]
    axis = f'<line class="ax" x1="{LEFT}" x2="{RIGHT}" y1="{FLOOR}" y2="{FLOOR}"/>'
    words = '<text x="166" y="147" text-anchor="middle">minutes counted per patient</text>'
    frame = f'<svg viewBox="0 0 308 150" role="img" aria-label="{escape(label)}">'
    return Markup(f"{frame}{''.join(parts)}{axis}{words}</svg>")  # noqa: S704 - numbers, and words that are escaped


def _x(seconds: int) -> int:
    return LEFT + seconds * STEP // BIN_SECONDS


def _bar(step: int, outcomes: Sequence[tuple[str, int]], tallest: int) -> str:
    bars, floor = [], FLOOR
    for outcome, number in outcomes:
        height = (FLOOR - TOP) * number // tallest
        if number:
            height = max(height, 1)
            floor -= height
            bars.append(
                f'<rect class="f-{COLOURS[outcome]}" x="{LEFT + step * STEP + 1}" y="{floor}" width="{STEP - 2}" height="{height}"/>'
            )
    return "".join(bars)


def _grid(tallest: int) -> str:
    return "".join(
        f'<text x="{LEFT - 5}" y="{at}" text-anchor="end">{number:,}</text>' for at, number in ((FLOOR + 4, 0), (TOP + 4, tallest))
    )


def _threshold(seconds: int) -> str:
    at = _x(seconds)
    return f'<line class="th" x1="{at}" x2="{at}" y1="12" y2="{FLOOR}"/><text class="k" x="{at + 3}" y="18">{seconds // 60}</text>'
