"""What a person says why they did something: required, in a line of words, and in the audit log as a digest, since it may name somebody."""

from hashlib import sha256

from caretally.errors import UsageMistake

LONGEST_REASON = 500


def said_in_words(said: str, *, what: str = "why", option: str = "--reason", longest: int = LONGEST_REASON, readers: str) -> str:
    """Return what was said with its white space folded. Raises `UsageMistake` where it says nothing, too much, or more than words.

    `what` is asked for with `option`; `readers` says in a sentence of its own who will read it.
    """
    words = " ".join(said.split())
    if not words or len(words) > longest or not words.isprintable():
        raise UsageMistake(f"Say {what} in 1 to {longest} printable characters, with {option}; {readers}.")
    return words


def digest_of(words: str) -> str:
    """Return the SHA-256 of what was said, in hex, for an audit event."""
    return sha256(words.encode()).hexdigest()
