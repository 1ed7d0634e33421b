"""What the desk shows when something fails: a page, a sentence, and a way on; never a program's answer."""

import pytest

from seawall.access.person import Role
from seawall.errors import StorageError
from seawall.web.console import audit
from tests.web.console.people import alert, browser, somebody, word
from tests.web.serving import Served


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/no-such-page", 404, "There is no such page."),
        ("/cases/case_none", 404, "There is no case"),
        ("/people", 403, "Your roles do not open this."),
        ("/queue?after=x", 422, "begin again with the first"),
        ("/queue?show=everything", 422, "The form cannot be read"),
    ],
)
def test_every_refusal_is_a_page_one_can_leave(served: Served, path: str, status: int, says: str):
    """In a sentence that is announced, with a heading, and the navigation around it."""
    with browser(served, somebody(served, Role.REVIEWER)) as client:
        answer = client.get(f"/desk{path}")

    assert answer.status_code == status
    assert says in alert(answer)
    assert answer.text.count("<h1") == 1
    assert "<nav" in answer.text


@pytest.mark.parametrize(
    ("failure", "status", "says"),
    [
        (StorageError("password=secret"), 503, "The database did not answer"),
        (ZeroDivisionError("secret"), 500, "Something went wrong on our side."),
    ],
)
def test_what_breaks_inside_is_a_page_too(
    served: Served, monkeypatch: pytest.MonkeyPatch, failure: Exception, status: int, says: str
):
    """It tells nothing of the inside, and leads back to what was wanted."""

    def broken(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(audit, "shown", broken)
    with browser(served, somebody(served, Role.AUDITOR)) as client:
        answer = client.get("/desk/audit")

    assert answer.status_code == status
    assert says in alert(answer).replace("&#39;", "'")
    assert "secret" not in answer.text
    assert 'href="/desk/audit">Try again</a>' in answer.text
    assert "application/json" not in answer.headers["content-type"]


def test_a_form_after_signing_out_says_that_nothing_was_changed(served: Served):
    """Whoever comes back after lunch does not lose their way."""
    with browser(served, somebody(served, Role.REVIEWER)) as client:
        form = {"csrf": word(client)}
        client.post("/desk/sign-out", data=form)
        answer = client.post("/desk/queue/next", data=form)

    assert (answer.status_code, "nothing was changed" in alert(answer)) == (401, True)
