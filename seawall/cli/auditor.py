"""What `seawall audit exchange` and `seawall audit sample` do, and where the hub is that they ask."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from seawall.app import App, open_app
from seawall.cli.options import settings_for
from seawall.cli.output import progress
from seawall.clock import now
from seawall.errors import InputError
from seawall.exchange.membership import Membership
from seawall.exchange.note import Verifier
from seawall.exchange.replay import Seen
from seawall.partners.hub import Hub
from seawall.signals.registry import parse_signal
from seawall.workflows.auditing import Audit, Own, audit_exchange
from seawall.workflows.proving import Proven, prove_signal


@dataclass(frozen=True, slots=True)
class Audited:
    """A hub, an agreement there, and this home as a member of it."""

    hub: Hub
    agreement: str
    app: App | None = None
    membership: Membership | None = None

    def audit(self, hub_key: str | None, earlier: Sequence[str]) -> Audit:
        """What is wrong with the hub's log, and with our bank if we are a member."""
        with ExitStack() as stack:
            own = stack.enter_context(self._own())
            bar = stack.enter_context(progress(None, "deltas"))

            def told(done: int, total: int) -> None:
                bar.update(bar.tasks[0].id, completed=done, total=total)

            return audit_exchange(
                self.hub,
                self.agreement,
                self.verifier(hub_key),
                secret=secrets.token_bytes(32),
                now=now(),
                earlier=earlier,
                own=own,
                told=told,
            )

    def prove(self, hub_key: str | None, signal: str) -> Proven:
        """That a signal's record is in the log."""
        return prove_signal(self.hub, self.agreement, self.verifier(hub_key), parse_signal(signal))

    def verifier(self, hub_key: str | None) -> Verifier:
        """
        The hub's public key: the one named, or the one pinned when we joined.

        Raises:
            InputError: There is neither.

        """
        text = hub_key or (self.membership.hub_key if self.membership else None)
        if text is None:
            raise InputError(
                "Give --hub-key: without the hub's public key nothing that it says can be proven."
            )
        return Verifier.parse(text)

    @contextmanager
    def _own(self) -> Iterator[Own | None]:
        """What this home has, held still while the log is read."""
        if self.app is None or self.membership is None:
            yield None
            return
        with self.app.memory.reading() as stores:
            here = stores.memberships.find(self.membership.id)
            if not here.checkpoint:
                yield None
                return
            yield Own(
                seen=Seen(here.position, here.frontier.root(), here.checkpoint),
                entries=stores.entries.all(here.bank),
                categories=frozenset(category.name for category in self.app.taxonomy),
            )


@contextmanager
def audited(
    url: str | None, agreement: str, *, key: str | None, home: Path | None
) -> Iterator[Audited]:
    """
    The hub at this address; without one, the hub where this home follows the agreement.

    Raises:
        InputError: An address was given and no key.
        NotFound: No address was given, and this home follows no such agreement.

    """
    settings = settings_for(home)
    if url is not None:
        if not key:
            raise InputError("A hub wants a key: give --key, or set SEAWALL_KEY.")
        with Hub(url, key=key, plain_hosts=settings.exchange.plain_hubs) as hub:
            yield Audited(hub, agreement)
        return
    with open_app(settings) as app:
        with app.memory.reading() as stores:
            membership = stores.memberships.find(agreement)
        with app.node().hub_of(membership) as hub:
            yield Audited(hub, membership.agreement, app, membership)
