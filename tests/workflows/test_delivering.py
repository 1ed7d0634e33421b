"""Messages arrive, once each in effect, in order for each subject; the clock is the test's."""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from seawall.delivery.mail_config import MailConfig
from seawall.delivery.schedule import Meaning
from seawall.delivery.webhook import Post
from seawall.errors import InputError, NotFound
from seawall.ids import new_id
from seawall.storage.deliveries import Progress
from seawall.storage.memory import Memory
from seawall.storage.outbox import Message
from seawall.storage.secrets import Vault
from seawall.workflows.delivering import Courier, deliver_due, try_endpoint
from seawall.workflows.endpoints import (
    Outside,
    add_endpoint,
    deliveries_in,
    pause_endpoint,
    remove_endpoint,
    replay_dead,
    resume_endpoint,
    rotate_secret,
    shown_endpoint,
)
from tests.delivery.test_mail import mailbox
from tests.made import NOON
from tests.receiver import receiving

ALLOWED = frozenset({"127.0.0.1"})
TOPIC = "upload:review-wanted"


@dataclass
class Home:
    """A home that sends, at a time of the test's choosing."""

    memory: Memory
    folder: Path
    at: datetime = NOON
    owner: str = "one"
    mail: MailConfig = field(default_factory=MailConfig)

    @property
    def courier(self) -> Courier:
        """What sends."""
        return Courier(
            memory=self.memory,
            vault=Vault(self.folder),
            owner=self.owner,
            outside=Outside(allowed_hosts=ALLOWED, mail=self.mail),
            timeout=timedelta(seconds=5),
            give_up=timedelta(days=5),
            now=lambda: self.at,
            chance=lambda: 0.5,
        )

    def endpoint(self, url: str, *topics: str) -> tuple[str, str | None]:
        """A new endpoint's id and secret."""
        courier = self.courier
        with self.memory.transaction() as stores:
            made, secret = add_endpoint(
                url,
                topics,
                outside=courier.outside,
                vault=courier.vault,
                stores=stores,
                by="test",
                now=self.at,
            )
        return made.id, secret

    def commit(self, *subjects: str, topic: str = TOPIC) -> None:
        """A message about each of these, in one transaction."""
        with self.memory.transaction() as stores:
            for subject in subjects:
                stores.outbox.add(
                    Message(
                        id=new_id("msg", at=self.at),
                        topic=topic,
                        subject=subject,
                        body={"about": subject},
                        at=self.at,
                    )
                )

    def deliver(self, ident: str) -> list[Meaning]:
        """Send until nothing is due."""

        async def empty(post: Post) -> list[Meaning]:
            meant = []
            while more := await deliver_due(ident, courier=self.courier, post=post):
                meant += more
            return meant

        async def opened() -> list[Meaning]:
            async with self.courier.post() as post:
                return await empty(post)

        return asyncio.run(opened())

    def pass_time(self, ident: str, period: timedelta, *, step: timedelta) -> None:
        """Let the clock go on, and send what becomes due."""
        end = self.at + period
        while self.at < end:
            self.at += step
            self.deliver(ident)

    def shown(self, ident: str) -> dict:
        """The endpoint as the doors show it."""
        with self.memory.reading() as stores:
            return shown_endpoint(ident, stores)

    def of_state(self, ident: str, state: Progress) -> list[dict]:
        """Its deliveries."""
        with self.memory.reading() as stores:
            return deliveries_in(ident, state, after=0, limit=1000, stores=stores)

    def actions(self) -> list[str]:
        """What the audit log says, in order."""
        with self.memory.reading() as stores:
            return [each.happening.action for each in stores.audit.after(0, limit=1000)]


@pytest.fixture
def home(database_url, tmp_path):
    """An empty home."""
    memory = Memory(database_url)
    yield Home(memory, tmp_path / "home")
    memory.close()


def test_a_message_arrives_signed_and_with_everything_in_it(home):
    """And its receiver's answer is written down."""
    with receiving() as there:
        ident, secret = home.endpoint(there.url)
        there.secrets = [secret]
        home.commit("post-7")
        assert home.deliver(ident) == [Meaning.TAKEN]

    (message,) = there.effects
    assert {name: message[name] for name in ("type", "subject", "number", "data")} == {
        "type": TOPIC,
        "subject": "post-7",
        "number": 1,
        "data": {"about": "post-7"},
    }
    assert there.requests[0]["headers"]["webhook-id"] == message["id"]
    (delivered,) = home.of_state(ident, Progress.DELIVERED)
    assert (delivered["attempts"], delivered["last_status"]) == (1, 204)
    assert home.deliver(ident) == []


def test_an_endpoint_gets_its_topics_and_nothing_from_before_it(home):
    """Two that want different things."""
    home.commit("before")
    with receiving() as one, receiving() as two:
        some, _ = home.endpoint(one.url, "upload:reconsidered")
        every, _ = home.endpoint(two.url)
        home.commit("a")
        home.commit("b", topic="upload:reconsidered")
        home.deliver(some)
        home.deliver(every)

    assert [each["subject"] for each in one.effects] == ["b"]
    assert sorted(each["subject"] for each in two.effects) == ["a", "b"]


