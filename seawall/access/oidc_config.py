"""Whose accounts also open the desk; apart from `id_token`, whose libraries every command would load."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcConfig:
    """Signing in with an organisation's own accounts (OpenID Connect); the secret is in SEAWALL_OIDC_CLIENT_SECRET."""

    issuer: str = ""  # the provider, exactly as it calls itself; without one only accounts of ours
    client_id: str = ""  # what the provider calls this Seawall
    name: str = ""  # what the button calls the provider; its host when empty
    second_factor: frozenset[str] = frozenset()  # amr or acr that proves a second factor there
    allowed_hosts: frozenset[str] = frozenset()  # "host" or "host:port", anywhere, over http too
    timeout: timedelta = timedelta(seconds=10)  # for one answer of the provider

    @property
    def label(self) -> str:
        """What people call the provider."""
        return self.name or urlsplit(self.issuer).hostname or self.issuer
