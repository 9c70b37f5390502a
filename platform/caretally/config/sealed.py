"""Small secrets that must be read again (an authenticator's, a provider's) are kept sealed under a key of the installation."""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from caretally.errors import DependencyDown

VERSION = b"\x01"
NONCE_BYTES = 12


class SealBroken(DependencyDown):
    """A kept secret does not open: the installation's secret changed, or the row was altered or moved."""

    code = "seal_broken"


def seal(plain: bytes, *, secret: bytes, owner: str) -> bytes:
    """Return `plain` under AES-256-GCM; it opens only with the same installation secret and for the same `owner`.

    `owner` names the row that keeps it, such as `totp:<person id>`, so that a sealed value copied to another row is refused.
    """
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + AESGCM(_key(secret)).encrypt(nonce, plain, VERSION + owner.encode())


def unseal(sealed: bytes, *, secret: bytes, owner: str) -> bytes:
    """Return what was sealed for `owner`. Raises `SealBroken`, which names the owner and nothing of the content."""
    version, nonce, body = sealed[:1], sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        if version != VERSION:
            raise InvalidTag
        return AESGCM(_key(secret)).decrypt(nonce, body, VERSION + owner.encode())
    except (InvalidTag, ValueError) as error:
        message = f"The secret kept for {owner} does not open; put CARETALLY_SECRET_KEY back to what it was, or reset this factor."
        raise SealBroken(message) from error


def _key(secret: bytes) -> bytes:
    return hmac.new(secret, b"caretally sealed 1", hashlib.sha256).digest()
