"""The second factor, against the test vectors of RFC 6238 (appendix B, SHA-1)."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from seawall.access.totp import app_address, code_of, new_secret, step_at, used_step

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "eight_digits"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_codes_are_those_of_the_standard(seconds, eight_digits):
    """Ours are the last six of the eight digits."""
    moment = datetime.fromtimestamp(seconds, UTC)

    assert code_of(SECRET, step_at(moment)) == eight_digits[2:]


def test_a_clock_may_be_half_a_minute_off():
    """Before and behind; not more."""
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    for periods, right in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        code = code_of(SECRET, step_at(now + timedelta(seconds=30 * periods)))
        assert (used_step(SECRET, code, at=now, after=0) is not None) is right


def test_a_code_is_used_once():
    """Who looks over the shoulder is too late."""
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    code = code_of(SECRET, step_at(now))
    step = used_step(SECRET, code, at=now, after=0)

    assert step == step_at(now)
    assert used_step(SECRET, code, at=now, after=step) is None


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "١٢٣٤٥٦", "0" * 1000])
def test_nonsense_is_no_code(code):
    """And no error."""
    assert used_step(SECRET, code, at=datetime(2026, 1, 1, tzinfo=UTC), after=0) is None


def test_an_app_can_read_the_address():
    """Whatever stands in the login."""
    address = app_address(SECRET, login="a b&c@example.org", issuer="Seawall")

    assert address.startswith("otpauth://totp/Seawall%3Aa%20b%26c%40example.org?secret=")
    assert f"secret={SECRET}&issuer=Seawall&digits=6&period=30" in address


def test_secrets_are_long_and_never_the_same():
    """160 bits, as RFC 4226 recommends."""
    secrets = {new_secret() for _ in range(100)}

    assert len(secrets) == 100
    assert {len(base64.b32decode(each)) for each in secrets} == {20}
