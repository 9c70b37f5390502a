"""How far patients came, as bars in SVG: each step's patients by outcome, the lines at which codes are reached."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

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
        Markup('<text x="{}" y="132" text-anchor="middle">{}</text>').format(_x(minutes * 60), minutes)
        for minutes in range(0, BIN_SECONDS * BINS // 60, 20)
    ]
    axis = Markup('<line class="ax" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(LEFT, RIGHT, FLOOR, FLOOR)
    words = Markup('<text x="166" y="147" text-anchor="middle">minutes counted per patient</text>')
    return Markup('<svg viewBox="0 0 308 150" role="img" aria-label="{}">{}{}{}</svg>').format(label, Markup("").join(parts), axis, words)


def _x(seconds: int) -> int:
    return LEFT + seconds * STEP // BIN_SECONDS


def _bar(step: int, outcomes: Sequence[tuple[str, int]], tallest: int) -> Markup:
    bars, floor = [], FLOOR
    for outcome, number in outcomes:
        height = (FLOOR - TOP) * number // tallest
        if number:
            height = max(height, 1)
            floor -= height
            bars.append(
                Markup('<rect class="f-{}" x="{}" y="{}" width="{}" height="{}"/>').format(
                    COLOURS[outcome], LEFT + step * STEP + 1, floor, STEP - 2, height
                )
            )
    return Markup("").join(bars)


def _grid(tallest: int) -> Markup:
    line = Markup('<text x="{}" y="{}" text-anchor="end">{}</text>')
    return line.format(LEFT - 5, FLOOR + 4, 0) + line.format(LEFT - 5, TOP + 4, f"{tallest:,}")


def _threshold(seconds: int) -> Markup:
    line = Markup('<line class="th" x1="{0}" x2="{0}" y1="12" y2="{1}"/><text class="k" x="{2}" y="18">{3}</text>')
    return line.format(_x(seconds), FLOOR, _x(seconds) + 3, seconds // 60)
