"""`caretally back-test`: how good the chances of `caretally forecast` were in the months that are closed."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from caretally.app.installation import Installation
from caretally.app.output import json_option, print_json
from caretally.close.close_month import clients_to_close
from caretally.errors import NothingToDo
from caretally.files.atomic import write_whole
from caretally.forecast.back_test import back_test
from caretally.forecast.calibration import Prediction, bins_of, brier, told_with
from caretally.forecast.calibration_picture import picture

NAMES = {"chance": "with the patient's own months", "chance_of_anybody": "of anybody who stands there"}


@click.command("back-test")
@click.option("--vendor", "vendor_word", required=True, help="slug or name of the vendor")
@click.option("--client", "codes", multiple=True, help="code of a client; again for more, none for all")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="file for the picture of what was told beside what happened")
@json_option
def back_test_command(vendor_word: str, codes: tuple[str, ...], svg: Path | None, *, as_json: bool) -> None:
    """Forecast every closed month again as it stood with 15, 10, 5 and 2 working days left, and set the chances beside what happened.

    Only months that closed before are looked at. Nothing is written. Exit code: 3 fewer than two months are closed.
    """
    vendor = Installation().vendor(vendor_word)
    with vendor.transaction() as connection:
        clients = clients_to_close(connection, codes)
    predictions: list[Prediction] = []
    for client in clients:
        with vendor.transaction() as connection:
            predictions += back_test(connection, client)
    if not predictions:
        raise NothingToDo(f"{vendor.name} has no two closed months to compare; chances can be judged once it has.")
    if svg is not None:
        write_whole(svg, picture(predictions).encode())
    if as_json:
        print_json(as_dict(predictions))
    else:
        click.echo("\n".join(words(predictions)))


def groups(predictions: Sequence[Prediction]) -> Iterator[tuple[str, list[Prediction]]]:
    """Yield the groups whose Brier scores are told: all, by what is to be reached, and by the working days left."""
    yield "all", list(predictions)
    yield "to the first code", [one for one in predictions if one.standing == "short"]
    yield "to the next code", [one for one in predictions if one.standing == "reached"]
    for left in sorted({one.working_days_left for one in predictions}, reverse=True):
        yield f"{left} working days left", [one for one in predictions if one.working_days_left == left]


def as_dict(predictions: Sequence[Prediction]) -> dict[str, Any]:
    """Return the back-test as JSON shows it; chances and scores are texts of four places."""
    return {
        "bins": {name: [vars(one) for one in bins_of(told_with(predictions, name))] for name in NAMES},
        "brier": [
            {"of": label, "forecasts": len(some), **{name: brier(told_with(some, name)) for name in NAMES}}
            for label, some in groups(predictions)
            if some
        ],
    }


def words(predictions: Sequence[Prediction]) -> Iterator[str]:
    """Yield the lines that a person reads: ten bins, then the scores."""
    yield f"{'chance':>12}  {NAMES['chance']:^30}  {NAMES['chance_of_anybody']:^30}"
    yield f"{'':>12}  {'told':>8}{'happened':>11}{'number':>11}  {'told':>8}{'happened':>11}{'number':>11}"
    both = zip(*(bins_of(told_with(predictions, name)) for name in NAMES), strict=True)
    for place, bins in enumerate(both):
        cells = (f"{_percent(one.told):>8}{_percent(one.happened):>11}{one.number:>11,}" for one in bins)
        yield f"{place * 10:>4} to {place * 10 + 10:>3} %  {'  '.join(cells)}"
    yield ""
    yield f"{'Brier score':<26}{'forecasts':>10}{'own months':>13}{'anybody':>10}"
    for label, some in groups(predictions):
        if some:
            yield f"{label:<26}{len(some):>10,}{brier(told_with(some, 'chance')):>13}{brier(told_with(some, 'chance_of_anybody')):>10}"


def _percent(share: Decimal | None) -> str:
    return "" if share is None else f"{share * 100:.1f} %"
