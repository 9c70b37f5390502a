"""The background work of imports: a file of many rows is tried and imported while its page shows how far it is."""

from collections.abc import Callable, Mapping
from functools import partial
from uuid import UUID

from sqlalchemy import Connection

from caretally.errors import UsageMistake
from caretally.imports.history import Batch, batch_of, is_imported
from caretally.imports.importing import STEPS
from caretally.imports.kept_verdict import keep_verdict, state_of
from caretally.imports.kinds import ImportKind
from caretally.imports.readable_errors import readable_errors
from caretally.imports.undo import undo_import
from caretally.imports.uploads import NoSuchUpload, Upload, import_upload, try_upload, upload_of
from caretally.imports.verdict import verdict_on
from caretally.jobs.at_work import JobAtWork
from caretally.jobs.enqueue import enqueue
from caretally.jobs.kinds import Kind
from caretally.jobs.read import JobSeen, jobs_done_about

# Fewer rows are tried and imported while the browser waits, in less than two seconds.
MOST_ROWS_IN_REQUEST = 1_000
CHECK, IMPORT, UNDO = "check_file", "import_file", "undo_import"
Kinds = Mapping[str, ImportKind]


class RowsRefused(UsageMistake):
    """A file with refused rows was asked to be imported whole."""

    code = "rows_refused"


def takes_long(upload: Upload) -> bool:
    """Tell whether a file is so large that its work is done in the background."""
    return upload.row_count > MOST_ROWS_IN_REQUEST


def ask_for_check(connection: Connection, kind: ImportKind, upload: Upload, *, state: str) -> None:
    """Ask for a kept file to be tried as it and the tables are; asked twice it is tried once, and what failed is not asked for again by itself."""
    key = f"{upload.id} {state} {jobs_done_about(connection, upload.id)}"
    enqueue(connection, work_name(CHECK, kind.permission), {"about": upload.id}, key=key)


def ask_for_import(connection: Connection, kind: ImportKind, upload: Upload, *, valid_rows_only: bool, form: UUID) -> None:
    """Ask for a kept file to be imported, whole or its valid rows; the same form sent twice asks once."""
    payload = {"about": upload.id, "rows": "valid" if valid_rows_only else "all"}
    enqueue(connection, work_name(IMPORT, kind.permission), payload, key=str(form))


def takes_long_to_undo(batch: Batch) -> bool:
    """Tell whether an import made or changed so much that it is taken back in the background."""
    return batch.rows_new + batch.rows_changed > MOST_ROWS_IN_REQUEST


def ask_to_undo(connection: Connection, kind: ImportKind, batch: Batch, *, form: UUID) -> None:
    """Ask for an import to be taken back; the same form sent twice asks once."""
    enqueue(connection, work_name(UNDO, kind.permission), {"about": batch.id}, key=str(form))


def undo_in_background(job: JobAtWork, kinds: Kinds) -> str:
    """Take an import back; taken up again after it was, it says the same. Raises `Conflict` with the reason why it stays."""
    batch_id = UUID(job.payload["about"])
    job.report_progress(0, 1, "imports taken back")
    with job.transaction() as connection:
        batch = batch_of(connection, batch_id)
    if not job.kind.endswith(f"_by_{kinds[batch.kind].permission}"):
        raise UsageMistake("This import needs another permission than this work was asked for with; open it and ask again.")
    with job.transaction() as connection, readable_errors():
        if job.first_time(connection):
            undo_import(connection, dict(kinds), batch_id)
    job.report_progress(1, 1, "imports taken back")
    return f"{batch.rows_new:,} new rows are gone and {batch.rows_changed:,} changed rows are as before."


def is_undoing(job: JobSeen) -> bool:
    """Tell whether a job takes an import back."""
    return job.kind.startswith(UNDO)


def check_kept_file(job: JobAtWork, kinds: Kinds) -> str:
    """Try a kept file and keep what its page shows; nothing else stays."""
    upload_id = UUID(job.payload["about"])
    with job.transaction() as connection, readable_errors():
        upload = upload_of(connection, upload_id)
        kind, state = kind_of(job, upload, kinds), state_of(connection, upload)
        verdict = verdict_on(upload, kind, try_upload(connection, kind, upload, step=partial(tell_step, job)))
        keep_verdict(connection, upload, verdict, state=state)
    return f"{verdict.valid:,} of {verdict.result.read:,} rows fit, {verdict.result.refused:,} are refused; nothing is written yet."


def import_kept_file(job: JobAtWork, kinds: Kinds) -> str:
    """Import a kept file; taken up again after it was imported, it is read back. Raises `RowsRefused` when it should go in whole and cannot."""
    upload_id = UUID(job.payload["about"])
    with job.transaction() as connection:
        known = is_imported(connection, upload_id)
    try:
        if not known:
            write_kept_file(job, kinds, upload_id)
    except NoSuchUpload:
        with job.transaction() as connection:
            if not is_imported(connection, upload_id):  # another tab's work may have imported it in the meantime
                raise
    with job.transaction() as connection:
        batch = batch_of(connection, upload_id)
    return f"{batch.rows_new:,} rows are new, {batch.rows_changed:,} changed, {batch.rows_late:,} late, {batch.rows_refused:,} left out."


def write_kept_file(job: JobAtWork, kinds: Kinds, upload_id: UUID) -> None:
    """Write the rows of a kept file. Raises `NoSuchUpload` when it is none any more, `RowsRefused` when it should go in whole and cannot."""
    with job.transaction() as connection, readable_errors():
        kind = kind_of(job, upload_of(connection, upload_id), kinds)
        valid, step = job.payload["rows"] == "valid", partial(tell_step, job)
        result = import_upload(connection, kind, upload_id, valid_rows_only=valid, step=step)
    if result.batch_id is None:
        raise RowsRefused(f"{result.refused:,} rows are refused, so nothing was imported; correct them, or import the others without them.")


def tell_step(job: JobAtWork, done: int) -> None:
    """Let the pages show which step of an import is under way."""
    job.report_progress(done, len(STEPS), f"steps, now {STEPS[done]}" if done < len(STEPS) else "steps")


def kind_of(job: JobAtWork, upload: Upload, kinds: Kinds) -> ImportKind:
    """Return the kind of a kept file. Raises `UsageMistake` when the work was asked for with another permission than its rows need."""
    kind = kinds[upload.kind]
    if not job.kind.endswith(f"_by_{kind.permission}"):
        raise UsageMistake("This file needs another permission than this work was asked for with; open the file and ask again.")
    return kind


def work_name(act: str, permission: str) -> str:
    """Return the name of a kind of work: one for each permission that files need, so that who tries it again needs the same."""
    return f"{act}_by_{permission}"


def import_work(kinds: Kinds) -> tuple[Kind, ...]:
    """Return the kinds of background work for these kinds of import."""
    acts: tuple[tuple[str, str, Callable[..., str]], ...] = (
        (CHECK, "Trying a file", check_kept_file),
        (IMPORT, "Importing a file", import_kept_file),
        (UNDO, "Taking an import back", undo_in_background),
    )
    return tuple(
        Kind(
            name=work_name(act, permission),
            words=words,
            run=partial(run, kinds=kinds),
            permission=permission,
            result=lambda payload: ("imports.check", {"upload_id": payload["about"]}),
        )
        for act, words, run in acts
        for permission in sorted({kind.permission for kind in kinds.values()})
    )
