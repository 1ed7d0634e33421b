"""An OpenID provider on this machine: discovery, keys, codes with PKCE, signed tokens; it can be told to lie."""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from seawall.access.oidc_config import OidcConfig
from seawall.clock import now

CLIENT, SECRET = "seawall", "the client's secret"
Document = dict[str, Any]
_KEYS = {
    "RS256": RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"}),
    "ES256": ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"}),
}


@dataclass
class Provider:
    """Who is signed in there, what it says of them, and what was asked of it."""

    url: str = ""
    claims: Document = field(default_factory=dict)  # of whoever comes next
    alg: str = "RS256"
    key: Any = None  # what signs instead of the key of that name
    token: Callable[[str], str] = str  # what becomes of a token
    says: Document = field(default_factory=dict)  # other words in the discovery document
    published: list[Any] = field(default_factory=lambda: list(_KEYS.values()))
    asked: list[str] = field(default_factory=list)
    codes: dict[str, Document] = field(default_factory=dict)

    @property
    def config(self) -> OidcConfig:
        """What an operator would write."""
        return OidcConfig(
            issuer=self.url,
            client_id=CLIENT,
            name="Example accounts",
            second_factor=frozenset({"mfa"}),
            allowed_hosts=frozenset({"127.0.0.1"}),
        )

    def signed_in(self, address: str) -> str:
        """Where a browser that comes to this address is sent, once its person has signed in there."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = secrets.token_urlsafe()
        self.codes[code] = {**asked, "claims": self.claims}
        answer = {"code": code, "state": asked["state"], "iss": self.url}
        return f"{asked['redirect_uri']}?{urlencode(answer)}"

    def get(self, path: str) -> Document:
        """Discovery and keys."""
        self.asked.append(path)
        if path == "/keys":
            return KeySet(self.published).as_dict(private=False)
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        } | self.says

    def exchange(self, form: dict[str, str], authorization: str) -> tuple[int, Document]:
        """Tokens for a code, once, for whoever began."""
        self.asked.append("/token")
        begun = self.codes.pop(form["code"], None)
        proof = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if authorization != f"Basic {proof}":
            return 401, {"error": "invalid_client"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            begun is None
            or challenge != begun["code_challenge"]
            or form["redirect_uri"] != begun["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        moment = int(now().timestamp())
        usual = {
            "iss": self.url,
            "sub": "ada",
            "aud": CLIENT,
            "iat": moment,
            "exp": moment + 300,
            "nonce": begun["nonce"],
        }
        token = self.sign({**usual, **begun["claims"]})
        return 200, {"id_token": token, "access_token": "x", "token_type": "Bearer"}

    def sign(self, claims: Document) -> str:
        """A token that says this."""
        key = self.key or _KEYS[self.alg]
        header = {"alg": self.alg, "kid": key.kid}
        return self.token(jwt.encode(header, claims, key, algorithms=[self.alg]))


@contextmanager
def providing() -> Iterator[Provider]:
    """A provider that answers."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200, provider.get(self.path))

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(raw).items()}
            self._answer(*provider.exchange(form, self.headers.get("authorization", "")))

        def _answer(self, status: int, document: Document) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *said: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True, args=(0.05,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
