"""What is sealed opens for its own row under its own installation, and nowhere else."""

import pytest

from caretally.config.sealed import SealBroken, seal, unseal

SECRET, OTHER = b"a" * 32, b"b" * 32
SEALED = seal(b"JBSWY3DPEHPK3PXP", secret=SECRET, owner="totp:1")


def test_what_is_sealed_opens_again() -> None:
    assert unseal(SEALED, secret=SECRET, owner="totp:1") == b"JBSWY3DPEHPK3PXP"


def test_two_seals_of_one_secret_differ_and_show_nothing_of_it() -> None:
    assert seal(b"JBSWY3DPEHPK3PXP", secret=SECRET, owner="totp:1") != SEALED
    assert b"JBSWY3DP" not in SEALED


def test_another_installation_cannot_open_it() -> None:
    with pytest.raises(SealBroken, match=r"totp:1 does not open") as broken:
        unseal(SEALED, secret=OTHER, owner="totp:1")
    assert "JBSWY3DP" not in str(broken.value)


def test_it_does_not_open_in_the_row_of_another_person() -> None:
    with pytest.raises(SealBroken, match=r"totp:2"):
        unseal(SEALED, secret=SECRET, owner="totp:2")


@pytest.mark.parametrize("position", range(len(SEALED)))
def test_one_changed_bit_is_noticed(position: int) -> None:
    changed = bytearray(SEALED)
    changed[position] ^= 1
    with pytest.raises(SealBroken):
        unseal(bytes(changed), secret=SECRET, owner="totp:1")


@pytest.mark.parametrize("length", [0, 1, 12, 20])
def test_what_is_cut_short_is_refused(length: int) -> None:
    with pytest.raises(SealBroken):
        unseal(SEALED[:length], secret=SECRET, owner="totp:1")
