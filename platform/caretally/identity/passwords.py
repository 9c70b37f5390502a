"""Passwords: long enough, kept as Argon2id, and checked at the same cost whether or not there is such a person."""

from unicodedata import normalize

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from caretally.errors import UsageMistake

FEWEST_CHARACTERS = 12
MOST_CHARACTERS = 256
HASHER = PasswordHasher()
# Of 32 random bytes that nobody kept; checked for an account that does not exist, so that it must cost what a new hash costs.
NOBODYS_HASH = "$argon2id$v=19$m=65536,t=3,p=4$o8aFQjljKIidrd8kDAvnHA$CskABBnvr5q+9P5dUxuPEpAtGrhAv0UZp2lkIbbh+ME"


class PasswordRefused(UsageMistake):
    """A new password is too short, too long, or the address itself; the sentence never repeats it."""

    code = "password_refused"


def check_new_password(password: str, *, email: str) -> None:
    """Raise `PasswordRefused` unless the password has 12 to 256 characters and does not hold the person's own address or its name part.

    Nothing is asked of its letters, digits or signs. Whether it is common or breached is not looked up here.
    """
    typed = normalize("NFKC", password)
    if len(typed) < FEWEST_CHARACTERS:
        raise PasswordRefused(f"The password has {len(typed)} characters; use {FEWEST_CHARACTERS} or more, such as four words.")
    if len(password) > MOST_CHARACTERS:
        raise PasswordRefused(f"The password has {len(password)} characters; use {MOST_CHARACTERS} or fewer.")
    name = email.partition("@")[0].casefold()
    rest = typed.casefold().replace(email.casefold(), "").replace(name or "@", "")
    if 2 * len(rest) < FEWEST_CHARACTERS:
        raise PasswordRefused("The password is little more than your own address; use one that does not hold it.")
    if len(set(typed)) == 1:
        raise PasswordRefused("The password is one character repeated; use another, such as four words.")


def password_hash(password: str) -> str:
    """Return the Argon2id hash to keep, with its parameters and salt in it."""
    return HASHER.hash(_bytes(password))


def password_fits(kept: str | None, password: str) -> bool:
    """Return whether the password is the one that `kept` was made of; None stands for nobody and costs the same, and never fits.

    One that is longer than any kept one is refused after the same work on its beginning.
    """
    typed = _bytes(password[: MOST_CHARACTERS + 1])
    try:
        HASHER.verify(kept or NOBODYS_HASH, typed)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def needs_new_hash(kept: str) -> bool:
    """Return whether a kept hash has other parameters than today's, so that the next sign-in replaces it."""
    return HASHER.check_needs_rehash(kept)


def _bytes(password: str) -> bytes:
    """One word typed in two forms of Unicode is one password; what no text can hold still costs a check."""
    return normalize("NFKC", password).encode("utf-8", "surrogatepass")
