"""Signed checkpoints: whoever holds the whole database can write a chain anew, but not so that it ends as a checkpoint saw it."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from caretally.audit.chain import append_event, verify_chain
from caretally.audit.checkpoints import Checkpoint, CheckpointState, compare_with_checkpoints, write_checkpoint
from caretally.audit.signing import signing_key
from tests.builders.databases import TestDatabase
from tests.builders.office import Office, new_office
from tests.builders.spoiled_audit import spoil_audit

KEY = signing_key(bytes(32))
NOW = datetime(2026, 11, 23, 21, tzinfo=UTC)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def office(database: TestDatabase, archive: Path) -> Office:
    """A vendor of six events, with a checkpoint after the second and one after the fourth."""
    made = new_office(database)
    for number in range(1, 7):
        event(made, number)
        if number in (2, 4):
            checkpoint(made, archive, minutes=number)
    return made


def event(office: Office, number: int) -> None:
    with office.transaction() as connection:
        append_event(connection, action="tried", detail={"number": number})


def checkpoint(office: Office, archive: Path, *, minutes: int) -> Checkpoint:
    with office.database.operator_engine.connect() as connection:
        return write_checkpoint(connection, archive=archive, key=KEY, now=NOW + timedelta(minutes=minutes))


def compared(office: Office, archive: Path) -> CheckpointState:
    with office.transaction() as connection:
        return compare_with_checkpoints(connection, archive=archive, key=KEY.public_key())


def files(office: Office, archive: Path) -> list[Path]:
    return sorted((archive / "checkpoints" / str(office.vendor_id)).iterdir())


def test_a_chain_that_goes_on_agrees_with_its_checkpoints(office: Office, archive: Path) -> None:
    assert compared(office, archive) == CheckpointState(2, ())
    assert (len(files(office, archive)), oct(files(office, archive)[0].stat().st_mode & 0o777)) == (2, "0o600")


def test_a_chain_that_has_not_grown_gets_no_other_checkpoint(office: Office, archive: Path) -> None:
    assert checkpoint(office, archive, minutes=7).written >= 1
    before = files(office, archive)
    checkpoint(office, archive, minutes=8)
    assert files(office, archive) == before
    assert len(before) == 3


def test_two_at_once_follow_each_other_whatever_their_clocks_say(office: Office, archive: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        for number in range(5):
            event(office, number)
            written = sorted(pool.map(lambda minutes: checkpoint(office, archive, minutes=minutes).written, (9, 3, 30, 0)))
            assert written[:3] == [0, 0, 0] != written[1:]
    assert compared(office, archive) == CheckpointState(7, ())


DETAIL = """UPDATE audit_event SET detail = '{{"number": 70}}' WHERE vendor_id = :vendor AND seq = {}"""
SHIFT = "UPDATE audit_event SET seq = seq {} WHERE vendor_id = :vendor AND seq {}"
ANEW = {
    "changed": (
        [DETAIL.format(3)],
        "event 4 is not what the checkpoint of 2026-11-23T21:04:00.000000Z saw: the chain was written anew from event 3 on or later",
    ),
    "changed before both": (
        [DETAIL.format(1)],
        "event 2 is not what the checkpoint of 2026-11-23T21:02:00.000000Z saw: the chain was written anew from event 1 on or later",
    ),
    "removed": (
        ["DELETE FROM audit_event WHERE vendor_id = :vendor AND seq = 3", SHIFT.format("+ 100", "> 3"), SHIFT.format("- 101", "> 100")],
        "event 4 is not what the checkpoint of 2026-11-23T21:04:00.000000Z saw: the chain was written anew from event 3 on or later",
    ),
    "inserted": (
        [
            SHIFT.format("+ 101", ">= 3"),
            SHIFT.format("- 100", "> 100"),
            "INSERT INTO audit_event SELECT vendor_id, 3, at, actor, action, '{}', hash, hash FROM audit_event WHERE vendor_id = :vendor AND seq = 2",
        ],
        "event 4 is not what the checkpoint of 2026-11-23T21:04:00.000000Z saw: the chain was written anew from event 3 on or later",
    ),
    "re-ordered": (
        [SHIFT.format("+ 100", "IN (3, 4)"), SHIFT.format("- 99", "= 103"), SHIFT.format("- 101", "= 104")],
        "event 4 is not what the checkpoint of 2026-11-23T21:04:00.000000Z saw: the chain was written anew from event 3 on or later",
    ),
    "cut off": (
        ["DELETE FROM audit_event WHERE vendor_id = :vendor AND seq > 3"],
        "the chain ends at event 3, and the checkpoint of 2026-11-23T21:04:00.000000Z saw event 4: its tail was cut off",
    ),
}


@pytest.mark.parametrize("how", ANEW)
def test_a_chain_written_anew_holds_by_itself_and_a_checkpoint_tells(office: Office, archive: Path, how: str) -> None:
    statements, sentence = ANEW[how]
    spoil_audit(office, *statements, anew=True)
    with office.transaction() as connection:
        assert verify_chain(connection).broken_at is None
    assert sentence in compared(office, archive).breaches


def test_what_came_after_the_last_checkpoint_is_vouched_for_by_the_next_one(office: Office, archive: Path) -> None:
    spoil_audit(office, DETAIL.format(6), anew=True)
    assert compared(office, archive).breaches == ()


def edited(change: Callable[[dict[str, object]], object]) -> Callable[[Path], object]:
    def edit(path: Path) -> None:
        said = json.loads(path.read_text())
        change(said)
        path.write_text(json.dumps(said))

    return edit


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda path: path.write_bytes(b""), "it is damaged"),
        (lambda path: path.write_bytes(b"[1]"), "it is damaged"),
        (edited(lambda said: said.update(seq="2")), "what it says is not what was signed"),
        (edited(lambda said: said.update(hash="00" * 32)), "what it says is not what was signed"),
        (edited(lambda said: said.update(proof=[*said["proof"], "00"])), "it is damaged"),  # type: ignore[misc]
        (edited(lambda said: said.update(at="2026-11-23T00:00:00.000000Z")), "it does not bear this installation's signature"),
        (edited(lambda said: said.update(signature="AAAA")), "it does not bear this installation's signature"),
    ],
)
def test_a_checkpoint_that_was_touched_is_named(office: Office, archive: Path, change: Callable[[Path], object], reason: str) -> None:
    first = files(office, archive)[0]
    change(first)
    assert compared(office, archive).breaches[0] == f"checkpoint {first.name}: {reason}"


def test_a_checkpoint_that_was_taken_away_is_missed_by_the_next(office: Office, archive: Path) -> None:
    first, second = files(office, archive)
    first.unlink()
    assert compared(office, archive).breaches == (f"checkpoint {second.name}: the checkpoint before it is not the one that it followed",)


def test_another_key_or_another_vendor_has_signed_nothing_here(office: Office, archive: Path, database: TestDatabase) -> None:
    other = new_office(database)
    event(other, 1)
    checkpoint(other, archive, minutes=9)
    strange = files(other, archive)[0]
    (files(office, archive)[0].parent / strange.name).write_bytes(strange.read_bytes())
    assert f"checkpoint {strange.name}: what it says is not what was signed" in compared(office, archive).breaches
    with office.transaction() as connection:
        found = compare_with_checkpoints(connection, archive=archive, key=signing_key(bytes(31) + b"1").public_key())
    assert {breach.split(": ")[1] for breach in found.breaches} == {"it does not bear this installation's signature"}


def test_a_vendors_file_says_nothing_of_another(office: Office, archive: Path, database: TestDatabase) -> None:
    other = new_office(database)
    event(other, 1)
    checkpoint(office, archive, minutes=9)
    assert str(other.vendor_id) not in "".join(path.read_text() for path in files(office, archive))
