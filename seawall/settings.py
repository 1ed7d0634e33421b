"""
Frozen settings: defaults, then one TOML file, then the environment.

    [server]            in <home>/seawall.toml
    port = 8800

    SEAWALL_SERVER_PORT=8800
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from seawall.access.oidc_config import OidcConfig
from seawall.cases.config import CasesConfig
from seawall.delivery.mail_config import MailConfig
from seawall.errors import InputError, SettingsError
from seawall.media.limits import MediaLimits
from seawall.sandbox.fetch_config import FetchConfig
from seawall.signals.embedding_config import EmbeddingConfig

PREFIX = "SEAWALL_"
FILE = "seawall.toml"
_OTHERS = frozenset(  # read elsewhere: here, by the command line, by the tests
    (
        "home",
        "database_url",
        "server",
        "key",
        "test_postgresql",
        "require_all",
        "chromium",
        "mail_password",
        "oidc_client_secret",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningConfig:
    """How uploads are matched."""

    orientations: bool = True  # look up all eight turns and mirrorings of a picture
    least_distance: int = 31  # bits; nearer matches are listed even where no rule wants them
    keep_ledger: bool = True  # remember the signals of what was let through
    enforce_authority_only: bool = False  # act on what only authorities share without a legal order


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """The HTTP door."""

    host: str = "127.0.0.1"
    port: int = 8800
    workers: int = 1  # processes that answer requests
    decoders: int = 0  # processes for strangers' bytes, for each worker; 0: one for each processor, two for a command
    requests_per_second: int = 2_000  # for each key and worker, unless the key has its own
    max_waiting: int = 256  # screenings in progress for each worker; beyond it the answer is 503
    background: int = 2  # screenings in the background at once, for each home
    max_background: int = 1_000  # screenings that wait there, half as many of one key; else 503
    max_background_bytes: int = 16 * 1024 * 1024 * 1024  # of their files, half as many of one key
    organisation: str = "this organisation"  # who owns banks and keys when nobody else is named


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeConfig:
    """Sharing with other organisations, as a hub or as a member."""

    hub: str = "seawall-hub"  # the name a hub signs with: letters, digits, dots, hyphens, slashes
    wait: timedelta = timedelta(seconds=25)  # how long a hub keeps a question for changes open
    invitation: timedelta = timedelta(days=7)  # how long an invitation can be used
    old_key: timedelta = timedelta(hours=24)  # how long a key still works once it was renewed
    report_every: timedelta = timedelta(seconds=60)  # how often a member tells its hub of matches
    renew_key: timedelta = timedelta(days=30)  # how old a member's key to its hub becomes
    plain_hubs: frozenset[str] = frozenset()  # hosts of hubs that may be spoken to without TLS


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryConfig:
    """Sending messages to the platform."""

    timeout: timedelta = timedelta(seconds=15)  # for one message, from connecting to the answer
    give_up: timedelta = timedelta(days=5)  # how long a message is tried before it is dead
    old_secret: timedelta = timedelta(hours=24)  # how long an old secret still signs as well
    allowed_hosts: frozenset[str] = frozenset()  # "host" or "host:port", anywhere, over http too


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleConfig:
    """People at the console."""

    idle: timedelta = timedelta(hours=1)  # a sign-in that is not used for so long is over
    session: timedelta = timedelta(hours=12)  # how long a sign-in lasts at most
    invitation: timedelta = timedelta(days=3)  # how long an invitation can be used
    plain_hosts: frozenset[str] = frozenset(  # hosts where people may sign in without TLS
        ("127.0.0.1", "localhost")
    )


@dataclass(frozen=True, slots=True)
class Secrets:
    """What must not be printed; its repr shows nothing."""

    database_url: str | None = field(default=None, repr=False)
    mail_password: str | None = field(default=None, repr=False)
    oidc_client_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an operator can choose."""

    home: Path
    media: MediaLimits = MediaLimits()
    embedding: EmbeddingConfig = EmbeddingConfig()  # noqa: RUF009 - it is frozen
    screening: ScreeningConfig = ScreeningConfig()
    server: ServerConfig = ServerConfig()
    cases: CasesConfig = CasesConfig()  # noqa: RUF009 - it is frozen
    exchange: ExchangeConfig = ExchangeConfig()
    delivery: DeliveryConfig = DeliveryConfig()
    mail: MailConfig = MailConfig()  # noqa: RUF009 - it is frozen
    console: ConsoleConfig = ConsoleConfig()
    oidc: OidcConfig = OidcConfig()  # noqa: RUF009 - it is frozen
    fetch: FetchConfig = FetchConfig()  # noqa: RUF009 - it is frozen
    categories: Mapping[str, str] = field(
        default_factory=dict
    )  # an operator's own: name → what it covers
    secrets: Secrets = Secrets()

    def database_url(self) -> str:
        """Where everything is remembered: a SQLite file in the home unless a URL was given."""
        return self.secrets.database_url or f"sqlite:///{self.home / 'seawall.db'}"


