"""The pages of imports: send a file, say what its columns mean, see what would happen, correct cells, import, take back."""

from collections.abc import Mapping
from typing import cast
from uuid import UUID, uuid4

from flask import Blueprint, abort, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields

from caretally.audit.chain import append_event
from caretally.db.lists import PAGE_SIZE
from caretally.errors import CareTallyError, UsageMistake
from caretally.imports.background import ask_for_check, ask_for_import, ask_to_undo, is_undoing, takes_long, takes_long_to_undo
from caretally.imports.history import Batch, batch_of, batches, is_imported
from caretally.imports.kept_verdict import kept_verdict, state_of
from caretally.imports.kinds import ImportKind
from caretally.imports.limits import LIMITS, MEGABYTE
from caretally.imports.mappings import chosen_mapping, columns_of, fitting_mapping, save_mapping, saved_mappings
from caretally.imports.readable_errors import readable_errors
from caretally.imports.reading_requests import ReadFile, read_sent
from caretally.imports.undo import closed_since, undo_import
from caretally.imports.uploads import (
    KEPT_HOURS,
    Upload,
    cells_of,
    correct_upload,
    discard_upload,
    import_upload,
    keep_upload,
    map_upload,
    try_upload,
    upload_of,
    uploads_waiting,
)
from caretally.imports.verdict import Verdict, verdict_on
from caretally.imports.well_known_headings import suggested_columns
from caretally.jobs.read import newest_job_about
from caretally.web.access import requires
from caretally.web.edge import connection, edge, signed_in
from caretally.web.form import EMPTY, Filled, Form, NotThisForm, typed_into, written
from caretally.web.large_requests import takes_up_to
from caretally.web.queries import page_in_query
from caretally.web.search_words import words_in_query

pages = Blueprint("imports", __name__, template_folder="templates", url_prefix="/imports")
KINDS = "caretally_import_kinds"
# The file and the fields beside it.
LARGEST_REQUEST = LIMITS.file_bytes + MEGABYTE


class FileForm(Form):
    """What kind of rows the file holds; the file itself is no field."""

    kind = written("Choose what the file holds.", longest=100)


class ColumnsForm(Form):
    """A column for each header in their order, and a name to save them under."""

    column = fields.List(fields.String(), load_default=list)
    name = fields.String(load_default="")


class CellsForm(Form):
    """Cells typed anew: three lists of one length."""

    line = fields.List(fields.Integer(), load_default=list)
    place = fields.List(fields.Integer(), load_default=list)
    cell = fields.List(fields.String(), load_default=list)


class ImportForm(Form):
    """Whether the refused rows may stay out, and the form that asks, so that one sent twice asks once."""

    form = fields.UUID(load_default=uuid4)
    valid_rows_only = fields.String(load_default="")


class UndoForm(Form):
    """The form that asks, so that one sent twice asks once."""

    form = fields.UUID(load_default=uuid4)


def kinds() -> Mapping[str, ImportKind]:
    """Return the kinds of import that the application was made with."""
    return cast("Mapping[str, ImportKind]", current_app.extensions[KINDS])


@pages.app_template_global("rows_of_kind")
def rows_of_kind(name: str) -> str:
    """Return in words what the rows of a kind are, on pages and in the parts that they share."""
    return kinds()[name].words if name in kinds() else name.replace("_", " ")


def own_kinds() -> dict[str, ImportKind]:
    """Return the kinds that the visitor may import."""
    return {name: kind for name, kind in kinds().items() if kind.permission in signed_in().permissions}


def kind_named(name: str) -> ImportKind:
    """Return a kind that the visitor may import. Raises `UsageMistake` for a name that none has."""
    if name not in own_kinds():
        raise UsageMistake("Choose what the file holds from the list.")
    return kinds()[name]


def own_kind(name: str) -> ImportKind:
    """Return the kind of rows that are kept or were imported; the page is refused to who may not import that kind."""
    if name not in own_kinds():
        abort(403)
    return kinds()[name]


def note_previewed(upload: Upload, rows: int) -> None:
    """Add to the audit log that rows of a kept file were shown, which may name patients."""
    append_event(connection(), action="import.previewed", detail={"upload": upload.id, "kind": upload.kind, "rows": rows})


def kind_in_query() -> str:
    """Return the kind that the list is asked for, empty for all."""
    asked = words_in_query("kind")
    return asked if asked in kinds() else ""


def read_request() -> None:
    """Read the form's file before the transaction begins: a large one takes up to a minute."""
    if request.method == "POST":
        sent = request.files.get("file")
        g.read_file = read_sent(sent.stream if sent else None, name=(sent.filename or "") if sent else "", scratch=edge().scratch)