def test_what_is_not_committed_is_not_sent(home):
    """A message and its deliveries are written with the change, or not at all."""
    with receiving() as there:
        ident, _ = home.endpoint(there.url)
        with suppress(ZeroDivisionError), home.memory.transaction() as stores:
            stores.outbox.add(Message(id="msg_1", topic=TOPIC, subject="a", body={}, at=home.at))
            stores.flush()
            assert stores.deliveries.backlogs()[ident].waiting == 1
            raise ZeroDivisionError

        assert home.deliver(ident) == []
    assert home.of_state(ident, Progress.WAITING) == []


def test_a_later_message_waits_for_the_earlier_one_of_its_subject_and_no_other_does(home):
    """Until the earlier one is taken, or dead."""
    with receiving(answer=lambda message: 500 if message["number"] == 1 else 204) as there:
        ident, _ = home.endpoint(there.url)
        home.commit("a", "a", "b", "a", "b")
        home.deliver(ident)
        assert [each["number"] for each in there.effects] == [3, 5]

        home.pass_time(ident, timedelta(days=7), step=timedelta(hours=3))

    assert (there.of("a"), there.of("b")) == ([2, 4], [3, 5])
    (dead,) = home.of_state(ident, Progress.DEAD)
    assert (dead["last_status"], dead["subject"]) == (500, "a")
    assert home.actions() == ["endpoint:added", "delivery:dead"]


def test_the_dead_are_sent_again_when_somebody_says_so(home):
    """One of them, or all."""
    with receiving(status=500) as there:
        ident, _ = home.endpoint(there.url)
        home.commit("a", "b", "c")
        home.pass_time(ident, timedelta(days=7), step=timedelta(hours=3))
        dead = [each["number"] for each in home.of_state(ident, Progress.DEAD)]
        there.status = 200
        with home.memory.transaction() as stores:
            assert replay_dead(ident, [dead[1], 999], stores=stores, by="test", now=home.at) == 1
        home.deliver(ident)
        assert [each["subject"] for each in there.effects] == ["b"]

        with home.memory.transaction() as stores:
            assert replay_dead(ident, None, stores=stores, by="test", now=home.at) == 2
        home.deliver(ident)

    assert sorted(each["subject"] for each in there.effects) == ["a", "b", "c"]
    assert home.actions()[-1] == "delivery:replayed"
    assert home.shown(ident)["dead"] == 0


@pytest.mark.parametrize("spelled", ["seconds", "date"])
def test_a_busy_endpoint_is_left_alone_for_as_long_as_it_asks(home, spelled):
    """Then it gets what it has missed at once."""
    with receiving(status=429) as there:
        there.headers["retry-after"] = (
            "600" if spelled == "seconds" else format_datetime(NOON + timedelta(seconds=600))
        )
        ident, _ = home.endpoint(there.url)
        home.commit("a", "b")
        home.deliver(ident)
        asked = len(there.requests)
        home.commit("c")
        there.status = 204
        home.at = NOON + timedelta(seconds=599)
        assert home.deliver(ident) == []
        assert home.shown(ident)["state"] == "failing"

        home.at = NOON + timedelta(seconds=601)
        home.deliver(ident)

    assert asked == 2
    assert len(there.effects) == 3
    assert home.shown(ident)["state"] == "open"


def test_an_endpoint_that_is_gone_gets_nothing_more_until_it_is_resumed(home):
    """410 switches it off; what waited is dead, what comes meanwhile too, and all of it can be replayed."""
    with receiving(status=410) as there:
        ident, _ = home.endpoint(there.url)
        home.commit("a", "a")
        home.deliver(ident)
        home.commit("b")
        shown = home.shown(ident)
        assert (shown["state"], shown["waiting"], shown["dead"]) == ("disabled", 0, 3)
        assert "410" in shown["last_error"]

        there.status = 204
        with home.memory.transaction() as stores:
            resume_endpoint(ident, stores=stores, by="test", now=home.at)
            replay_dead(ident, None, stores=stores, by="test", now=home.at)
        home.deliver(ident)

    assert sorted(each["subject"] for each in there.effects) == ["a", "a", "b"]
    assert home.actions() == [
        "endpoint:added",
        "endpoint:disabled",
        "endpoint:resumed",
        "delivery:replayed",
    ]


def test_a_paused_endpoint_misses_nothing(home):
    """Messages wait until it is resumed."""
    with receiving() as there:
        ident, _ = home.endpoint(there.url)
        with home.memory.transaction() as stores:
            pause_endpoint(ident, stores=stores, by="test", now=home.at)
        home.commit("a")
        assert home.deliver(ident) == []
        assert home.shown(ident)["state"] == "paused"

        with home.memory.transaction() as stores:
            resume_endpoint(ident, stores=stores, by="test", now=home.at)
        assert home.deliver(ident) == [Meaning.TAKEN]


