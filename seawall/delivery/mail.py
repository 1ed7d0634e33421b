"""Messages as mail, for people: a subject, a plain sentence, the message itself below."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr

from seawall.delivery.mail_config import MailConfig
from seawall.delivery.webhook import MOST_SAID, Answer
from seawall.errors import InputError

PREFIX = "mailto:"
TAKEN = 250  # what SMTP says of a message it has taken
NEVER = range(550, 560)  # the mailbox does not exist, or takes nothing


def check_mail_address(url: str, config: MailConfig) -> str:
    """
    The address as it is kept.

    Raises:
        InputError: It is no single mail address, or this home sends no mail.

    """
    if not (config.host and config.sender):
        raise InputError(
            "This home sends no mail: set mail.host and mail.sender, then add the endpoint again."
        )
    address = url.removeprefix(PREFIX).strip()
    name, found = parseaddr(address)
    local, _, domain = found.rpartition("@")
    if name or found != address or not local or not domain or not address.isascii():
        raise InputError(
            f"A mail endpoint is such as mailto:duty@platform.example; this is '{url[:200]}'."
        )
    if any(each.isspace() or each in "?,;<>" for each in address):
        raise InputError("A mail endpoint is one address and nothing else.")
    return PREFIX + address


def letter(
    *, to: str, config: MailConfig, message: str, topic: str, subject: str, at: datetime, body: str
) -> EmailMessage:
    """One message as mail; its Message-ID is the same each time it is sent, so that a mailbox can tell."""
    mail = EmailMessage()
    mail["From"] = formataddr(("Seawall", config.sender))
    mail["To"] = to.removeprefix(PREFIX)
    title = f"Seawall: {topic.replace(':', ' ').replace('-', ' ')} ({subject})"
    mail["Subject"] = " ".join(title.split())[:200]
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{message}@{config.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(
        f"Seawall has a message about {subject}: {topic}, of {at:%d %B %Y, %H:%M:%S} UTC.\n\n{body}\n"
    )
    return mail


def send_mail(
    mail: EmailMessage, config: MailConfig, *, password: str | None, seconds: float
) -> Answer:
    """What the mail server answered; whatever goes wrong is an answer too."""
    try:
        with _let_in(config, password, seconds) as server:
            server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as refused:
        code, said = next(iter(refused.recipients.values()))
        return Answer(status=400 if code in NEVER else 503, said=_text(said))
    except smtplib.SMTPDataError as refused:
        status = 400 if refused.smtp_code >= 500 else 503
        return Answer(status=status, said=_text(refused.smtp_error))
    except smtplib.SMTPResponseException as refused:
        return Answer(
            status=503, said=f"{refused.smtp_code} {_text(refused.smtp_error)}"[:MOST_SAID]
        )
    except (OSError, smtplib.SMTPException) as broken:
        return Answer(status=None, said=f"The mail server did not take it: {broken}."[:MOST_SAID])
    return Answer(status=TAKEN)


def knock(config: MailConfig, *, password: str | None, seconds: float) -> str | None:
    """Why the mail server would take nothing from us; None when it lets us in. Nothing is sent."""
    try:
        with _let_in(config, password, seconds):
            return None
    except (OSError, smtplib.SMTPException) as broken:
        return str(broken)[:MOST_SAID]


@contextmanager
def _let_in(config: MailConfig, password: str | None, seconds: float) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP(config.host, config.port, timeout=seconds) as server:
        if config.starttls:
            server.starttls(context=ssl.create_default_context())
        if config.user and password:
            server.login(config.user, password)
        yield server


def _text(said: bytes | str) -> str:
    return (said.decode("utf-8", "replace") if isinstance(said, bytes) else said)[:MOST_SAID]
