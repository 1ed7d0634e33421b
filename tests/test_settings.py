"""Defaults, then the file, then the environment; a mistake is named, a secret is not."""

from datetime import timedelta

import pytest

from seawall.errors import SettingsError
from seawall.settings import read_settings


def test_the_environment_wins_over_the_file_and_the_file_over_the_defaults(tmp_path):
    """Numbers, switches, spans of seconds and lists, each as a person writes it."""
    (tmp_path / "seawall.toml").write_text(
        '[server]\nport = 9000\nworkers = 3\n[media]\nmax_seconds = 5\n[categories]\nhouse = "Our terms"\n'
    )
    settings = read_settings(
        tmp_path,
        environment={
            "SEAWALL_SERVER_PORT": "9001",
            "SEAWALL_SCREENING_ORIENTATIONS": "false",
            "SEAWALL_FETCH_TIMEOUT": "2.5",
            "SEAWALL_CASES_SECOND_REVIEW_QUEUES": "matches=0.2, samples=0",
            "SEAWALL_FETCH_ALLOWED_HOSTS": "a.test, b.test:8080",
            "PATH": "/bin",
        },
    )

    assert (settings.server.port, settings.server.workers) == (9001, 3)
    assert settings.screening.orientations is False
    assert (settings.media.max_seconds, settings.fetch.timeout) == (
        timedelta(seconds=5),
        timedelta(seconds=2.5),
    )
    assert settings.fetch.allowed_hosts == {"a.test", "b.test:8080"}
    assert settings.categories == {"house": "Our terms"}
    assert settings.cases.rates().queues == {"matches": 0.2, "samples": 0}


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SEAWALL_SERVER_PROT", "1", "no setting server.prot"),
        ("SEAWALL_SEVER_PORT", "1", "no setting SEAWALL_SEVER_PORT"),
        ("SEAWALL_SERVER_PORT", "many", "server.port"),
        ("SEAWALL_MEDIA_MAX_SECONDS", "soon", "media.max_seconds"),
        ("SEAWALL_CASES_SECOND_REVIEW", "2", "between 0 and 1"),
        ("SEAWALL_CASES_GOLDEN_EVERY", "1", "golden_every"),
    ],
)
def test_a_setting_nobody_knows_is_an_error(tmp_path, name, value, says):
    """A limit that was meant and is not in force is worse than none."""
    with pytest.raises(SettingsError, match=says):
        read_settings(tmp_path, environment={name: value})


def test_a_file_that_cannot_be_read_is_an_error(tmp_path):
    """With the file's name in it."""
    (tmp_path / "seawall.toml").write_text("[server\n")
    with pytest.raises(SettingsError, match=r"seawall\.toml"):
        read_settings(tmp_path, environment={})


def test_secrets_do_not_show(tmp_path):
    """Neither in the settings' repr nor in that of the secrets."""
    settings = read_settings(
        tmp_path, environment={"SEAWALL_DATABASE_URL": "postgresql://u:hunter2@h/d"}
    )

    assert settings.database_url().endswith("hunter2@h/d")
    assert "hunter2" not in repr(settings)


def test_the_home_is_for_its_owner_alone(tmp_path):
    """It holds the database; nobody else on the machine may look in."""
    home = read_settings(tmp_path / "new" / "home", environment={}).home

    assert home.stat().st_mode & 0o077 == 0
