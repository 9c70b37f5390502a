"""The demo's documents: invoices and exception reports of the last month, one folder a vendor."""

from pathlib import Path

from caretally.app.installation import Vendor
from caretally.app.write_files import write_client_files
from caretally.close.close_month import clients_to_close
from caretally.close.prepare import Client
from caretally.close.results import ClientResult
from caretally.months import Month


def write_documents(vendor: Vendor, month: Month, results: list[ClientResult], *, out: Path) -> list[Path]:
    """Write the files of every client closed in the month and return their paths; files that are there stay as they are."""
    with vendor.transaction() as connection:
        clients = {client.code: client for client in clients_to_close(connection)}
    folder = documents_folder(out, vendor.slug)
    closed = [result for result in results if result.status == "closed"]

    def written(result: ClientResult) -> list[Path]:
        client = clients[result.client]
        return _present(folder, client, result, month) or write_client_files(vendor, client, month, result, out=folder)

    return [path for result in closed for path in written(result)]


def documents_folder(out: Path, slug: str) -> Path:
    """Return the folder of a vendor's documents, named for what is in it."""
    return out / f"{slug}-invoices-and-exceptions"


def _present(folder: Path, client: Client, result: ClientResult, month: Month) -> list[Path]:
    """Return the client's files when all of them are there, else none; a month that was closed again is written again."""
    stems = [f"exceptions-{client.code}-{month}", *([f"{result.invoice.number}-{client.code}"] if result.invoice else [])]
    paths = sorted(folder / f"{stem}.{ending}" for stem in stems for ending in ("csv", "pdf", "xlsx"))
    return paths if result.revision == 1 and all(path.exists() for path in paths) else []
