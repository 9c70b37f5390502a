"""The mails to a vendor's administrators when an operator asks to read their data, or begins to; they name no patient and no reason."""

from caretally.mail.message import Mail


def asked_mail(to: str, *, vendor: str, minutes: int, address: str) -> Mail:
    """Return the mail that tells of a request."""
    said = (
        f"An operator of this CareTally installation asks to read the data of {vendor}, for at most {minutes} minutes. Nothing is readable before an "
        f"administrator of {vendor} or a second operator says yes. The reason stands on this page, where you approve or refuse it:\n\n{address}\n"
    )
    return Mail(to, "An operator asks to read your data in CareTally", said)


def approved_mail(to: str, *, vendor: str, minutes: int, address: str) -> Mail:
    """Return the mail that tells that the access was approved and runs."""
    said = (
        f"An operator may read the data of {vendor} in CareTally from now on, for {minutes} minutes, and change nothing. Every statement is in your audit "
        f"log. You can end it at once on this page:\n\n{address}\n"
    )
    return Mail(to, "An operator may read your data in CareTally", said)