def test_both_secrets_sign_while_a_receiver_changes_over(home):
    """Then the old one does no more."""
    with receiving() as there:
        ident, old = home.endpoint(there.url)
        courier = home.courier
        with home.memory.transaction() as stores:
            _, new = rotate_secret(
                ident,
                overlap=timedelta(hours=24),
                vault=courier.vault,
                stores=stores,
                by="test",
                now=home.at,
            )
        home.commit("a")
        home.deliver(ident)
        signed = there.requests[0]["headers"]["webhook-signature"]
        home.at += timedelta(hours=25)
        home.commit("b")
        home.deliver(ident)

    assert old != new
    assert [
        len(each.split()) for each in (signed, there.requests[1]["headers"]["webhook-signature"])
    ] == [2, 1]


def test_an_endpoint_that_comes_back_gets_everything_within_a_minute(home):
    """However long each message would have waited by itself."""
    with receiving() as free:
        port = int(free.url.split(":")[2].split("/")[0])
    ident, _ = home.endpoint(free.url)
    home.commit(*(f"post-{number % 5}" for number in range(30)))
    home.pass_time(ident, timedelta(hours=1), step=timedelta(seconds=20))
    assert home.shown(ident)["failing_since"] is not None

    with receiving(port) as there:
        home.pass_time(ident, timedelta(seconds=80), step=timedelta(seconds=20))

    assert len(there.effects) == 30
    for subject in range(5):
        numbers = there.of(f"post-{subject}")
        assert numbers == sorted(numbers)


def test_two_processes_share_an_endpoint_without_sending_twice(home):
    """Whoever is lent it sends; the other one finds nothing, until the loan ends."""
    with receiving() as there:
        ident, _ = home.endpoint(there.url)
        home.commit("a")
        other = replace(home, owner="two")
        with home.memory.transaction() as stores:
            until = home.at + timedelta(minutes=2)
            assert stores.deliveries.lend(ident, owner="one", until=until, now=home.at)
        assert other.deliver(ident) == []
        with home.memory.reading() as stores:
            assert stores.deliveries.due_endpoints(owner="two", now=home.at) == []
            assert stores.deliveries.due_endpoints(owner="one", now=home.at) == [ident]

        other.at = home.at + timedelta(minutes=3)
        assert other.deliver(ident) == [Meaning.TAKEN]
    assert len(there.requests) == 1


def test_an_address_inside_our_network_is_not_reached(home):
    """It is tried at the moment of sending, whatever the name leads to then."""
    ident, _ = home.endpoint("https://169.254.169.254/latest")
    home.commit("a")

    home.deliver(ident)

    (waiting,) = home.of_state(ident, Progress.WAITING)
    assert "public internet" in waiting["last_error"]


def test_a_removed_endpoint_is_forgotten_and_its_messages_are_not(home):
    """They can still be read."""
    ident, _ = home.endpoint("https://platform.example/hook")
    home.commit("a")
    with home.memory.transaction() as stores:
        remove_endpoint(ident, stores=stores, by="test", now=home.at)

    with home.memory.reading() as stores:
        assert len(stores.outbox.after(0, limit=10)) == 1
    with pytest.raises(NotFound):
        home.shown(ident)


@pytest.mark.parametrize("topic", ["", "everything", ":", "a:" + "b" * 100])
def test_a_topic_is_one_that_could_be(home, topic):
    """A misspelt one would stay silent."""
    with pytest.raises(InputError):
        home.endpoint("https://platform.example/hook", topic)


def test_a_test_message_is_sent_once_and_not_kept(home):
    """Whoever sets up a receiver wants to see one."""
    with receiving() as there:
        ident, secret = home.endpoint(there.url, "upload:reconsidered")
        there.secrets = [secret]
        answer = asyncio.run(try_endpoint(ident, courier=home.courier))

    assert answer == {"status": 204, "error": None}
    assert there.effects[0]["type"] == "endpoint:test"
    assert home.of_state(ident, Progress.DELIVERED) == []


def test_a_mailbox_gets_mail(home):
    """As any endpoint does: its topics, again when it fails."""
    with mailbox(reply="451 later") as box:
        home.mail = box.config
        ident, secret = home.endpoint("mailto:duty@platform.example")
        home.commit("post-7")
        assert home.deliver(ident) == [Meaning.DOWN]
        box.reply = "250 ok"
        home.at += timedelta(seconds=10)
        assert home.deliver(ident) == [Meaning.TAKEN]

    assert secret is None
    assert '"about": "post-7"' in box.mails[0]


def test_a_secret_is_not_kept_in_the_clear(home):
    """Nobody who reads the database can sign."""
    ident, secret = home.endpoint("https://platform.example/hook")

    with home.memory.reading() as stores:
        kept = stores.deliveries.endpoint(ident).secrets
    assert secret.removeprefix("whsec_").encode() not in kept
    assert secret not in json.dumps(home.shown(ident))
