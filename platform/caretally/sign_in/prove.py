"""The two steps of a sign-in, each with its limits on guessing; the slow check of a password is made outside every transaction."""

from dataclasses import dataclass

from sqlalchemy import Engine

from caretally.identity.accounts import Place, find_account, note, set_password
from caretally.identity.factors import check_code, check_recovery_code
from caretally.identity.passwords import needs_new_hash, password_fits, password_hash
from caretally.identity.sessions import Session, end_session, open_session, prove_session
from caretally.identity.throttle import count_failure, forget_failures, guess, is_known_browser, known_browser, refuse_too_many

INSTEAD = "use a browser in which you have signed in before, or have a link mailed to you"


@dataclass(frozen=True)
class Proof:
    """The token that a browser gets, what it keeps to be known later (empty: nothing new), and whether a recovery code was used up."""

    token: str
    browser: str = ""
    used_up: bool = False


def prove_password(pool: Engine, secret: bytes, *, email: str, password: str, place: Place, kept: str) -> Proof | None:
    """Return a session that waits for the second factor, None when there is no such account or the password is not its own.

    Nobody's account takes the same statements and the same check. Raises `TooManyAttempts`.
    """
    address = email.strip().lower()
    with pool.begin() as connection:
        account = find_account(connection, address)
        known = kept if account is not None and is_known_browser(secret, account.id, kept) else ""
        attempt = guess(secret, "password", of=address, network=place.network, browser=known)
        refuse_too_many(connection, attempt, instead=INSTEAD)
    usable = account is not None and not account.disabled
    fits = password_fits(account.password_hash if account is not None and usable else None, password)
    with pool.begin() as connection:
        if account is None or not fits:
            count_failure(connection, attempt)
            note(connection, account.id if account else None, "password_refused", place)
            return None
        if needs_new_hash(account.password_hash or ""):
            set_password(connection, account.id, password_hash(password))
        forget_failures(connection, attempt)
        return Proof(open_session(connection, account.id, place, full=False))


def prove_code(pool: Engine, secret: bytes, session: Session, *, typed: str, place: Place, kept: str) -> Proof | None:
    """Return the session's new token when the code is the authenticator's or a recovery code that was never used, else None.

    Raises `TooManyAttempts`.
    """
    known = kept if is_known_browser(secret, session.account_id, kept) else ""
    attempt = guess(secret, "code", of=str(session.account_id), network=place.network, browser=known)
    with pool.begin() as connection:
        refuse_too_many(connection, attempt, instead=INSTEAD)
        if check_code(connection, session.account_id, typed, secret=secret):
            action = "code_accepted"
        elif check_recovery_code(connection, session.account_id, typed):
            action = "recovery_code_used"
        else:
            count_failure(connection, attempt)
            note(connection, session.account_id, "code_refused", place)
            return None
        forget_failures(connection, attempt)
        note(connection, session.account_id, action if session.is_full else f"signed_in_{action}", place)
        keeps = "" if known else known_browser(secret, session.account_id)
        return Proof(prove_session(connection, session), keeps, used_up=action == "recovery_code_used")


def leave(pool: Engine, session: Session, place: Place) -> None:
    """End the session."""
    with pool.begin() as connection:
        end_session(connection, account_id=session.account_id, session_id=session.id)
        note(connection, session.account_id, "signed_out", place)
