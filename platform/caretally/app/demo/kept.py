"""What a demo keeps on disk under the home: its import files and the list of them, so that a second run finds everything again."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from caretally.app.demo.generate import VendorFiles, generate
from caretally.app.demo.plan import DemoPlan
from caretally.errors import Conflict, DependencyDown
from caretally.files.atomic import write_whole
from caretally.months import Month

LIST = "demo.json"


class AnotherDemo(Conflict):
    """The home holds a demo that was made with another seed."""

    code = "another_demo"


class DemoAtWork(Conflict):
    """Another process is making the demo at this moment."""

    code = "demo_at_work"


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Let one process at a time make the demo; a killed one lets go by dying. Raises `DemoAtWork` and `DependencyDown`."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / "lock").open("w", encoding="ascii")
    except OSError as error:
        raise DependencyDown(f"{folder} cannot be written: {error.strerror}.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DemoAtWork(f"Another process is making the demo in {folder.parent}; wait until it is done.") from error
        yield


def import_files(folder: Path, plan: DemoPlan) -> tuple[VendorFiles, ...]:
    """Return the demo's import files: those of an earlier run with this seed, whatever its month, else new ones.

    Raises `AnotherDemo` when the home holds a demo of another seed, `DependencyDown` when they cannot be written.
    """
    known = folder / LIST
    if known.exists():
        return _read(folder, json.loads(known.read_text(encoding="utf-8")), plan)
    try:
        made = generate(folder / "files", today=plan.today, seed=plan.seed, vendors=plan.vendors)
    except OSError as error:
        raise DependencyDown(f"The demo's files could not be written to {folder}: {error.strerror}.") from error
    listed = {files.vendor.slug: _as_json(files, folder) for files in made}
    write_whole(known, json.dumps({"seed": plan.seed, "vendors": listed}, indent=1, ensure_ascii=False).encode())
    return made


def _as_json(files: VendorFiles, folder: Path) -> dict[str, Any]:
    return {
        "facts": {kind: str(path.relative_to(folder)) for kind, path in files.facts},
        "time": {str(month): str(path.relative_to(folder)) for month, path in files.time},
        "late": str(files.late.relative_to(folder)) if files.late else None,
        "planted": files.planted,
        "under_way": [str(files.under_way[0]), str(files.under_way[1].relative_to(folder))] if files.under_way else None,
    }


def _read(folder: Path, known: dict[str, Any], plan: DemoPlan) -> tuple[VendorFiles, ...]:
    if known["seed"] != plan.seed:
        raise AnotherDemo(
            f"This home holds a demo made with seed {known['seed']}; run caretally demo --seed {known['seed']}, or --reset to start over."
        )
    return tuple(
        VendorFiles(
            vendor=vendor,
            facts=tuple((kind, folder / name) for kind, name in listed["facts"].items()),
            time=tuple((Month.parse(month), folder / name) for month, name in listed["time"].items()),
            late=folder / listed["late"] if listed["late"] else None,
            planted={story: (client, mrn) for story, (client, mrn) in listed["planted"].items()},
            under_way=_month_file(folder, listed.get("under_way")),
        )
        for vendor in plan.vendors
        for listed in (known["vendors"][vendor.slug],)
    )


def _month_file(folder: Path, listed: list[str] | None) -> tuple[Month, Path] | None:
    return (Month.parse(listed[0]), folder / listed[1]) if listed else None