def read_settings(
    home: Path | None = None, *, environment: Mapping[str, str] | None = None
) -> Settings:
    """
    The settings in force for this home.

    Raises:
        SettingsError: A setting is unknown or has a value of the wrong kind; the sentence names it.

    """
    environment = os.environ if environment is None else environment
    place = home or Path(environment.get(f"{PREFIX}HOME") or Path.home() / ".seawall")
    place = place.expanduser().absolute()
    given = _from_file(place / FILE)
    for name, value in environment.items():
        _from_environment(name, value, given)
    database_url = environment.get(f"{PREFIX}DATABASE_URL") or given.pop("database_url", None)
    secrets = Secrets(
        database_url,
        mail_password=environment.get(f"{PREFIX}MAIL_PASSWORD"),
        oidc_client_secret=environment.get(f"{PREFIX}OIDC_CLIENT_SECRET"),
    )
    try:
        settings = TypeAdapter(Settings).validate_python(
            {**given, "home": place, "secrets": secrets}
        )
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"The setting {where} cannot be used: {first['msg']}.") from None
    except InputError as wrong:
        raise SettingsError(str(wrong)) from None
    _make(settings.home)
    return settings


def sections() -> dict[str, type[Any]]:
    """The sections of the settings and the frozen class each fills."""
    return {
        each.name: type(each.default)
        for each in fields(Settings)
        if is_dataclass(each.default) and each.name != "secrets"
    }


def _from_file(path: Path) -> dict[str, Any]:
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise SettingsError(f"{path} cannot be read: {wrong}.") from None
    known = sections()
    for section, values in given.items():
        if section in ("database_url", "categories"):
            continue
        if section not in known:
            raise SettingsError(
                f"{path} has a section '{section}'; there are {', '.join(known)} and categories."
            )
        for name in values:
            _known(section, name, known[section])
    return given


def _from_environment(name: str, value: str, given: dict[str, Any]) -> None:
    rest = name.removeprefix(PREFIX).lower()
    if rest == name.lower() or rest in _OTHERS:
        return
    for section, kind in sections().items():
        if rest.startswith(f"{section}_"):
            key = rest.removeprefix(f"{section}_")
            _known(section, key, kind)
            given.setdefault(section, {})[key] = _split(value, kind, key)
            return
    raise SettingsError(f"There is no setting {name}; the sections are {', '.join(sections())}.")


def _known(section: str, name: str, kind: type[Any]) -> None:
    names = [each.name for each in fields(kind)]
    if name not in names:
        raise SettingsError(f"There is no setting {section}.{name}; there are {', '.join(names)}.")


def _split(value: str, kind: type[Any], name: str) -> object:
    option = next(each for each in fields(kind) if each.name == name)
    default = option.default
    if option.default_factory is dict:
        parts = (part.partition("=") for part in value.split(",") if part.strip())
        return {key.strip(): what.strip() for key, _, what in parts}
    if isinstance(default, frozenset | tuple):
        return [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(default, timedelta) and value.replace(".", "", 1).isdigit():
        return float(value)  # seconds, as in the file
    return value


def _make(home: Path) -> None:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as wrong:
        raise SettingsError(
            f"The home {home} cannot be made: {wrong.strerror}. Choose another with --home."
        ) from None
