"""Checkpoints of this installation: its archive, its key."""

from datetime import datetime

from caretally.app.installation import Installation
from caretally.audit.checkpoints import Checkpoint, write_checkpoint
from caretally.audit.signing import signing_key


def checkpoint_now(here: Installation, *, now: datetime) -> Checkpoint:
    """Write a checkpoint over every vendor's audit log into this installation's archive. Raises `DependencyDown`."""
    with here.operator_pool.connect() as connection:
        return write_checkpoint(connection, archive=here.archive_folder, key=signing_key(here.secret), now=now)
