"""Checkpoints: what every vendor's audit chain had come to at a moment, signed and kept outside the database.

A chain can be written anew by whoever holds the whole database, from any event on; it cannot be made to end as a checkpoint saw it. A
checkpoint is one signed root over the heads of all vendors (RFC 6962); each vendor gets a file of its own with its head and the proof that
the root covers it, which tells nothing of another vendor.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Connection, text

from caretally.audit.chain import FIRST_HASH, canonical
from caretally.audit.merkle import inclusion_proof, merkle_root, root_of_proof
from caretally.audit.signing import is_signed, public_text, signature_text
from caretally.files.atomic import write_together

STAMP = "%Y%m%dT%H%M%S.%fZ"
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7030002)")
HEADS = text("SELECT vendor_id, seq, hash FROM audit_head ORDER BY vendor_id")
SEEN = text("SELECT seq, hash FROM audit_event WHERE vendor_id = (SELECT tenancy.current_vendor()) AND seq = ANY(:numbers)")
OWN = text("SELECT h.vendor_id, h.seq FROM audit_head h WHERE h.vendor_id = (SELECT tenancy.current_vendor())")
VERSION = 1
SIGNED = ("at", "root", "tree_size", "version")
FOLDER = "checkpoints"


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was written: its moment (UTC), how many chains it covers, their root, and how many of them had grown since the last."""

    at: datetime
    chains: int
    root: bytes
    written: int


@dataclass(frozen=True)
class CheckpointState:
    """How many checkpoints of a vendor were compared with its chain, and each disagreement in one sentence."""

    checkpoints: int
    breaches: tuple[str, ...]


def write_checkpoint(connection: Connection, *, archive: Path, key: Ed25519PrivateKey, now: datetime) -> Checkpoint:
    """Sign what every chain has come to and write it into the archive, for each vendor whose chain has grown since its last checkpoint.

    `connection` is the operator's, who may read the heads; `now` is an aware moment. Raises `DependencyDown` when the archive cannot be
    written, with no file written. Two at once would both follow the same one before, so the second waits, until the transaction ends.
    """
    connection.execute(ONE_AT_A_TIME)
    heads = connection.execute(HEADS).all()
    # Who waited for another, or has a clock that is behind, still comes after the one that is there.
    at = max([now.astimezone(UTC), *(newest + timedelta(microseconds=1) for head in heads if (newest := _newest(archive, head.vendor_id)))])
    latest = {head.vendor_id: _latest(archive, head.vendor_id) for head in heads}
    leaves = [_leaf(head.vendor_id, head.seq, head.hash, _digest(latest[head.vendor_id])) for head in heads]
    said = {"version": VERSION, "at": _moment(at), "tree_size": len(leaves), "root": merkle_root(leaves).hex()}
    signed = said | {"public_key": public_text(key.public_key()), "signature": signature_text(key, canonical(said))}
    files = {}
    for place, head in enumerate(heads):
        if head.seq == 0 or head.seq == _seq(latest[head.vendor_id]):
            continue
        own = {"vendor": str(head.vendor_id), "seq": head.seq, "hash": head.hash.hex(), "previous": _digest(latest[head.vendor_id])}
        proof = [beside.hex() for beside in inclusion_proof(leaves, place)]
        content = canonical(signed | own | {"place": place, "proof": proof}) + b"\n"
        files[_folder(archive, head.vendor_id) / f"{at:{STAMP}}.json"] = content
    write_together(files)
    return Checkpoint(at, len(leaves), merkle_root(leaves), len(files))


def compare_with_checkpoints(connection: Connection, *, archive: Path, key: Ed25519PublicKey) -> CheckpointState:
    """Compare the chain of the transaction's vendor with every checkpoint of it in the archive."""
    vendor_id, ends_at = connection.execute(OWN).one()
    files = sorted(_folder(archive, vendor_id).glob("*.json"))
    read = [(path.name, *_read(path, vendor_id=vendor_id, key=key)) for path in files]
    numbers = [found["seq"] for _name, found, _reason in read if found]
    seen: dict[int, bytes] = dict(connection.execute(SEEN, {"numbers": numbers}).all())
    return CheckpointState(len(files), tuple(_breaches(read, files, seen, ends_at=ends_at)))


def _breaches(read: list[tuple[str, dict[str, Any], str]], files: list[Path], seen: Mapping[int, bytes], *, ends_at: int) -> Iterator[str]:
    held, previous = 0, FIRST_HASH.hex()
    for (name, found, reason), path in zip(read, files, strict=True):
        if not found:
            yield f"checkpoint {name}: {reason}"
        else:
            if found["previous"] != previous:
                yield f"checkpoint {name}: the checkpoint before it is not the one that it followed"
            if found["seq"] > ends_at:
                yield f"the chain ends at event {ends_at}, and the checkpoint of {found['at']} saw event {found['seq']}: its tail was cut off"
            elif found["seq"] not in seen:
                yield f"event {found['seq']}, which the checkpoint of {found['at']} saw, is missing"
            elif seen[found["seq"]].hex() != found["hash"]:
                yield f"event {found['seq']} is not what the checkpoint of {found['at']} saw: the chain was written anew from event {held + 1} on or later"
            else:
                held = found["seq"]
        previous = hashlib.sha256(path.read_bytes()).hexdigest()


def _read(path: Path, *, vendor_id: UUID, key: Ed25519PublicKey) -> tuple[dict[str, Any], str]:
    """Return what a checkpoint's file says, or nothing and why it is not to be believed."""
    try:
        found = json.loads(path.read_bytes())
        leaf = _leaf(UUID(found["vendor"]), found["seq"], bytes.fromhex(found["hash"]), found["previous"])
        root = root_of_proof(leaf, found["place"], found["tree_size"], [bytes.fromhex(beside) for beside in found["proof"]])
        if not is_signed(key, canonical({name: found[name] for name in SIGNED}), found["signature"]):
            return {}, "it does not bear this installation's signature"
        if root.hex() != found["root"] or UUID(found["vendor"]) != vendor_id:
            return {}, "what it says is not what was signed"
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}, "it is damaged"
    return found, ""


def _latest(archive: Path, vendor_id: UUID) -> bytes | None:
    files = sorted(_folder(archive, vendor_id).glob("*.json"))
    return files[-1].read_bytes() if files else None


def _newest(archive: Path, vendor_id: UUID) -> datetime | None:
    """Return the moment of a vendor's last checkpoint, by its file's name."""
    names = sorted(path.stem for path in _folder(archive, vendor_id).glob("*.json"))
    try:
        return datetime.strptime(names[-1], STAMP).replace(tzinfo=UTC) if names else None
    except ValueError:
        return None


def _digest(content: bytes | None) -> str:
    return FIRST_HASH.hex() if content is None else hashlib.sha256(content).hexdigest()


def _seq(content: bytes | None) -> int:
    """Return the number of the event that a checkpoint saw; a damaged one saw none, so the next is written."""
    try:
        found = json.loads(content or b"{}").get("seq", 0)
    except (ValueError, AttributeError):
        return 0
    return found if isinstance(found, int) else 0


def _leaf(vendor_id: UUID, seq: int, head: bytes, previous: str) -> bytes:
    return canonical({"vendor": str(vendor_id), "seq": seq, "hash": head.hex(), "previous": previous})


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _folder(archive: Path, vendor_id: UUID) -> Path:
    return archive / FOLDER / str(vendor_id)
