"""A relay before the suite's real server that makes it say another version, as a server of that version would when a client logs in."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import URL

PARAMETER, READY = b"S", b"Z"


@contextmanager
def server_that_says(url: URL, version: str) -> Iterator[URL]:
    """Give an address at which the server of `url` answers, but says that it is PostgreSQL `version`."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=_serve, args=(door, url, version), daemon=True).start()
        plain = {"sslmode": "disable", "gssencmode": "disable"}
        yield url.set(host="127.0.0.1", port=door.getsockname()[1]).update_query_dict(plain)


def _serve(door: socket.socket, url: URL, version: str) -> None:
    with suppress(OSError):
        while True:
            client, _ = door.accept()
            server = socket.create_connection((url.host or "127.0.0.1", url.port or 5432))
            threading.Thread(target=_copy, args=(client, server), daemon=True).start()
            threading.Thread(target=_answer, args=(server, client, version), daemon=True).start()


def _answer(server: socket.socket, client: socket.socket, version: str) -> None:
    """Pass the server's messages on until it is ready, its version exchanged, then whatever comes."""
    with suppress(OSError):
        kind = b""
        while kind != READY:
            kind, length = _exactly(server, 1), _exactly(server, 4)
            body = _exactly(server, int.from_bytes(length, "big") - 4)
            if kind == PARAMETER and body.startswith(b"server_version\0"):
                body = b"server_version\0" + version.encode() + b"\0"
            client.sendall(kind + (len(body) + 4).to_bytes(4, "big") + body)
    _copy(server, client)


def _exactly(source: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = source.recv(size - len(data))
        if not part:
            raise ConnectionError
        data += part
    return data


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError), source, sink:
        while part := source.recv(65536):
            sink.sendall(part)
        sink.shutdown(socket.SHUT_WR)
