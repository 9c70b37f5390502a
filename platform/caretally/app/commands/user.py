"""`caretally user`: the people of a real installation's first day, and what its administrator must be able to do for an account."""

from collections.abc import Callable, Sequence
from datetime import date

import click
from sqlalchemy import Connection

from caretally.app.installation import Installation
from caretally.app.output import is_interactive, json_option, print_json, print_rows
from caretally.audit.chain import append_event
from caretally.errors import UsageMistake
from caretally.identity.accounts import (
    COMMAND_LINE,
    Account,
    account_for,
    disable_account,
    make_operator,
    note,
    plain_address,
    require_account,
    set_password,
)
from caretally.identity.factors import remove_factors
from caretally.identity.links import make_link
from caretally.identity.memberships import CLIENT_ROLES, VENDOR_ROLES, add_member, members, memberships_of, role_words
from caretally.identity.roles import Role
from caretally.identity.sessions import end_sessions
from caretally.mail.message import Mail
from caretally.mail.post import MailNotSent, post
from caretally.months import Month
from caretally.sign_in.invite import invitation
from caretally.sign_in.notices import link_mail

ADDRESS = "http://127.0.0.1:8465"
ROLES = (*VENDOR_ROLES, *CLIENT_ROLES)
HEADINGS = ("name", "email", "role", "clients", "since", "by")
address_option = click.option("--address", default=ADDRESS, show_default=True, help="the address under which people open CareTally")
yes_option = click.option("--yes", is_flag=True, help="do not ask whether to go on")


class NotConfirmed(UsageMistake):
    """A step that takes something from a person was neither confirmed nor given `--yes`."""

    code = "not_confirmed"


@click.group("user")
def user_group() -> None:
    """People: invite, list, disable, and give a new start to who lost their factors."""


@user_group.command("create")
@click.argument("email")
@click.option("--vendor", "vendor_word", help="slug or name of the vendor the person works at")
@click.option("--role", type=click.Choice([str(role) for role in (*ROLES, Role.OPERATOR)]), required=True, help="what the person may do")
@click.option("--name", help="the person's name; the part of the address before @ if absent")
@click.option("--client", "codes", multiple=True, help="code of a client, for a practice's people; again for more")
@click.option("--from", "first", help="first month an auditor may look at, as 2026-01")
@click.option("--to", "last", help="last month an auditor may look at, as 2026-03")
@address_option
@json_option
def create(
    email: str,
    vendor_word: str | None,
    role: str,
    name: str | None,
    codes: tuple[str, ...],
    first: str | None,
    last: str | None,
    address: str,
    *,
    as_json: bool,
) -> None:
    """Make an account for EMAIL and mail a link that sets its password; the link is printed too.

    Who has an account already gets the role as well, and a mail that says so.
    """
    here, whole = Installation(), plain_address(email)
    called = name or whole.partition("@")[0]
    if (role == Role.OPERATOR) is (vendor_word is not None):
        raise UsageMistake("Name a vendor with --vendor for every role but operator, which belongs to the installation.")
    vendor = here.vendor(vendor_word) if vendor_word else None
    with here.auth_pool.begin() as connection:
        account = account_for(connection, email=whole, name=called)
        if vendor is None:
            make_operator(connection, account.id)
            note(connection, account.id, "made_operator", COMMAND_LINE)
    if vendor is not None:
        with vendor.transaction() as connection:
            add_member(connection, account, role, name=called, clients=codes, period=_period(first, last))
    place = vendor.name if vendor else "this installation"
    mail, link = invitation(
        here.auth_pool, account, vendor=place, address_of=lambda t: f"{address}/link/{t}", sign_in=f"{address}/sign-in", place=COMMAND_LINE
    )
    sent_to, refused = _tried(here, mail)
    if as_json:
        print_json(
            {"email": account.email, "role": role, "vendor": vendor.slug if vendor else None, "link": link or None, "mailed_to": sent_to}
        )
    else:
        click.echo(f"{account.email} is {role_words(role)} at {place} now.")
        click.echo(
            f"This link sets the password, once, within three days: {link}"
            if link
            else "They have an account already and sign in as they always do."
        )
        if sent_to:
            click.echo(f"It was mailed too ({sent_to}).", err=True)
    if refused:
        raise refused


