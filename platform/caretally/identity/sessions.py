"""Sessions on the server: a random token in the browser's cookie, its hash in a row that can be listed and ended (OWASP ASVS 5.0, 7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, text

from caretally.identity.accounts import Place
from caretally.identity.tokens import new_token, token_hash
from caretally.tenancy.read_rows import Statement, read_rows

IDLE_SECONDS = 15 * 60
LIFE_SECONDS = 12 * 60 * 60
# Between the password and the second factor there is nothing to read; who takes longer starts again.
HALF_LIFE_SECONDS = 10 * 60
SEEN_SECONDS = 30
STEP_UP_SECONDS = 5 * 60

OPEN = text(
    "INSERT INTO account_session (account_id, token_hash, stage, only_vendor_id, ends_at, idle_seconds, factor_at, network, browser) VALUES "
    "(:account_id, :token_hash, :stage, :only_vendor_id, now() + make_interval(secs => :life), :idle, "
    "CASE WHEN :stage = 'full' THEN now() END, :network, :browser) RETURNING session_id"
)
FIND = Statement(
    "SELECT s.session_id, s.account_id, s.stage, s.only_vendor_id, a.email, a.name, a.is_operator, "
    "coalesce(s.factor_at > now() - make_interval(secs => :step_up), false) AS is_fresh, s.seen_at < now() - make_interval(secs => :seen) AS is_stale, "
    "coalesce(m.vendor_id, b.vendor_id) AS vendor_id, m.id AS membership_id, m.role, v.name AS vendor_name, m.period_from, m.period_to, "
    "s.operates AND a.is_operator AS operates, b.id AS break_glass_id, b.ends_at AS break_glass_ends_at, "
    "ARRAY(SELECT c.client_id FROM membership_client c WHERE c.vendor_id = m.vendor_id AND c.membership_id = m.id ORDER BY 1) AS clients "
    "FROM account_session s JOIN account a USING (account_id) "
    "LEFT JOIN membership m ON m.vendor_id = s.vendor_id AND m.id = s.membership_id AND m.account_id = s.account_id AND m.ended_at IS NULL "
    "AND m.changed_at <= s.entered_at LEFT JOIN break_glass b ON b.vendor_id = s.vendor_id AND b.id = s.break_glass_id AND a.is_operator "
    "AND b.requested_by = 'person:' || s.account_id AND b.approved AND b.ended_at IS NULL AND b.ends_at > clock_timestamp() "
    "LEFT JOIN vendor v ON v.vendor_id = coalesce(m.vendor_id, b.vendor_id) "
    "WHERE s.token_hash = :token_hash AND s.ended_at IS NULL AND s.ends_at > now() AND s.seen_at + make_interval(secs => s.idle_seconds) > now() "
    "AND a.disabled_at IS NULL"
)
SEEN = text("UPDATE account_session SET seen_at = now() WHERE session_id = :session_id")
# Idle and absolute limits of the vendor that is entered hold from now on; they can only be shorter than the installation's.
ENTER = text(
    "UPDATE account_session s SET vendor_id = v.vendor_id, membership_id = :membership_id, break_glass_id = NULL, operates = false, "
    "entered_at = clock_timestamp(), "
    "idle_seconds = least(s.idle_seconds, v.session_idle_minutes * 60), ends_at = least(s.ends_at, s.made_at + make_interval(hours => v.session_hours)), "
    "token_hash = :token_hash, seen_at = now() FROM vendor v WHERE s.session_id = :session_id AND s.stage = 'full' AND v.vendor_id = :vendor_id "
    "AND (s.only_vendor_id IS NULL OR s.only_vendor_id = v.vendor_id) RETURNING s.session_id"
)
# An operator's session at the installation's pages, or reading by a break-glass access; a session that an organisation's provider opened never is one.
OPERATE = text(
    "UPDATE account_session s SET vendor_id = :vendor_id, break_glass_id = :break_glass_id, membership_id = NULL, operates = true, "
    "entered_at = clock_timestamp(), token_hash = :token_hash, seen_at = now() FROM account a WHERE s.session_id = :session_id AND s.stage = 'full' "
    "AND a.account_id = s.account_id AND a.is_operator AND s.only_vendor_id IS NULL RETURNING s.session_id"
)
PROVEN = text(
    "UPDATE account_session SET stage = 'full', factor_at = now(), seen_at = now(), token_hash = :token_hash, "
    "ends_at = greatest(ends_at, made_at + make_interval(secs => CASE WHEN stage = 'password' THEN :life ELSE 0 END)) WHERE session_id = :session_id"
)
END = text("UPDATE account_session SET ended_at = now() WHERE session_id = :session_id AND account_id = :account_id AND ended_at IS NULL")
END_OTHERS = text(
    "UPDATE account_session SET ended_at = now() WHERE account_id = :account_id AND ended_at IS NULL "
    "AND (CAST(:kept AS uuid) IS NULL OR session_id <> :kept)"
)
LISTED = text(
    "SELECT s.session_id, s.made_at, s.seen_at, s.network, s.browser, v.name FROM account_session s LEFT JOIN vendor v USING (vendor_id) "
    "WHERE s.account_id = :account_id AND s.ended_at IS NULL AND s.ends_at > now() AND s.seen_at + make_interval(secs => s.idle_seconds) > now() "
    "ORDER BY s.seen_at DESC"
)


@dataclass(frozen=True)
class Session:
    """A session that holds now. `stage` is `password` until the second factor came; `role` and what follows are None outside a membership.

    `is_fresh` tells that the second factor was given in the last five minutes. `operates` tells of an operator at the installation's own pages;
    one who reads a vendor's data has the `break_glass` access, with its end, beside the vendor's id.
    """

    id: UUID
    account_id: UUID
    stage: str
    only_vendor_id: UUID | None
    email: str
    name: str
    is_operator: bool
    is_fresh: bool
    vendor_id: UUID | None
    membership_id: UUID | None
    role: str | None
    vendor_name: str | None
    period: tuple[date, date] | None
    clients: Sequence[UUID]
    operates: bool
    break_glass: tuple[UUID, datetime] | None

    @property
    def is_full(self) -> bool:
        """Tell whether both factors were given."""
        return self.stage == "full"


@dataclass(frozen=True)
class ListedSession:
    """One session as its person sees it in the list of their own."""

    id: UUID
    made_at: datetime
    seen_at: datetime
    network: str
    browser: str
    vendor_name: str | None


def open_session(connection: Connection, account_id: UUID, place: Place, *, full: bool, only_vendor_id: UUID | None = None) -> str:
    """Open a session and return its token, which is given to the browser and kept nowhere."""
    token = new_token()
    values = {
        "account_id": account_id,
        "token_hash": token_hash(token),
        "stage": "full" if full else "password",
        "only_vendor_id": only_vendor_id,
        "life": LIFE_SECONDS if full else HALF_LIFE_SECONDS,
        "idle": IDLE_SECONDS,
        "network": place.network,
        "browser": place.browser,
    }
    connection.execute(OPEN, values)
    return token


def find_session(connection: Connection, token: str, *, polling: bool = False) -> Session | None:
    """Return the session of a token, None when there is none, it ended, or it was idle or open for too long; note that it was seen.

    A request that a page makes by itself (`polling`) is no sign of a person, so it is not noted and the session ends in time.
    """
    found = read_rows(connection, FIND, {"token_hash": token_hash(token), "step_up": STEP_UP_SECONDS, "seen": SEEN_SECONDS})
    if not found:
        return None
    (row,) = found
    if row.is_stale and not polling:
        connection.execute(SEEN, {"session_id": row.session_id})
    return Session(
        row.session_id,
        row.account_id,
        row.stage,
        row.only_vendor_id,
        row.email,
        row.name,
        row.is_operator,
        row.is_fresh,
        row.vendor_id,
        row.membership_id,
        row.role,
        row.vendor_name,
        None if row.period_from is None else (row.period_from, row.period_to),
        tuple(row.clients),
        row.operates,
        None if row.break_glass_id is None else (row.break_glass_id, row.break_glass_ends_at),
    )


def prove_session(connection: Connection, session: Session) -> str:
    """Note that the second factor was given now, and return the new token: the old one is worth nothing from here on."""
    token = new_token()
    connection.execute(PROVEN, {"session_id": session.id, "token_hash": token_hash(token), "life": LIFE_SECONDS})
    return token


def enter_membership(connection: Connection, session: Session, *, vendor_id: UUID, membership_id: UUID) -> str | None:
    """Let a full session work in a membership and return the new token; None when the session may not enter that vendor.

    Whether the membership is the account's own and still holds is asked with every request, and by the page that offers it.
    """
    token = new_token()
    values = {"session_id": session.id, "vendor_id": vendor_id, "membership_id": membership_id, "token_hash": token_hash(token)}
    return token if connection.execute(ENTER, values).one_or_none() else None


def operate(connection: Connection, session: Session, *, vendor_id: UUID | None = None, break_glass_id: UUID | None = None) -> str | None:
    """Let an operator's full session work at the installation's pages, or read by a break-glass access, and return the new token; None for others.

    Whether the access is the account's own, was approved and still holds is asked with every request.
    """
    token = new_token()
    values = {"session_id": session.id, "vendor_id": vendor_id, "break_glass_id": break_glass_id, "token_hash": token_hash(token)}
    return token if connection.execute(OPERATE, values).one_or_none() else None


def end_session(connection: Connection, *, account_id: UUID, session_id: UUID) -> bool:
    """End one of an account's own sessions; False when it is not theirs or has ended."""
    return connection.execute(END, {"session_id": session_id, "account_id": account_id}).rowcount > 0


def end_sessions(connection: Connection, account_id: UUID, *, kept: UUID | None = None) -> int:
    """End all sessions of an account but one, and return how many."""
    return connection.execute(END_OTHERS, {"account_id": account_id, "kept": kept}).rowcount


def sessions_of(connection: Connection, account_id: UUID) -> list[ListedSession]:
    """Return the sessions of an account that hold now, the last seen first."""
    return [ListedSession(*row) for row in connection.execute(LISTED, {"account_id": account_id})]
