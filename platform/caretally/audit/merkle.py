"""A Merkle tree over many leaves: one root that stands for all, and short proofs that one leaf is under it (RFC 6962, section 2.1)."""

from collections.abc import Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf; its prefix keeps a leaf from passing for a node."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two hashes beside each other."""
    return sha256(b"\x01" + left + right).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root of the tree over the leaves in their order; of none, the hash of nothing."""
    level = [leaf_hash(leaf) for leaf in leaves]
    while len(level) > 1:
        level = _level_above(level)
    return level[0] if level else EMPTY_ROOT


def inclusion_proof(leaves: Sequence[bytes], place: int) -> list[bytes]:
    """Return the hashes beside the way from the leaf at `place` (from 0) up to the root. Raises `IndexError`."""
    if not 0 <= place < len(leaves):
        raise IndexError(f"a tree of {len(leaves)} leaves has none at {place}")
    level, proof = [leaf_hash(leaf) for leaf in leaves], []
    while len(level) > 1:
        beside = place ^ 1
        if beside < len(level):
            proof.append(level[beside])
        level, place = _level_above(level), place // 2
    return proof


def root_of_proof(leaf: bytes, place: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Return the root that the proof leads to from a leaf at `place` of `size` (RFC 9162, section 2.1.3.2).

    Raises `ValueError` for a proof that fits no such tree.
    """
    if not 0 <= place < size:
        raise ValueError("the proof names a place outside its tree")
    rest, found, last = list(proof), leaf_hash(leaf), size - 1
    while last:
        beside = place ^ 1
        if beside <= last:
            if not rest:
                raise ValueError("the proof is too short for its tree")
            found = node_hash(rest[0], found) if beside < place else node_hash(found, rest[0])
            rest = rest[1:]
        place, last = place // 2, last // 2
    if rest:
        raise ValueError("the proof is too long for its tree")
    return found


def _level_above(level: list[bytes]) -> list[bytes]:
    paired = [node_hash(level[place], level[place + 1]) for place in range(0, len(level) - 1, 2)]
    return paired + level[len(paired) * 2 :]
