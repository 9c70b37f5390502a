"""Fills a vendor that has nothing yet with the sample: each file through the real import, two of three months through the real close."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from threading import Event
from typing import Protocol
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.app.demo.fill import close_history, import_facts
from caretally.app.demo.generate import VendorFiles, generate
from caretally.app.demo.kept import only_one
from caretally.app.demo.writing import write_kind
from caretally.app.installation import Vendor
from caretally.app.sample.scenario import CODE, SAMPLE, TO_ASK
from caretally.audit.chain import append_event
from caretally.errors import Conflict
from caretally.files.scratch import scratch_folder

MONTHS = 3
# Two months are closed, and in the end the invoices of the first are sent.
STEPS_BESIDE_FILES = 3
OTHERS = text("SELECT EXISTS (SELECT FROM client WHERE code <> :code) OR EXISTS (SELECT FROM patient p WHERE p.mrn NOT LIKE :ours)")
NAMED = text("SELECT slug, name, timezone, (clock_timestamp() AT TIME ZONE timezone)::date AS today FROM vendor")
Transaction = Callable[[], AbstractContextManager[Connection]]


class Tell(Protocol):
    """Told of each step as it begins, in words, and of how many there are."""

    def __call__(self, step: str, /, *, steps: int) -> None:
        """Take one step's words."""


class NotEmpty(Conflict):
    """The vendor has clients or patients of its own."""

    code = "not_empty"


def require_empty(connection: Connection) -> None:
    """Raise `NotEmpty` for a vendor that has something beside the sample."""
    if connection.scalar(OTHERS, {"code": CODE, "ours": f"{CODE}-%"}):
        raise NotEmpty("This vendor has clients or patients of its own, so no made-up ones are mixed with them; make a vendor for trying.")


def fill_with_sample(vendor_id: UUID, transaction: Transaction, *, scratch: Path, tell: Tell) -> None:
    """Fill a vendor; `transaction` opens its transactions, `scratch` is a private folder. A fill that was interrupted goes on where it stopped.

    Raises `NotEmpty`, and `DemoAtWork` while another process does the same.
    """
    with transaction() as connection:
        require_empty(connection)
        named = connection.execute(NAMED).one()
    vendor = Vendor(vendor_id, named.slug, named.name, named.timezone, transaction)
    with only_one(scratch / f"sample-{vendor_id}"), scratch_folder(scratch) as folder:
        files = sample_files(folder / "files", today=named.today, seed=vendor_id.int % 1_000_000)
        read, told = folder / "read", partial(tell, steps=len(files.facts) + len(files.time) + STEPS_BESIDE_FILES)
        last = replace(files, facts=(("time", files.time[-1][1]),))
        import_facts(vendor, files, scratch=read, tell=told, stop=Event())
        close_history(vendor, replace(files, time=files.time[:-1]), scratch=read, tell=told, stop=Event())
        import_facts(vendor, last, scratch=read, tell=told, stop=Event())
    with transaction() as connection:
        append_event(
            connection, action="vendor.sample_filled", detail={"months": MONTHS, "patients": SAMPLE.clients[0].patients + len(TO_ASK)}
        )


def sample_files(folder: Path, *, today: date, seed: int) -> VendorFiles:
    """Write the sample's import files: those of the demo's generator for one practice, three months of time, and patients who are not enrolled."""
    made = generate(folder, today=today, seed=seed, vendors=(SAMPLE,))[0]
    beside = folder / "to-ask"
    beside.mkdir()
    patients = [
        {
            "client": CODE,
            "mrn": mrn,
            "family_name": family,
            "given_name": given,
            "birth_date": born,
            "state": "NY",
            "payer": "Medicare Part B",
        }
        for mrn, family, given, born, _ in TO_ASK
    ]
    conditions = [{"client": CODE, "mrn": mrn, "icd10": code} for mrn, *_, codes in TO_ASK for code in codes]
    asked = (("patients", write_kind(beside, "patients", patients)), ("conditions", write_kind(beside, "conditions", conditions)))
    return replace(made, facts=(*made.facts, *asked), time=made.time[-MONTHS:], late=None)
