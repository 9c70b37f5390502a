"""The tree of RFC 6962: its published roots and proofs, and that every leaf of any tree can be proven and no other."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caretally.audit.merkle import inclusion_proof, merkle_root, root_of_proof

# The leaves and roots that implementations of RFC 6962 publish to be tested with.
LEAVES = [
    bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


@pytest.mark.parametrize("size", ROOTS)
def test_the_roots_are_the_published_ones(size: int) -> None:
    assert merkle_root(LEAVES[:size]).hex() == ROOTS[size]


def split_root(leaves: list[bytes]) -> bytes:
    """The definition, word for word: split at the largest power of two below the size."""
    if len(leaves) <= 1:
        return hashlib.sha256(b"\x00" + leaves[0] if leaves else b"").digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + split_root(leaves[:half]) + split_root(leaves[half:])).digest()


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_the_root_is_the_one_of_the_definition(leaves: list[bytes]) -> None:
    assert merkle_root(leaves) == split_root(leaves)


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=70), st.data())
def test_a_proof_leads_from_its_own_leaf_and_place_only(leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    proof, root = inclusion_proof(leaves, place), merkle_root(leaves)
    assert root_of_proof(leaves[place], place, len(leaves), proof) == root
    assert root_of_proof(leaves[place] + b"!", place, len(leaves), proof) != root
    with pytest.raises(ValueError, match="too long"):
        root_of_proof(leaves[place], place, len(leaves), [*proof, root])
    if proof:
        with pytest.raises(ValueError, match="too short"):
            root_of_proof(leaves[place], place, len(leaves), proof[:-1])


def test_there_is_no_proof_for_a_place_outside() -> None:
    with pytest.raises(IndexError):
        inclusion_proof([b"a"], 1)
    with pytest.raises(ValueError, match="outside"):
        root_of_proof(b"a", 1, 1, [])
