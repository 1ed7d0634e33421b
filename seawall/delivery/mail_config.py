"""Which server takes mail; apart from `mail`, whose libraries every command would load."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MailConfig:
    """How mail leaves; the password is in SEAWALL_MAIL_PASSWORD."""

    host: str = ""  # the SMTP server; without one no mail is sent
    port: int = 587  # the server's port
    starttls: bool = True  # refuse to send in the clear
    user: str = ""  # who signs in at the server; nobody when empty
    sender: str = ""  # the address mail comes from
