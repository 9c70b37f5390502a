"""Random tokens of sessions, invitations and recovery: given out once, kept as their SHA-256 only."""

import hashlib
import secrets

TOKEN_BYTES = 16
RECOVERY_CODES = 10
RECOVERY_CHARACTERS = 16
LONGEST_TOKEN = 200
# Crockford's base32: no letter that reads like a digit.
READABLE = "0123456789abcdefghjkmnpqrstvwxyz"
READ_AS = str.maketrans({"o": "0", "i": "1", "l": "1", "-": "", " ": ""})


def new_token() -> str:
    """Return 128 random bits as 22 characters that an address or a cookie can hold."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> bytes:
    """Return the 32 bytes by which a token is kept and looked up; whatever a browser sends has one."""
    return hashlib.sha256(token[:LONGEST_TOKEN].encode("utf-8", "surrogatepass")).digest()


def new_recovery_codes() -> list[str]:
    """Return ten different codes of 80 random bits, in groups of four characters, to be shown once."""
    return [_grouped("".join(secrets.choice(READABLE) for _ in range(RECOVERY_CHARACTERS))) for _ in range(RECOVERY_CODES)]


def recovery_code_hash(code: str) -> bytes:
    """Return the hash by which a recovery code is kept; case, spaces, dashes and look-alike letters do not matter."""
    return token_hash(code[:LONGEST_TOKEN].casefold().translate(READ_AS))


def _grouped(code: str) -> str:
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))
