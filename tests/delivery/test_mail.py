"""Mail, to a small mail server of the test's own."""

import email
import socketserver
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from seawall.delivery.mail import check_mail_address, knock, letter, send_mail
from seawall.delivery.mail_config import MailConfig
from seawall.delivery.schedule import Meaning, meaning
from seawall.errors import InputError
from tests.made import NOON

CONFIG = MailConfig(host="127.0.0.1", sender="seawall@home.example", starttls=False)


@dataclass
class Mailbox:
    """What came, and what is said to a recipient."""

    port: int = 0
    reply: str = "250 ok"
    mails: list[str] = field(default_factory=list)

    @property
    def config(self) -> MailConfig:
        """How to reach it."""
        return MailConfig(host="127.0.0.1", port=self.port, sender=CONFIG.sender, starttls=False)


@contextmanager
def mailbox(**fields):
    """A server that speaks enough SMTP (RFC 5321) to be sent a mail."""
    box = Mailbox(**fields)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            self.say("220 here")
            for line in iter(self.rfile.readline, b""):
                word = line.strip().upper()
                if word.startswith(b"RCPT"):
                    self.say(box.reply)
                elif word == b"DATA":
                    self.say("354 go on")
                    lines = list(iter(self.rfile.readline, b".\r\n"))
                    box.mails.append(b"".join(lines).decode())
                    self.say("250 taken")
                elif word == b"QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

        def say(self, line):
            self.wfile.write(f"{line}\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield box
        server.shutdown()
        thread.join()


def mail(config=CONFIG, subject="post-7"):
    """A message as mail."""
    return letter(
        to="mailto:duty@platform.example",
        config=config,
        message="msg_1",
        topic="upload:review-wanted",
        subject=subject,
        at=NOON,
        body='{"measure": "hold"}',
    )


def test_a_person_reads_a_plain_sentence():
    """And a mailbox knows a message again by its Message-ID."""
    with mailbox() as box:
        answer = send_mail(mail(), box.config, password=None, seconds=5)

    (received,) = map(email.message_from_string, box.mails)
    assert meaning(answer) is Meaning.TAKEN
    assert received["Subject"] == "Seawall: upload review wanted (post-7)"
    assert (received["To"], received["Message-ID"]) == (
        "duty@platform.example",
        "<msg_1@home.example>",
    )
    assert "Seawall has a message about post-7" in received.get_payload()
    assert '"measure": "hold"' in received.get_payload()


@pytest.mark.parametrize(
    ("reply", "meant"),
    [("550 no such mailbox", Meaning.REFUSED), ("451 later", Meaning.DOWN)],
)
def test_a_mailbox_that_refuses(reply, meant):
    """For good, or for now."""
    with mailbox(reply=reply) as box:
        answer = send_mail(mail(), box.config, password=None, seconds=5)

    assert meaning(answer) is meant
    assert answer.said == reply[4:]


def test_a_mail_server_is_tried_without_a_mail():
    """For whoever asks whether everything is well."""
    with mailbox() as box:
        assert knock(box.config, password=None, seconds=5) is None
    assert box.mails == []
    assert knock(box.config, password=None, seconds=5)


def test_mail_is_not_sent_in_the_clear_unless_that_was_chosen():
    """A server without STARTTLS gets nothing."""
    with mailbox() as box:
        secure = MailConfig(host=box.config.host, port=box.port, sender=CONFIG.sender)
        answer = send_mail(mail(), secure, password=None, seconds=5)

    assert meaning(answer) is Meaning.DOWN
    assert box.mails == []


@pytest.mark.parametrize(
    "url",
    [
        "mailto:",
        "mailto:nobody",
        "mailto:a@b.example,c@d.example",
        "mailto:a@b.example?bcc=c@d.example",
        "mailto:a@b.example\nBcc: c@d.example",
        "mailto:A <a@b.example>",
        "mailto:@b.example",
    ],
)
def test_an_address_is_one_mailbox(url):
    """No list, no header."""
    with pytest.raises(InputError):
        check_mail_address(url, CONFIG)


def test_a_home_without_a_mail_server_says_so():
    """With the settings that are missing."""
    with pytest.raises(InputError, match=r"mail\.host"):
        check_mail_address("mailto:duty@platform.example", MailConfig())


def test_a_subject_with_a_line_break_makes_no_header():
    """An item's name comes from outside."""
    with mailbox() as box:
        made = mail(subject="post\r\nBcc: c@d.example")
        send_mail(made, box.config, password=None, seconds=5)

    assert email.message_from_string(box.mails[0])["Bcc"] is None
