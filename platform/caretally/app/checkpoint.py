"""Checkpoints of this installation: its archive, its key."""

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Event

from sqlalchemy.exc import SQLAlchemyError

from caretally.app.installation import Installation
from caretally.audit.checkpoints import Checkpoint, write_checkpoint
from caretally.audit.signing import signing_key
from caretally.errors import DependencyDown, UsageMistake
from caretally.faults.log import logger

EVERY_SECONDS = 15 * 60


def checkpoint_now(here: Installation, *, now: datetime) -> Checkpoint:
    """Write a checkpoint over every vendor's audit log into this installation's archive. Raises `DependencyDown`."""
    with here.operator_pool.connect() as connection:
        return write_checkpoint(connection, archive=here.archive_folder, key=signing_key(here.secret), now=now)


def keep_checkpoint(here: Installation) -> Iterator[str]:
    """Write a checkpoint now, or yield one sentence why there is none: what was logged stands without it, and the next covers it too."""
    try:
        checkpoint_now(here, now=datetime.now(UTC))
    except (DependencyDown, UsageMistake) as error:
        yield f"No checkpoint of the audit log was kept: {error.message} Run caretally audit checkpoint then."


def keep_checkpoints(here: Installation, stop: Event, *, every_seconds: float = EVERY_SECONDS) -> None:
    """Write a checkpoint now and every 15 minutes until `stop` is set, so that what pages did is covered too; what keeps one away is logged."""
    while not stop.is_set():
        try:
            for sentence in keep_checkpoint(here):
                logger().warning("no_checkpoint", said=sentence)
        except SQLAlchemyError as error:
            logger().warning("no_checkpoint", trouble=type(error).__name__)
        stop.wait(every_seconds)
