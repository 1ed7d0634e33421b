"""People who are signed in, without the work of signing in."""

import re
import secrets
from datetime import timedelta

import httpx

from seawall.access.password import hash_password
from seawall.access.person import Person, Role
from seawall.access.session import SignIn, csrf_of, new_token, token_digest
from seawall.clock import now
from seawall.ids import new_id
from seawall.web.console.session import COOKIE
from tests.web.serving import Served

PASSWORD = "four words do well"


def somebody(served: Served, *roles: Role, **fields: object) -> Person:
    """A person with these roles who can sign in."""
    moment = now()
    usual = {
        "id": new_id("psn", at=moment),
        "login": f"p{secrets.token_hex(6)}",
        "name": "Ada",
        "pseudonym": secrets.token_hex(6),
        "roles": frozenset(roles),
        "created_at": moment,
        "password": hash_password(PASSWORD),
    }
    made = Person(**(usual | fields))
    with served.door.app.memory.transaction() as stores:
        stores.people.add(made)
    return made


def browser(served: Served, person: Person | None = None) -> httpx.Client:
    """What a browser sends from our pages, with the person's cookie, from an address of its own."""
    address = ".".join(["10", *(str(part) for part in secrets.token_bytes(3))])
    client = served.stranger(**{"Origin": served.url, "X-Forwarded-For": address})
    if person is not None:
        token, moment = new_token(), now()
        with served.door.app.memory.transaction() as stores:
            stores.people.add_sign_in(
                SignIn(
                    digest=token_digest(token),
                    person=person.id,
                    created_at=moment,
                    seen_at=moment,
                    expires_at=moment + timedelta(hours=1),
                    strong=False,
                )
            )
        client.cookies.set(COOKIE, token)
    return client


def word(client: httpx.Client) -> str:
    """What the forms of this sign-in carry."""
    return csrf_of(client.cookies[COOKIE])


def alert(answer: httpx.Response) -> str:
    """The sentence that says what went wrong."""
    found = re.search(r'role="alert">(?:<svg.*?</svg>)?(.*?)</p>', answer.text, re.DOTALL)
    return found[1] if found else ""