@pages.route("", methods=["GET", "POST"])
@takes_up_to(LARGEST_REQUEST)
@requires("import", first=read_request)
def listed() -> ResponseReturnValue:
    """Show the imports so far and take a new file."""
    filled = typed_into(FileForm()) if request.method == "POST" else Filled({"kind": kind_in_query()})
    read: ReadFile = g.get("read_file", ReadFile())
    if read.refused:
        filled = filled.refused(file=read.refused)
    if filled.given and not filled.wrong and read.file is not None:
        try:
            kind = kind_named(filled.given["kind"])
            upload = keep_upload(connection(), kind, read.file)
            fitting = fitting_mapping(connection(), kind, read.file.headers)
            if fitting is not None:
                map_upload(connection(), upload_of(connection(), upload), fitting)
            return redirect(url_for("imports.columns" if fitting is None else "imports.check", upload_id=upload), 303)
        except UsageMistake as error:
            filled = filled.refused(kind=error.message)
    kind_shown, page = kind_in_query(), page_in_query()
    found = batches(connection(), kind=kind_shown, page=page)
    page_made = render_template(
        "imports/listed.html",
        filled=filled,
        kinds=own_kinds(),
        found=found,
        page=page,
        size=PAGE_SIZE,
        kind=kind_shown,
        waiting=uploads_waiting(connection()),
        hours=KEPT_HOURS,
        megabytes=LIMITS.file_bytes // MEGABYTE,
    )
    return page_made, 422 if filled.wrong else 200


@pages.route("/uploads/<uuid:upload_id>", methods=["GET", "POST"])
@requires("import")
def columns(upload_id: UUID) -> ResponseReturnValue:
    """Say what each header of a kept file means, once: the choice can be saved for the next file."""
    upload = upload_of(connection(), upload_id, hold=request.method == "POST")
    kind = own_kind(upload.kind)
    filled = typed_into(ColumnsForm()) if request.method == "POST" else EMPTY
    if filled.given:
        try:
            return keep_columns(upload, kind, filled)
        except UsageMistake as error:
            filled = filled.refused(column=error.message)
    saved = saved_mappings(connection(), kind)
    mapping = saved.get(words_in_query("mapping"), upload.mapping or {})
    known = [column or "" for column in columns_of(kind, upload.headers, mapping)[0]]
    suggested = [] if mapping else suggested_columns(kind, upload.headers)
    chosen = filled.typed.get("column") or suggested or known
    first = cells_of(upload, {line: range(len(upload.headers)) for line in first_lines(upload)})
    note_previewed(upload, len(first))
    guessed = [] if filled.typed else [bool(one) and one != own for one, own in zip(suggested, known, strict=False)]
    page = render_template(
        "imports/columns.html", upload=upload, kind=kind, filled=filled, chosen=chosen, guessed=guessed, saved=saved, first=first
    )
    return page, 422 if filled.wrong else 200


def keep_columns(upload: Upload, kind: ImportKind, filled: Filled) -> ResponseReturnValue:
    """Keep the choice and go on to what would happen. Raises `UsageMistake`."""
    mapping = chosen_mapping(kind, upload.headers, filled.given["column"])
    missing = [kind.label_of(column.name) for column in kind.columns if column.required and column.name not in mapping.values()]
    if missing:
        raise UsageMistake(f"Choose a header for {', '.join(missing)}: every row of {kind.words} needs it.")
    if filled.given["name"].strip():
        save_mapping(connection(), kind, name=filled.given["name"], mapping=mapping)
    map_upload(connection(), upload, mapping)
    return redirect(url_for("imports.check", upload_id=upload.id), 303)


def first_lines(upload: Upload) -> list[int]:
    """Return the number of the file's first row, as an example beside the headers."""
    start = upload.content.partition(b",")[0]
    return [int(start)] if start.isdigit() else []


@pages.get("/uploads/<uuid:upload_id>/check")
@requires("import")
def check(upload_id: UUID) -> ResponseReturnValue:
    """Show what importing the file would do and which rows are wrong, or how far the work at it is; nothing is written."""
    if is_imported(connection(), upload_id):
        return redirect(url_for("imports.show", batch_id=upload_id), 303)
    upload = upload_of(connection(), upload_id)
    kind = own_kind(upload.kind)
    verdict = verdict_so_far(upload, kind)
    job = newest_job_about(connection(), upload_id)
    if verdict is None or (job is not None and not job.ended):
        return render_template("imports/working.html", upload=upload, kind=kind, job=job, hours=KEPT_HOURS)
    note_previewed(upload, len({finding.problem.line for finding in verdict.findings}))
    refused = job.said if job is not None and job.status == "refused" else ""
    return render_template("imports/check.html", upload=upload, kind=kind, verdict=verdict, hours=KEPT_HOURS, form=uuid4(), refused=refused)


