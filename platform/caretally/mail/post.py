"""Posts a message to where `CARETALLY_MAIL` says: a folder, an SMTP server, or SES. Call it outside every transaction."""

import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path
from secrets import token_hex
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from caretally.errors import DependencyDown, UsageMistake
from caretally.files.atomic import write_whole
from caretally.mail.message import Mail, as_message

SENDER = "caretally@localhost"
SECONDS = 15
SUBMISSION_PORT, TLS_PORT = 25, 465


class MailNotSent(DependencyDown):
    """The message was not taken; the sentence names the server and neither the recipient nor the text."""

    code = "mail_not_sent"


def post(mail: Mail, *, address: str, home: Path) -> str:
    """Send one message and return where it went: the file's name in a folder, else the server.

    `address` is a folder (empty: `mail` under `home`), `smtp://[user:password@]host[:port]`, `smtps://…` or `ses://region`, each with
    `?from=` for the sender and SMTP with `?starttls=no` for a server without it. Raises `MailNotSent`, or `UsageMistake` for another address.
    """
    if "://" not in address:
        folder = Path(address).expanduser().absolute() if address else home / "mail"
        return _to_folder(as_message(mail, sender=SENDER), folder)
    parts = urlsplit(address)
    sender = parse_qs(parts.query).get("from", [SENDER])[0]
    message = as_message(mail, sender=sender)
    try:
        if parts.scheme in {"smtp", "smtps"}:
            _to_server(message, parts)
        elif parts.scheme == "ses":
            _to_ses(message, region=parts.netloc)
        else:
            raise UsageMistake("CARETALLY_MAIL is neither smtp://, smtps://, ses:// nor a folder; write one of these.")
    except (OSError, smtplib.SMTPException, BotoCoreError, ClientError) as error:
        raise MailNotSent(
            f"The mail server {parts.hostname} did not take the message ({type(error).__name__}); send it again when it is back."
        ) from None
    return str(parts.hostname)


def _to_folder(message: EmailMessage, folder: Path) -> str:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{message['Message-ID'].strip('<>').partition('@')[0]}-{token_hex(4)}.eml"
        write_whole(folder / name, message.as_bytes())
    except OSError as error:
        raise MailNotSent(
            f"The folder of mail cannot be written ({error.strerror}); make room or mend its rights, and send it again."
        ) from None
    return name


def _to_server(message: EmailMessage, parts: SplitResult) -> None:
    secure = ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(str(parts.hostname), parts.port or TLS_PORT, timeout=SECONDS, context=secure)
    else:
        server = smtplib.SMTP(str(parts.hostname), parts.port or SUBMISSION_PORT, timeout=SECONDS)
    with server:
        if parts.scheme == "smtp" and parse_qs(parts.query).get("starttls", ["yes"])[0] != "no":
            server.starttls(context=secure)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)


def _to_ses(message: EmailMessage, *, region: str) -> None:
    settings = Config(connect_timeout=SECONDS, read_timeout=SECONDS, retries={"max_attempts": 2})
    client = boto3.client("sesv2", region_name=region, config=settings)
    client.send_email(
        FromEmailAddress=message["From"], Destination={"ToAddresses": [message["To"]]}, Content={"Raw": {"Data": message.as_bytes()}}
    )
