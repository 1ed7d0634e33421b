"""What the doctor says of what is outside."""

from dataclasses import replace
from datetime import timedelta

import pytest

from seawall.clock import now
from seawall.delivery.mail_config import MailConfig
from seawall.storage.memory import Memory
from seawall.storage.secrets import Vault
from seawall.workflows.delivering import Courier
from seawall.workflows.doctor import examine_outside
from seawall.workflows.endpoints import Outside, add_endpoint, pause_endpoint
from seawall.workflows.signing_in_elsewhere import open_provider
from tests.provider import SECRET, providing


@pytest.fixture
def courier(tmp_path):
    """A home that sends to this machine, and nothing yet."""
    memory = Memory(f"sqlite:///{tmp_path / 'seawall.db'}")
    yield Courier(
        memory=memory,
        vault=Vault(tmp_path),
        owner="here",
        outside=Outside(allowed_hosts=frozenset({"127.0.0.1"})),
        timeout=timedelta(seconds=2),
        give_up=timedelta(days=1),
        now=now,
        chance=lambda: 0.5,
    )
    memory.close()


def added(courier):
    """An endpoint's id."""
    with courier.memory.transaction() as stores:
        return add_endpoint(
            "http://127.0.0.1:9/x",
            [],
            outside=courier.outside,
            vault=courier.vault,
            stores=stores,
            by="cli",
            now=now(),
        )[0].id


def said(courier, provider=None):
    """What is well and what is not."""
    return {each.what: (each.well, each.says) for each in examine_outside(courier, provider)}


def test_without_anything_outside_all_is_well(courier):
    """Mail and accounts elsewhere are not asked about where nobody wants them."""
    assert said(courier) == {"endpoints": (True, "0 endpoints, everything arrives")}


def test_endpoints_that_do_not_receive_are_named(courier):
    """Failing, switched off, paused while something waits, or with dead messages; a pause alone is somebody's will."""
    ident = added(courier)
    with courier.memory.transaction() as stores:
        pause_endpoint(ident, stores=stores, by="cli", now=now())
    assert said(courier)["endpoints"][0]

    with courier.memory.transaction() as stores:
        endpoint = stores.deliveries.endpoint(ident)
        changed = replace(endpoint, paused_at=None, failing_since=now(), last_error="500")
        stores.deliveries.save_endpoint(changed)
    assert said(courier)["endpoints"][0] is False
    assert "fails since" in said(courier)["endpoints"][1]

    with courier.memory.transaction() as stores:
        stores.deliveries.save_endpoint(replace(changed, disabled_at=now()))
    assert "seawall endpoint resume" in said(courier)["endpoints"][1]


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (MailConfig(host="127.0.0.1", port=9, sender="a@b.example"), "does not let us in"),
        (MailConfig(host="127.0.0.1"), "set mail.host and mail.sender"),
    ],
)
def test_a_mail_server_that_takes_nothing_is_named(courier, config, says):
    """With why, or with what is missing."""
    outside = replace(courier.outside, mail=config)

    well, found = said(replace(courier, outside=outside))["mail"]
    assert (well, says in found) == (False, True)


def test_a_provider_is_asked_what_it_says_of_itself(courier):
    """And a wrong issuer, a missing client or a missing key is named with it."""
    with providing() as running:
        config = running.config
        assert said(courier, open_provider(config, client_secret=SECRET))["accounts elsewhere"] == (
            True,
            f"{running.url} answers, with 2 keys",
        )
        nobody = replace(config, client_id="")
        slashed = replace(config, issuer=f"{running.url}/")
        assert "oidc.client_id" in trouble(courier, nobody)
        assert "calls itself" in trouble(courier, slashed)
        running.published = []
        assert "no public key" in trouble(courier, config)
    assert "does not answer" in trouble(courier, config)


def trouble(courier, config):
    """What is not well with the provider of these settings."""
    well, says = said(courier, open_provider(config, client_secret=SECRET))["accounts elsewhere"]
    assert well is False
    return says
