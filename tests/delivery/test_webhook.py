"""Signatures that others check, addresses, and answers of every kind."""

import asyncio
import socket
import threading
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from seawall.delivery.webhook import (
    MOST_ANSWER,
    Answer,
    Post,
    check_address,
    headers,
    new_secret,
    signature,
)
from seawall.errors import InputError
from seawall.sandbox.guarded_network import GuardedNetwork, resolve_name
from tests.receiver import receiving

BODY = b'{"type":"upload:review-wanted"}'
HERE = frozenset({"127.0.0.1"})


def sent(url, *, allowed=HERE, seconds=5.0, resolve=resolve_name) -> Answer:
    """What becomes of one message."""

    async def send():
        network = GuardedNetwork(allowed_hosts=allowed, resolve=resolve)
        async with Post(network, timeout=timedelta(seconds=seconds)) as post:
            at = datetime.now(UTC)
            return await post.send(url, BODY, headers("msg_1", BODY, keys=["whsec_MfKQ"], at=at))

    return asyncio.run(send())


def test_the_signature_is_that_of_the_public_package():
    """Receivers use theirs, not ours."""
    secret, at = new_secret(), datetime(2026, 1, 1, 12, tzinfo=UTC)

    assert signature("msg_1", BODY, secret=secret, at=at) == Webhook(secret).sign(
        "msg_1", at, BODY.decode()
    )


def test_either_secret_verifies_while_both_sign_and_no_other_does():
    """So that a receiver can change over when it likes."""
    old, new, other = new_secret(), new_secret(), new_secret()
    signed = headers("msg_1", BODY, keys=[new, old], at=datetime.now(UTC))

    for secret in (old, new):
        assert Webhook(secret).verify(BODY, signed) == {"type": "upload:review-wanted"}
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(BODY, signed)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(BODY + b" ", signed)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://platform.example/",
        "https://",
        "https://user:word@platform.example/",
        "http://platform.example/hook",
        "file:///etc/passwd",
        "https://[::1",
    ],
)
def test_an_address_that_nothing_should_be_sent_to_is_refused(url):
    """With a sentence, before anything is kept."""
    with pytest.raises(InputError):
        check_address(url, allowed_hosts=HERE)


def test_a_plain_host_is_one_that_was_allowed_by_name():
    """With its port or without."""
    assert check_address(" http://127.0.0.1:9/x#y ", allowed_hosts=HERE) == "http://127.0.0.1:9/x"
    assert check_address("http://inside:9/", allowed_hosts=frozenset({"inside:9"}))
    assert check_address("https://platform.example/a?b=c", allowed_hosts=frozenset())


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "https://2130706433/",
        "https://inside.example/",
        "https://platform.example:8443/",
    ],
)
def test_nothing_is_sent_into_a_network_of_ours(url):
    """However the address is written, and whatever the name leads to when it is asked."""

    async def inside(_host, _port):
        return ("192.168.0.7",)

    answer = sent(url, allowed=frozenset(), resolve=inside)

    assert answer.status is None
    assert "public internet" in answer.said or "ports 80 and 443" in answer.said


def test_an_answer_is_kept_and_a_long_one_is_not_waited_for():
    """Whoever receives chooses what it answers, and how much."""
    with receiving(status=500, body=b"broken\n\x1b[31m" + b"x" * (4 * MOST_ANSWER)) as there:
        answer = sent(there.url)

    assert answer.status == 500
    assert answer.said.startswith("broken  [31mxxx")
    assert len(answer.said) == 200


def test_a_redirect_is_not_followed():
    """What is signed for one address is sent to no other."""
    with (
        receiving() as elsewhere,
        receiving(status=307, headers={"location": elsewhere.url}) as there,
    ):
        answer = sent(there.url)

    assert (answer.status, elsewhere.requests) == (307, [])


def test_whoever_never_answers_is_given_up():
    """Also one that answers a byte at a time."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answer = sent(f"http://127.0.0.1:{silent.getsockname()[1]}/", seconds=0.3)
        assert answer == Answer(status=None, said="No answer within 0.3 seconds.")


def test_a_torn_answer_is_no_answer():
    """It is sent again."""
    with socket.create_server(("127.0.0.1", 0)) as torn:

        def tear():
            connection, _ = torn.accept()
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")
            connection.close()

        thread = threading.Thread(target=tear)
        thread.start()
        answer = sent(f"http://127.0.0.1:{torn.getsockname()[1]}/")
        thread.join()

    assert answer.status is None


def test_nobody_there_is_an_answer_too():
    """A refused connection."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]

    assert sent(f"http://127.0.0.1:{port}/").status is None
