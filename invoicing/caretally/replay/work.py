"""The background work that replays a typed version over a client's past months."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from caretally.audit.chain import append_event
from caretally.jobs.at_work import JobAtWork
from caretally.jobs.enqueue import enqueue
from caretally.jobs.kinds import Kind
from caretally.replay.kept_replays import keep_month, keep_replay, replay_of
from caretally.replay.new_version import refuse_changed_versions
from caretally.replay.over_past_months import client_of, months_of, replayed
from caretally.replay.typed_version import rows_typed, version_of
from caretally.replay.versions import versions_of
from caretally.whatif.changes import TriedVersion


def ask_for_replay(connection: Connection, client_id: UUID, replay_id: UUID, typed: Mapping[str, Any]) -> None:
    """Ask for what was typed to be replayed; the same form sent twice asks once."""
    keep_replay(connection, client_id, replay_id, typed)
    enqueue(connection, REPLAY.name, {"about": replay_id, "client": client_id}, key=str(replay_id))


def version_typed(connection: Connection, client_id: UUID, typed: Mapping[str, Any]) -> TriedVersion:
    """Return the version that was typed, as long as the client's others are those it was typed beside. Raises `VersionsChangedMeanwhile`."""
    standing, client = versions_of(connection, client_id), client_of(connection, client_id)
    refuse_changed_versions(standing, seen=typed["seen"])
    return version_of(connection, client, rows_typed(client, typed, standing))


def replay_version(job: JobAtWork) -> str:
    """Replay a typed version, each month in a transaction of its own; taken up again it goes on with the months that are missing."""
    client_id, replay_id = UUID(job.payload["client"]), UUID(job.payload["about"])
    with job.transaction() as connection:
        months, done = months_of(connection, client_id), replay_of(connection, client_id, replay_id).months
    for number, month in enumerate(months[len(done) :], start=len(done)):
        job.report_progress(number, len(months), "months replayed")
        with job.transaction() as connection:
            replay, client = replay_of(connection, client_id, replay_id), client_of(connection, client_id)
            if len(replay.months) == number:
                keep_month(connection, replay, replayed(connection, client, month, version_typed(connection, client_id, replay.typed)))
    with job.transaction() as connection:
        if job.first_time(connection):
            append_event(
                connection, action="agreement.replayed", detail={"client_id": client_id, "months": [str(month) for month in months]}
            )
    job.report_progress(len(months), len(months), "months replayed")
    return f"{len(months)} months were decided and priced again; nothing of them was written."


REPLAY = Kind(
    name="replay_agreement",
    words="Replay of an agreement",
    run=replay_version,
    permission="change_agreements",
    result=lambda payload: ("replay.replayed", {"client_id": payload["client"], "replay_id": payload["about"]}),
)
