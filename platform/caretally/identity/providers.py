"""A vendor's own identity provider: what it is asked, which roles its groups have here, and whose account its people are."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Connection, Row, text

from caretally.audit.chain import append_event
from caretally.config.sealed import seal, unseal
from caretally.errors import CareTallyError, UsageMistake
from caretally.identity.accounts import Account, account_for, account_of, find_account
from caretally.identity.memberships import CLIENT_ROLES, VENDOR_ROLES, add_member, change_member, members, memberships_of
from caretally.identity.roles import Role

COLUMNS = "p.vendor_id, p.id, p.issuer, p.client, p.sealed_secret, p.domains, p.group_claim, p.roles, p.proves_factor"
OF_DOMAIN = text(
    f"SELECT {COLUMNS}, v.name AS vendor_name FROM identity_provider p JOIN vendor v USING (vendor_id) "
    "WHERE p.ended_at IS NULL AND :domain = ANY (p.domains) ORDER BY v.name"
)
OF_VENDOR = text(
    f"SELECT {COLUMNS}, v.name AS vendor_name FROM identity_provider p JOIN vendor v USING (vendor_id) "
    "WHERE p.ended_at IS NULL AND p.vendor_id = :vendor_id"
)
END = text("UPDATE identity_provider SET ended_at = now() WHERE vendor_id = (SELECT tenancy.current_vendor()) AND ended_at IS NULL")
ADD = text(
    "INSERT INTO identity_provider (vendor_id, issuer, client, sealed_secret, domains, group_claim, roles, proves_factor) VALUES "
    "((SELECT tenancy.current_vendor()), :issuer, :client, :sealed_secret, :domains, :group_claim, CAST(:roles AS jsonb), :proves_factor) RETURNING id"
)
FEDERATED = text("SELECT account_id FROM account_federation WHERE issuer = :issuer AND subject = :subject")
FEDERATE = text("INSERT INTO account_federation (issuer, subject, account_id) VALUES (:issuer, :subject, :account_id)")
MAPPED = tuple(role for role in (*VENDOR_ROLES, *CLIENT_ROLES) if role is not Role.AUDITOR)


class ProviderRefused(CareTallyError):
    """The provider, or what it says of a person, is not accepted; the page's answer is 403."""

    code = "provider_refused"
    status = 403


@dataclass(frozen=True)
class Given:
    """What a group has here: a role, and the codes of the clients for a practice's people."""

    role: str
    clients: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class Provider:
    """A vendor's identity provider. It has no repr: it holds a secret."""

    vendor_id: UUID
    vendor_name: str
    id: UUID
    issuer: str
    client: str
    secret: str
    domains: Sequence[str]
    group_claim: str
    roles: Mapping[str, Given]
    proves_factor: bool


@dataclass(frozen=True)
class Known:
    """What a provider said of a person and was verified: who they are there, their address, their groups, how they proved themself."""

    subject: str
    email: str
    name: str
    groups: Sequence[str]
    methods: Sequence[str]


def providers_of(connection: Connection, email: str, *, secret: bytes) -> list[Provider]:
    """Return, on the sign-in's login, the providers that look after an address."""
    domain = email.strip().lower().rpartition("@")[2]
    return [_provider(row, secret) for row in connection.execute(OF_DOMAIN, {"domain": domain})]


def provider_of(connection: Connection, vendor_id: UUID, *, secret: bytes) -> Provider | None:
    """Return the provider of a vendor, None when it has none."""
    row = connection.execute(OF_VENDOR, {"vendor_id": vendor_id}).one_or_none()
    return None if row is None else _provider(row, secret)


def read_roles(lines: str) -> dict[str, Given]:
    """Return which role each group has, from lines as `nurses = clinical_staff` or `front desk = practice_administrator LFM RIM`.

    Raises `UsageMistake` naming the line.
    """
    found: dict[str, Given] = {}
    for number, line in enumerate(lines.splitlines(), start=1):
        if not line.strip():
            continue
        group, equals, said = line.partition("=")
        words = said.split()
        if not equals or not group.strip() or not words or words[0] not in MAPPED:
            raise UsageMistake(
                f"Line {number} does not say which role a group has; write it as “nurses = clinical_staff”, with one of {', '.join(MAPPED)}."
            )
        if (words[0] in CLIENT_ROLES) is not (len(words) > 1):
            raise UsageMistake(
                f"Line {number}: {words[0]} {'needs the codes of its clients' if words[0] in CLIENT_ROLES else 'takes no clients'}."
            )
        found[group.strip()] = Given(words[0], tuple(words[1:]))
    if not found:
        raise UsageMistake("Write which role at least one group has, as “nurses = clinical_staff”.")
    return found


