"""Passkeys (W3C Web Authentication, level 2): made once per device with the person's PIN or finger, and as good as both factors together."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from caretally.identity.ceremonies import begin_ceremony, take_ceremony

RP_NAME = "CareTally"
MADE, USED = "passkey_made", "passkey_used"
MOST_PASSKEYS = 20
LISTED = text("SELECT passkey_id, label, made_at, used_at FROM account_passkey WHERE account_id = :account_id ORDER BY made_at")
IDS = text("SELECT credential_id FROM account_passkey WHERE account_id = :account_id")
KEEP = text(
    "INSERT INTO account_passkey (account_id, credential_id, public_key, sign_count, label) "
    "VALUES (:account_id, :credential_id, :public_key, :sign_count, :label) ON CONFLICT (credential_id) DO NOTHING"
)
FIND = text(
    "SELECT k.account_id, k.passkey_id, k.public_key, k.sign_count FROM account_passkey k JOIN account a USING (account_id) "
    "WHERE k.credential_id = :credential_id AND a.disabled_at IS NULL FOR UPDATE OF k"
)
USE = text(
    "UPDATE account_passkey SET sign_count = :sign_count, used_at = now() WHERE account_id = :account_id AND passkey_id = :passkey_id"
)
REMOVE = text("DELETE FROM account_passkey WHERE account_id = :account_id AND passkey_id = :passkey_id")


@dataclass(frozen=True)
class Site:
    """The site that a passkey is for: its name without a port, and its whole origin as a browser says it."""

    name: str
    origin: str


@dataclass(frozen=True)
class Passkey:
    """A passkey as its person sees it."""

    id: UUID
    label: str
    made_at: datetime
    used_at: datetime | None


@dataclass(frozen=True)
class Asked:
    """What a browser is asked, as JSON for its own interface, and the token that its answer must come with."""

    options: str
    token: str


def passkeys_of(connection: Connection, account_id: UUID) -> list[Passkey]:
    """Return the passkeys of an account, the oldest first."""
    return [Passkey(*row) for row in connection.execute(LISTED, {"account_id": account_id})]


def ask_for_new(connection: Connection, site: Site, *, account_id: UUID, email: str, name: str, secret: bytes) -> Asked:
    """Ask a browser for a new passkey of this account; devices that hold one already are left out."""
    known = [PublicKeyCredentialDescriptor(id=credential) for credential in connection.scalars(IDS, {"account_id": account_id})]
    options = generate_registration_options(
        rp_id=site.name,
        rp_name=RP_NAME,
        user_id=account_id.bytes,
        user_name=email,
        user_display_name=name,
        exclude_credentials=known,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    said = {"challenge": bytes_to_base64url(options.challenge), "account": str(account_id)}
    return Asked(options_to_json(options), begin_ceremony(connection, MADE, said, secret=secret))


def keep_new(connection: Connection, site: Site, *, account_id: UUID, answer: str, token: str, label: str, secret: bytes) -> bool:
    """Keep the passkey that a browser made; False when the answer is not what this account was asked, or the passkey is known already."""
    said = take_ceremony(connection, MADE, token, secret=secret)
    if said is None or said["account"] != str(account_id) or len(passkeys_of(connection, account_id)) >= MOST_PASSKEYS:
        return False
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(said["challenge"]),
            expected_rp_id=site.name,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError):
        return False
    values = {
        "account_id": account_id,
        "credential_id": made.credential_id,
        "public_key": made.credential_public_key,
        "sign_count": made.sign_count,
        "label": label,
    }
    return connection.execute(KEEP, values).rowcount == 1


def ask_for_known(connection: Connection, site: Site, *, secret: bytes) -> Asked:
    """Ask a browser for any passkey it holds for this site; who it belongs to is learnt from the answer."""
    options = generate_authentication_options(rp_id=site.name, user_verification=UserVerificationRequirement.REQUIRED)
    said = {"challenge": bytes_to_base64url(options.challenge)}
    return Asked(options_to_json(options), begin_ceremony(connection, USED, said, secret=secret))


def check_known(connection: Connection, site: Site, *, answer: str, token: str, secret: bytes) -> UUID | None:
    """Return whose account the answering passkey is; None when it is unknown, copied (its counter went back) or not what was asked."""
    said = take_ceremony(connection, USED, token, secret=secret)
    if said is None:
        return None
    try:
        credential = parse_authentication_credential_json(answer)
        row = connection.execute(FIND, {"credential_id": credential.raw_id}).one_or_none()
        if row is None:
            return None
        used = verify_authentication_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(said["challenge"]),
            expected_rp_id=site.name,
            expected_origin=site.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError):
        return None
    connection.execute(USE, {"sign_count": used.new_sign_count, "account_id": row.account_id, "passkey_id": row.passkey_id})
    account_id: UUID = row.account_id
    return account_id


def remove_passkey(connection: Connection, account_id: UUID, passkey_id: UUID) -> bool:
    """Remove one passkey of an account; False when it is not the account's."""
    return connection.execute(REMOVE, {"account_id": account_id, "passkey_id": passkey_id}).rowcount == 1
