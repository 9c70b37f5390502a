"""A person is told by mail what changed about how they sign in, or was used up of it."""

from caretally.errors import CareTallyError
from caretally.faults.log import logger
from caretally.identity.accounts import events_of
from caretally.identity.sessions import Session
from caretally.sign_in.notices import change_mail
from caretally.sign_in.people import place
from caretally.web.edge import edge


def tell(session: Session, action: str) -> None:
    """Mail a notice to the account's address; one that cannot be sent is logged and stops nothing, as the change is made."""
    came_from = place()
    with edge().auth_pool.begin() as connection:
        when = max(event.at for event in events_of(connection, session.account_id, limit=1))
    said = f"{when:%Y-%m-%d %H:%M} UTC"
    try:
        edge().post(change_mail(session.email, action, when=said, network=came_from.network, browser=came_from.browser))
    except CareTallyError as error:
        logger().error("mail_not_sent", kind=error.code)
