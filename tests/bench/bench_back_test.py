"""How good the chances of a forecast are on the demo's fourteen months, both vendors together, and the picture in docs/.

Run `python -m tests.bench.bench_back_test`. The demo is that of one fixed day and seed, made in a folder that goes away, so every run prints
the same figures and writes the same picture.
"""

import tempfile
from datetime import date
from pathlib import Path

from caretally.app.commands.back_test import words
from caretally.app.demo.plan import DemoPlan
from caretally.app.demo.run import database_up, make_demo
from caretally.app.installation import Installation
from caretally.close.close_month import clients_to_close
from caretally.config.settings import read_settings
from caretally.embedded.server import remove_server
from caretally.forecast.back_test import back_test
from caretally.forecast.calibration import Prediction
from caretally.forecast.calibration_picture import picture

DAY, SEED = date(2026, 11, 23), 1
PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "forecast-calibration.svg"


def predictions_of_demo(home: Path) -> list[Prediction]:
    """Make the demo in `home` and forecast its closed months again."""
    here = Installation(read_settings({"CARETALLY_HOME": str(home)}))
    found: list[Prediction] = []
    with database_up(here):
        made = make_demo(here, DemoPlan(DAY, SEED, home / "documents"), lambda _what: None)
        for one in made.vendors:
            with one.vendor.transaction() as connection:
                clients = clients_to_close(connection)
            for client in clients:
                with one.vendor.transaction() as connection:
                    found += back_test(connection, client)
        for pool in (here.vendor_pool, here.operator_pool):
            pool.dispose()
    return found


def main() -> None:
    """Print the calibration and write the picture."""
    with tempfile.TemporaryDirectory(prefix="caretally-bench-") as folder:
        Path(folder).chmod(0o711)
        home = Path(folder) / "home"
        try:
            found = predictions_of_demo(home)
        finally:
            remove_server(home)
    PICTURE.write_text(picture(found), encoding="utf-8")
    print("\n".join(words(found)))


if __name__ == "__main__":
    main()
