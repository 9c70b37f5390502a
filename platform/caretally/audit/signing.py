"""The installation's Ed25519 key (RFC 8032), by which a checkpoint or a report is known to be its own."""

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PURPOSE = b"caretally audit signing 1"


def signing_key(secret: bytes) -> Ed25519PrivateKey:
    """Return the key that the installation's secret gives (HKDF-SHA256, RFC 5869): the same in every process, kept nowhere."""
    return Ed25519PrivateKey.from_private_bytes(HKDF(SHA256(), 32, salt=None, info=PURPOSE).derive(secret))


def public_text(key: Ed25519PublicKey) -> str:
    """Return the 32 bytes of a public key in base64."""
    return base64.b64encode(key.public_bytes_raw()).decode()


def signature_text(key: Ed25519PrivateKey, message: bytes) -> str:
    """Return the signature of a message in base64."""
    return base64.b64encode(key.sign(message)).decode()


def is_signed(key: Ed25519PublicKey, message: bytes, signature: str) -> bool:
    """Tell whether the signature, in base64, is this key's over this message; a text that is no signature is not."""
    try:
        key.verify(base64.b64decode(signature, validate=True), message)
    except (InvalidSignature, ValueError):
        return False
    return True