def verdict_so_far(upload: Upload, kind: ImportKind) -> Verdict | None:
    """Return what importing a file would do; of a large one what background work found, None while that is asked for."""
    if takes_long(upload):
        state = state_of(connection(), upload)
        found = kept_verdict(upload, state=state)
        if found is None:
            ask_for_check(connection(), kind, upload, state=state)
        return found
    with connection().begin_nested(), readable_errors():
        result = try_upload(connection(), kind, upload)
    return verdict_on(upload, kind, result)


@pages.post("/uploads/<uuid:upload_id>/cells")
@requires("import")
def correct(upload_id: UUID) -> ResponseReturnValue:
    """Put typed cells in the place of the file's and look at it again."""
    upload = upload_of(connection(), upload_id, hold=True)
    own_kind(upload.kind)
    given = typed_into(CellsForm()).given
    if not given or not len(given["line"]) == len(given["place"]) == len(given["cell"]):
        raise NotThisForm("This was not sent by the form on the page, so nothing was changed; open the page and fill in the form there.")
    correct_upload(connection(), upload, zip(given["line"], given["place"], given["cell"], strict=True))
    return redirect(url_for("imports.check", upload_id=upload_id), 303)


@pages.post("/uploads/<uuid:upload_id>/import")
@requires("import")
def merge(upload_id: UUID) -> ResponseReturnValue:
    """Import the kept file, whole or its valid rows; a large one in the background, which the page of the file then shows."""
    given = typed_into(ImportForm()).given
    valid_rows_only = given.get("valid_rows_only") == "yes"
    upload = upload_of(connection(), upload_id)
    kind = own_kind(upload.kind)
    if given and takes_long(upload):
        ask_for_import(connection(), kind, upload, valid_rows_only=valid_rows_only, form=given["form"])
        return redirect(url_for("imports.check", upload_id=upload_id), 303)
    with connection().begin_nested(), readable_errors():
        result = import_upload(connection(), kind, upload_id, valid_rows_only=valid_rows_only)
    if result.batch_id is None:
        return redirect(url_for("imports.check", upload_id=upload_id), 303)
    return redirect(url_for("imports.show", batch_id=result.batch_id), 303)


@pages.post("/uploads/<uuid:upload_id>/discard")
@requires("import")
def discard(upload_id: UUID) -> ResponseReturnValue:
    """Delete a kept file without importing it."""
    own_kind(upload_of(connection(), upload_id).kind)
    discard_upload(connection(), upload_id)
    return redirect(url_for("imports.listed"), 303)


@pages.get("/<uuid:batch_id>")
@requires("import")
def show(batch_id: UUID) -> ResponseReturnValue:
    """Show what an import did."""
    return shown(batch_of(connection(), batch_id))


def shown(batch: Batch, *, refused: str = "") -> str:
    """Return the page of an import, with how far its taking back is, or why it was `refused`."""
    job = newest_job_about(connection(), batch.id)
    undoing = job if job is not None and is_undoing(job) else None
    said = undoing.said or "" if undoing is not None and undoing.ended and batch.undone_at is None else ""
    under_way = undoing if undoing is not None and not undoing.ended else None
    kind = kinds().get(batch.kind)
    stays = (
        closed_since(connection(), kind, batch.id, at=batch.at) if kind and not batch.undone_at and not under_way and not refused else ""
    )
    return render_template(
        "imports/show.html", batch=batch, refused=refused or said, now=bool(refused), stays=stays, job=under_way, form=uuid4()
    )


@pages.post("/<uuid:batch_id>/undo")
@requires("import")
def undo(batch_id: UUID) -> ResponseReturnValue:
    """Take an import back, or say in one sentence why it stays."""
    batch = batch_of(connection(), batch_id)
    kind, given = own_kind(batch.kind), typed_into(UndoForm()).given
    if given and takes_long_to_undo(batch) and batch.undone_at is None:
        ask_to_undo(connection(), kind, batch, form=given["form"])
        return redirect(url_for("imports.show", batch_id=batch_id), 303)
    try:
        with connection().begin_nested(), readable_errors():
            undo_import(connection(), dict(kinds()), batch_id)
    except CareTallyError as error:
        return shown(batch, refused=error.message), 409
    return redirect(url_for("imports.show", batch_id=batch_id), 303)
