"""The mails of the sign-in: links that set a password, and notices of what changed. They name nobody's patients and no vendor's clients."""

from caretally.identity.links import HOURS
from caretally.mail.message import Mail

CHANGES = {
    "password_changed": "your password was changed",
    "authenticator_changed": "your authenticator was replaced",
    "recovery_codes_renewed": "your recovery codes were made anew",
    "recovery_code_used": "a recovery code was used to sign in",
    "passkey_added": "a passkey was added",
    "passkey_removed": "a passkey was removed",
}


def link_mail(to: str, *, purpose: str, address: str, vendor: str = "") -> Mail:
    """Return the mail with a link that sets a password: an invitation (`vendor` says to work where) or a new one."""
    hours = HOURS[purpose]
    if purpose == "invitation":
        said = f"You are invited to work in CareTally{' at ' + vendor if vendor else ''}."
        subject, ask = "Your invitation to CareTally", "Open this address to set your password and your authenticator"
    else:
        said = "A new password was asked for at your CareTally account."
        subject, ask = "Set a new password for CareTally", "Open this address to set it"
    ends = f"It works once, for {hours} hour{'s' if hours > 1 else ''}. If you did not expect this mail, do nothing: nothing changes."
    return Mail(to, subject, f"{said}\n\n{ask}:\n\n{address}\n\n{ends}\n")


def joined_mail(to: str, *, vendor: str, address: str) -> Mail:
    """Return the mail to somebody who has an account already and may now work at another vendor."""
    said = f"You may now work in CareTally at {vendor}. Sign in as you always do and choose it:\n\n{address}\n"
    return Mail(to, "You were added in CareTally", said)


def change_mail(to: str, action: str, *, when: str, network: str, browser: str) -> Mail:
    """Return the notice that something about how a person signs in was changed (OWASP ASVS 5.0, 6.3.7)."""
    text = (
        f"On {when} {CHANGES[action]} at your CareTally account ({browser}, {network}).\n\n"
        "If it was you, there is nothing to do. If not, ask an administrator of your organisation to end your sessions and reset your account now.\n"
    )
    return Mail(to, "Your CareTally account was changed", text)