@user_group.command("list")
@click.option("--vendor", "vendor_word", required=True, help="slug or name of the vendor")
@json_option
def listed(vendor_word: str, *, as_json: bool) -> None:
    """List who works at a vendor and at its practices."""
    with Installation().vendor(vendor_word).transaction() as connection:
        found = members(connection)
    if as_json:
        names = ("id", "email", "name", "role", "clients", "made_at", "made_by")
        print_json([{name: getattr(one, name) for name in names} for one in found])
        return
    print_rows(HEADINGS, [(m.name, m.email, m.role, " ".join(m.clients), f"{m.made_at:%Y-%m-%d}", m.made_by) for m in found])


@user_group.command("disable")
@click.argument("email")
@yes_option
def disable(email: str, *, yes: bool) -> None:
    """Let nobody sign in as EMAIL, and end every session; `caretally user enable` lets them again."""
    here = Installation()
    account = _found(here, email)
    _confirm(f"Disable {account.email} and end their sessions?", yes=yes)

    def act(connection: Connection) -> None:
        disable_account(connection, account.id, disabled=True)
        end_sessions(connection, account.id)

    _do(here, account, "disabled", act)
    click.echo(f"{account.email} cannot sign in any more; what they did stays as it is.")


@user_group.command("enable")
@click.argument("email")
def enable(email: str) -> None:
    """Let EMAIL sign in again."""
    here = Installation()
    account = _found(here, email)
    _do(here, account, "enabled", lambda connection: disable_account(connection, account.id, disabled=False))
    click.echo(f"{account.email} can sign in again.")


@user_group.command("reset-factors")
@click.argument("email")
@address_option
@yes_option
def reset_factors(email: str, address: str, *, yes: bool) -> None:
    """Take password, authenticator, passkeys and recovery codes from EMAIL, end every session and mail a link to begin anew.

    Make sure first that it is the person who asks: the link alone opens the account.
    """
    here = Installation()
    account = _found(here, email)
    _confirm(f"Take every factor from {account.email}, end their sessions and mail a link to begin anew?", yes=yes)
    links: list[str] = []

    def act(connection: Connection) -> None:
        set_password(connection, account.id, None)
        remove_factors(connection, account.id)
        end_sessions(connection, account.id)
        links.append(f"{address}/link/{make_link(connection, account.id, purpose='reset')}")

    _do(here, account, "factors_reset", act)
    click.echo(f"{account.email} begins anew by this link, once, within an hour: {links[0]}")
    sent_to, refused = _tried(here, link_mail(account.email, purpose="reset", address=links[0]))
    if refused:
        raise refused
    click.echo(f"It was mailed too ({sent_to}).", err=True)


def _found(here: Installation, email: str) -> Account:
    with here.auth_pool.begin() as connection:
        return require_account(connection, email)


def _do(here: Installation, account: Account, action: str, act: Callable[[Connection], None]) -> None:
    """Do it on the sign-in's login, note it at the account, and in the audit log of every vendor where the account works."""
    with here.auth_pool.begin() as connection:
        act(connection)
        note(connection, account.id, action, COMMAND_LINE)
        vendors = {one.vendor_id for one in memberships_of(connection, account.id)}
    for vendor_id in sorted(vendors):
        with here.transaction(vendor_id) as connection:
            append_event(connection, action=f"account.{action}", detail={"account": account.id})


def _tried(here: Installation, mail: Mail) -> tuple[str | None, MailNotSent | None]:
    """Return where a mail went, or why it did not: the link is printed all the same, so that nobody waits for the mail server."""
    try:
        return post(mail, address=here.settings.mail, home=here.settings.home), None
    except MailNotSent as error:
        return None, error


def _confirm(question: str, *, yes: bool) -> None:
    if yes or (is_interactive() and click.confirm(question, err=True)):
        return
    raise NotConfirmed("Nothing was changed; answer yes, or give --yes where nobody can be asked.")


def _period(first: str | None, last: str | None) -> tuple[date, date] | None:
    if first is None and last is None:
        return None
    months: Sequence[Month] = [Month.parse(first or str(last)), Month.parse(last or str(first))]
    return months[0].first_day, months[1].last_day
