"""Passwords: long enough, kept as Argon2id, and checked at the same cost whether or not there is such a person."""

import re
from unicodedata import normalize

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from caretally.errors import UsageMistake

FEWEST_CHARACTERS = 12
MOST_CHARACTERS = 256
# The estimate's own scale: 3 is safe against some ten billion guesses. It rates no more than this many characters.
LEAST_SCORE = 3
LONGEST_RATED = 72
HASHER = PasswordHasher()
# Of 32 random bytes that nobody kept; checked for an account that does not exist, so that it must cost what a new hash costs.
NOBODYS_HASH = "$argon2id$v=19$m=65536,t=3,p=4$o8aFQjljKIidrd8kDAvnHA$CskABBnvr5q+9P5dUxuPEpAtGrhAv0UZp2lkIbbh+ME"


class PasswordRefused(UsageMistake):
    """A new password is too short, too long, or the address itself; the sentence never repeats it."""

    code = "password_refused"


def check_new_password(password: str, *, email: str) -> None:
    """Raise `PasswordRefused` unless the password has 12 to 256 characters and does not hold the person's own address or its name part.

    Nothing is asked of its letters, digits or signs. Common and breached passwords, and what is made of them, dates, names, keyboard rows and
    repetitions by the usual tricks, are refused by the estimate of `zxcvbn` (Wheeler, USENIX Security 2016), whose lists come from breaches.
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
    if zxcvbn(typed[:LONGEST_RATED], user_inputs=[email, *re.split(r"[^a-z0-9]+", email.casefold()), "caretally"])["score"] < LEAST_SCORE:
        raise PasswordRefused(
            "This password is among the first that a guesser tries; use another, such as four words that do not belong together."
        )


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
