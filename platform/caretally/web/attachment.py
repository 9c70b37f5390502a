"""A file that the browser keeps instead of showing it."""

from flask import Response

KINDS = {
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def attachment(made: bytes, name: str) -> Response:
    """Return the answer that keeps `made` under `name`, whose ending says what it is; the name holds no patient's."""
    kind = KINDS[name.rpartition(".")[2]]
    return Response(made, mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
