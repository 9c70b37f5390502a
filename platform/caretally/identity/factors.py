"""The second factor that a person types: a code of their authenticator, or one of ten recovery codes."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.config.sealed import seal, unseal
from caretally.identity.codes import accepted_step, new_authenticator_secret
from caretally.identity.tokens import new_recovery_codes, recovery_code_hash

READ = text("SELECT sealed, last_step, waiting FROM account_authenticator WHERE account_id = :account_id FOR UPDATE")
WAIT = text(
    "INSERT INTO account_authenticator (account_id, waiting) VALUES (:account_id, :waiting) "
    "ON CONFLICT (account_id) DO UPDATE SET waiting = EXCLUDED.waiting"
)
TAKE = text("UPDATE account_authenticator SET last_step = :step WHERE account_id = :account_id")
CONFIRM = text("UPDATE account_authenticator SET sealed = waiting, waiting = NULL, last_step = :step WHERE account_id = :account_id")
TAKE_RECOVERY = text(
    "UPDATE account_recovery_code SET used_at = now() WHERE account_id = :account_id AND code_hash = :code_hash AND used_at IS NULL"
)
FACTORS = text(
    "SELECT (SELECT password_hash IS NOT NULL FROM account WHERE account_id = :account_id) AS password, "
    "EXISTS (SELECT FROM account_authenticator WHERE account_id = :account_id AND sealed IS NOT NULL) AS authenticator, "
    "(SELECT count(*) FROM account_passkey WHERE account_id = :account_id) AS passkeys, "
    "(SELECT count(*) FROM account_recovery_code WHERE account_id = :account_id AND used_at IS NULL) AS recovery_codes"
)
NOW = text("SELECT now()")


@dataclass(frozen=True)
class Factors:
    """What an account can prove itself with; `any` is about a second factor."""

    password: bool
    authenticator: bool
    passkeys: int
    recovery_codes: int

    @property
    def any(self) -> bool:
        """Tell whether there is a second factor at all; recovery codes alone are none."""
        return self.authenticator or self.passkeys > 0


def factors_of(connection: Connection, account_id: UUID) -> Factors:
    """Return the second factors of an account."""
    row = connection.execute(FACTORS, {"account_id": account_id}).one()
    return Factors(row.password, row.authenticator, row.passkeys, row.recovery_codes)


def start_authenticator(connection: Connection, account_id: UUID, *, secret: bytes) -> str:
    """Return the secret of an authenticator that waits to be confirmed, the same until it is; the one confirmed before holds until then."""
    row = connection.execute(READ, {"account_id": account_id}).one_or_none()
    if row is not None and row.waiting is not None:
        return unseal(row.waiting, secret=secret, owner=_owner(account_id)).decode()
    made = new_authenticator_secret()
    connection.execute(WAIT, {"account_id": account_id, "waiting": seal(made.encode(), secret=secret, owner=_owner(account_id))})
    return made


def confirm_authenticator(connection: Connection, account_id: UUID, code: str, *, secret: bytes) -> list[str] | None:
    """Confirm the waiting authenticator by a code of it and return ten new recovery codes, to be shown once; None when the code is refused."""
    row = connection.execute(READ, {"account_id": account_id}).one_or_none()
    step = _step(connection, row.waiting, code, owner=_owner(account_id), secret=secret, last_used=0) if row else None
    if step is None:
        return None
    connection.execute(CONFIRM, {"step": step, "account_id": account_id})
    return renew_recovery_codes(connection, account_id)


def check_code(connection: Connection, account_id: UUID, code: str, *, secret: bytes) -> bool:
    """Tell whether a code is the confirmed authenticator's and was never taken, and take it: of two requests with one code the second is refused."""
    row = connection.execute(READ, {"account_id": account_id}).one_or_none()
    step = _step(connection, row.sealed, code, owner=_owner(account_id), secret=secret, last_used=row.last_step) if row else None
    if step is not None:
        connection.execute(TAKE, {"step": step, "account_id": account_id})
    return step is not None


def _step(connection: Connection, sealed: bytes | None, code: str, *, owner: str, secret: bytes, last_used: int) -> int | None:
    if sealed is None:
        return None
    plain = unseal(sealed, secret=secret, owner=owner).decode()
    return accepted_step(plain, code, now=connection.execute(NOW).scalar_one(), last_used=last_used)


def check_recovery_code(connection: Connection, account_id: UUID, code: str) -> bool:
    """Tell whether a recovery code is one of the account's that was never used, and use it up."""
    return connection.execute(TAKE_RECOVERY, {"account_id": account_id, "code_hash": recovery_code_hash(code)}).rowcount == 1


def renew_recovery_codes(connection: Connection, account_id: UUID) -> list[str]:
    """Replace the recovery codes of an account by ten new ones and return them, to be shown once."""
    codes = new_recovery_codes()
    connection.execute(text("DELETE FROM account_recovery_code WHERE account_id = :account_id"), {"account_id": account_id})
    connection.execute(
        text("INSERT INTO account_recovery_code (account_id, code_hash) VALUES (:account_id, :code_hash)"),
        [{"account_id": account_id, "code_hash": recovery_code_hash(code)} for code in codes],
    )
    return codes


def remove_factors(connection: Connection, account_id: UUID) -> None:
    """Take every second factor from an account."""
    for table in ("account_authenticator", "account_passkey", "account_recovery_code"):
        connection.execute(text(f"DELETE FROM {table} WHERE account_id = :account_id"), {"account_id": account_id})


def _owner(account_id: UUID) -> str:
    return f"authenticator:{account_id}"
