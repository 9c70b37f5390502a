"""Sending files and forms to the pages as a browser does."""

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.builders.pages import HERE, form_token

BOUNDARY = "----boundary-of-a-test"


def send_form(client: FlaskClient, path: str, /, *, page: str = "", **typed: Any) -> TestResponse:
    """Send a form to an address with the token of a page that has one (the address itself unless told otherwise)."""
    token = form_token(client.get(page or path))
    return client.post(path, data={"form_token": token} | typed, headers={"Origin": HERE})


def send_file(client: FlaskClient, kind: str, body: bytes | str, *, name: str = "file.csv", page: str = "/imports") -> TestResponse:
    """Send a file to the page of imports, with the token of that page or another one."""
    token = form_token(client.get(page))
    content = multipart({"form_token": token, "kind": kind}, name=name, body=body.encode() if isinstance(body, str) else body)
    return client.post("/imports", data=content, headers={"Origin": HERE}, content_type=f"multipart/form-data; boundary={BOUNDARY}")


def multipart(fields: dict[str, str], *, name: str, body: bytes) -> bytes:
    """Return a form with a file as a browser writes it (RFC 7578); the test client's own writer leaves a large one open."""
    head = "".join(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n' for field, value in fields.items())
    file = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
    )
    return (head + file).encode() + body + f"\r\n--{BOUNDARY}--\r\n".encode()