def read_domains(typed: str) -> list[str]:
    """Return the domains of addresses, as `meridian.example, meridian-care.example`. Raises `UsageMistake` for what is none."""
    found = [word.strip().lower().removeprefix("@") for word in typed.replace(",", " ").split()]
    wrong = [word for word in found if "." not in word or not all(part.replace("-", "a").isalnum() for part in word.split("."))]
    if not found or wrong:
        raise UsageMistake(f"“{(wrong or [typed])[0][:60]}” is not the domain of an address; write it as meridian.example.")
    return found


def keep_provider(
    connection: Connection,
    *,
    issuer: str,
    client: str,
    client_secret: str,
    domains: Sequence[str],
    group_claim: str,
    roles: Mapping[str, Given],
    proves_factor: bool,
    secret: bytes,
) -> None:
    """Keep the current vendor's provider in place of the one before; the audit log keeps that it changed, and no secret."""
    parts = urlsplit(issuer)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise UsageMistake("The provider's address is written as https://login.meridian.example, without anything behind its path.")
    connection.execute(END)
    values = {
        "issuer": issuer,
        "client": client,
        "domains": list(domains),
        "group_claim": group_claim,
        "roles": json.dumps([{"group": group, "role": given.role, "clients": given.clients} for group, given in roles.items()]),
        "proves_factor": proves_factor,
    }
    owner = f"provider:{issuer}:{client}"
    made = connection.scalar(ADD, values | {"sealed_secret": seal(client_secret.encode(), secret=secret, owner=owner)})
    append_event(connection, action="provider.changed", detail={"provider": made, "groups": len(roles), "domains": len(domains)})


def end_provider(connection: Connection) -> None:
    """Let nobody sign in through the current vendor's provider any more."""
    connection.execute(END)
    append_event(connection, action="provider.ended", detail={})


def account_known_as(connection: Connection, provider: Provider, known: Known) -> Account:
    """Return the account of a person whom a vendor's provider vouches for, made or linked now when it is the first time.

    An account that works for other vendors too, or that nobody invited here, is never linked by its address alone: a provider vouches for its
    own vendor's people and for nobody else's. Raises `ProviderRefused`.
    """
    if known.email.rpartition("@")[2] not in provider.domains:
        raise ProviderRefused(f"{provider.vendor_name} lets its provider vouch for addresses of {', '.join(provider.domains)} only.")
    account_id = connection.scalar(FEDERATED, {"issuer": provider.issuer, "subject": known.subject})
    if account_id is not None:
        return account_of(connection, account_id)
    found = find_account(connection, known.email)
    if found is not None:
        places = {one.vendor_id for one in memberships_of(connection, found.id)}
        if found.is_operator or (found.password_hash is not None and places != {provider.vendor_id}) or places - {provider.vendor_id}:
            raise ProviderRefused(
                "This address has an account that works elsewhere too; sign in with its password and choose where to work."
            )
    account = found or account_for(connection, email=known.email, name=known.name or known.email)
    connection.execute(FEDERATE, {"issuer": provider.issuer, "subject": known.subject, "account_id": account.id})
    return account


def give_mapped_role(connection: Connection, provider: Provider, account: Account, groups: Sequence[str]) -> None:
    """Give the account, in the vendor's own transaction, the role of the first of its groups that has one here.

    A membership that a person gave stays as it is; one that the provider gave follows the groups. Raises `ProviderRefused` for who has none.
    """
    own = [one for one in members(connection) if one.account_id == account.id]
    given = next((said for group, said in provider.roles.items() if group in groups), None)
    if given is None:
        if not own:
            raise ProviderRefused(f"Your organisation signed you in and gave you no role at {provider.vendor_name}; ask its administrator.")
        return
    theirs = next((one for one in own if one.made_by.startswith("provider:")), None)
    if any(one.role == given.role for one in own if one is not theirs):
        return
    if theirs is None:
        add_member(connection, account, given.role, name=account.name, clients=given.clients)
    elif (theirs.role, sorted(theirs.clients)) != (given.role, sorted(given.clients)):
        change_member(connection, theirs.id, given.role, clients=given.clients)


def _provider(row: Row[tuple[object, ...]], secret: bytes) -> Provider:
    opened = unseal(row.sealed_secret, secret=secret, owner=f"provider:{row.issuer}:{row.client}").decode()
    roles = {said["group"]: Given(said["role"], tuple(said["clients"])) for said in row.roles}
    return Provider(
        row.vendor_id,
        row.vendor_name,
        row.id,
        row.issuer,
        row.client,
        opened,
        tuple(row.domains),
        row.group_claim,
        roles,
        row.proves_factor,
    )
