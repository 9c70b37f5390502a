"""Checkpoints of this installation: its archive, its key."""

from collections.abc import Iterator
from datetime import UTC, datetime

from caretally.app.installation import Installation
from caretally.audit.checkpoints import Checkpoint, write_checkpoint
from caretally.audit.signing import signing_key
from caretally.errors import DependencyDown, UsageMistake


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
