"""Invites a person: a link that sets the first password, or word that an account may now work at another vendor."""

from collections.abc import Callable

from sqlalchemy import Engine

from caretally.identity.accounts import Account, Place, note
from caretally.identity.links import make_link
from caretally.mail.message import Mail
from caretally.sign_in.notices import joined_mail, link_mail


def invitation(
    pool: Engine, account: Account, *, vendor: str, address_of: Callable[[str], str], sign_in: str, place: Place
) -> tuple[Mail, str]:
    """Return the mail for a person who was added at a vendor, and the address of the link in it (empty for who has a password already).

    `address_of` makes an address of a link's token.
    """
    if account.password_hash is not None:
        return joined_mail(account.email, vendor=vendor, address=sign_in), ""
    with pool.begin() as connection:
        address = address_of(make_link(connection, account.id, purpose="invitation"))
        note(connection, account.id, "invited", place)
    return link_mail(account.email, purpose="invitation", address=address, vendor=vendor), address
