"""What may be configured: the tables of the file, each with its defaults and what makes it wrong."""

import hashlib
import json
import re
from collections.abc import Collection, Iterable
from datetime import timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from service.durations import parse_duration
from service.when import parse_zone
from statemachine.configuration import Scalar
from statemachine.model import EndpointName

SQLITE = "sqlite:///"
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
_SECRET = re.compile(r"channels\.[^.]+\.(url|command\.[1-9][0-9]*)")  # these often hold one
_A_SECRET = re.compile(r"(hf_|api_org_|whsec_)[A-Za-z0-9+/=]{20,}")  # pasted where its file should be named


def _of_a_file(path: Path) -> Path:
    """Refuse what names no file, and the secret itself in its place: paths stand in errors and in the log."""
    if _A_SECRET.fullmatch(str(path)):
        raise ValueError("this is a secret itself: write it into a file, and name the file here")
    if "\0" in str(path):
        raise ValueError("this cannot be the name of a file")
    return path


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
File = Annotated[Path, AfterValidator(_of_a_file)]
Identifier = Annotated[str, Field(pattern=_NAME)]


class Mode(StrEnum):
    """Whether this process may write to Hugging Face."""

    OBSERVE = "observe"
    ACT = "act"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Namespace(_Table):
    """One namespace to watch. Its own mode can only be stricter than the process's."""

    token_file: File | None = None
    mode: Mode = Mode.ACT


class Group(_Table):
    """Endpoints named once, for policies and routes: those that match any glob and carry every tag."""

    match: tuple[str, ...] = ("*/*",)
    tags: tuple[str, ...] = ()
    protected: bool = False
    managed_by: str | None = (
        None  # whoever writes their documents; Lamplighter never does, so this is for people to read
    )
    actors: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _selects(self) -> Self:
        if not self.tags and "match" not in self.model_fields_set:
            raise ValueError('a group says what is in it: match = ["namespace/*"], or tags')
        return self

    def holds(self, name: EndpointName, tags: frozenset[str]) -> bool:
        """Return whether an endpoint is in this group."""
        matches = any(fnmatchcase(str(name), pattern) for pattern in self.match)
        return matches and tags.issuperset(self.tags)


class When(_Table):
    """The condition of a policy: one of these."""

    max_age: Annotated[Duration, Field(gt=timedelta())] | None = None
    idle: Annotated[Duration, Field(gt=timedelta())] | None = None  # the daemon knows no requests yet: never fulfilled

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        if (self.max_age is None) is (self.idle is None):
            raise ValueError("a policy has one condition: max_age or idle")
        return self


class Policy(_Table):
    """What to do to the endpoints of some groups when a condition holds, and how to warn of it."""

    name: Identifier
    groups: tuple[str, ...] = Field(min_length=1)
    when: When
    act: Literal["pause", "scale_to_zero"] = "pause"
    warn: tuple[Duration, ...] = (timedelta(minutes=15),)
    resume_hold: Duration = timedelta(hours=24)
    min_uptime: Duration = timedelta()

    @property
    def revision(self) -> str:
        """Return the digest of what the policy says: another text is another policy."""
        # A key that a later version adds, and that nobody has set, must not make it another policy.
        return hashlib.sha256(self.model_dump_json(exclude_none=True).encode()).hexdigest()[:12]


class Channel(_Table):
    """Where alerts go: a signed webhook, or a command that gets the event on its standard input."""

    url: str | None = None
    url_file: File | None = None
    secret_file: File | None = None
    allow_insecure: bool = False  # plain http, or a private address, beyond loopback
    command: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [self.url is not None, self.url_file is not None, bool(self.command)]
        if sum(kinds) != 1:
            raise ValueError("a channel has one of url, url_file and command")
        if not self.command and self.secret_file is None:
            raise ValueError("a webhook is signed: name the file that holds its secret (whsec_…) as secret_file")
        return self


class Route(_Table):
    """Which incidents go to which channel; no groups, namespaces or rules means all of them."""

    channel: str
    groups: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


class Incidents(_Table):
    """How long a condition must hold before it is an incident."""

    stuck_for: Duration = timedelta(minutes=45)
    unreachable_for: Duration = timedelta(minutes=2)


class Poll(_Table):
    """How often a namespace is looked at: fast while anything moves or is awaited, slow when all is settled."""

    fast: Duration = timedelta(seconds=3)
    slow: Duration = timedelta(seconds=12)
    timeout: Duration = timedelta(seconds=30)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not timedelta() < self.fast <= self.slow:
            raise ValueError("poll.fast must be more than nothing and no longer than poll.slow")
        if self.timeout <= timedelta():
            raise ValueError("poll.timeout must be more than nothing")
        return self


class Settings(_Table):
    """The whole configuration; what is not said has these defaults."""

    mode: Mode = Mode.OBSERVE
    hub_url: str | None = None
    log: str = ""
    listen: str = "127.0.0.1:8787"
    allowed_hosts: tuple[str, ...] = ()
    token_file: File | None = None
    public_url: str | None = None
    settle: Duration = timedelta(minutes=15)
    zone: str = ""  # in which a time is meant that somebody asks by and that names none; else the machine's
    namespaces: dict[Identifier, Namespace] = Field(default_factory=dict)
    groups: dict[Identifier, Group] = Field(default_factory=dict)
    policies: tuple[Policy, ...] = ()
    channels: dict[Identifier, Channel] = Field(default_factory=dict)
    alerts: dict[Identifier, Route] = Field(default_factory=dict)
    incidents: Incidents = Incidents()
    poll: Poll = Poll()

    @field_validator("listen")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        parts = urlsplit(f"//{value}")
        if parts.hostname is None or parts.port is None:
            raise ValueError(f"{value!r} is not HOST:PORT, like 127.0.0.1:8787")
        return value

    @field_validator("hub_url", "public_url")
    @classmethod
    def _plain_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not _reachable(parts):
            raise ValueError("this is not a URL like https://host or http://host:port")
        if "@" in parts.netloc:
            raise ValueError("a URL with a user or password in it would stand in logs: take them out")
        return value

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value:
            parse_zone(value)
        return value

    @field_validator("log")
    @classmethod
    def _known_store(cls, value: str) -> str:
        if value.startswith(("postgres://", "postgresql://")):
            raise ValueError("PostgreSQL comes with a later version: write sqlite:////absolute/path.db")
        if value and not (value.startswith(SQLITE) and len(value) > len(SQLITE)):
            raise ValueError("this is not a log: write it like sqlite:////var/lib/lamplighter/log.db")
        return value

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        for policy in self.policies:
            _check("group", policy.groups, self.groups)
        for route in self.alerts.values():
            _check("group", route.groups, self.groups)
            _check("channel", (route.channel,), self.channels)
        if len({policy.name for policy in self.policies}) != len(self.policies):
            raise ValueError("two policies have the same name: their decisions could not be told apart")
        idle = [policy.name for policy in self.policies if policy.when.idle is not None]
        if idle and self.mode is Mode.ACT:
            raise ValueError(
                f"policy {idle[0]!r} goes by idle, which this version cannot carry out: the daemon reads no requests "
                'yet. Use max_age, or stay in mode = "observe", where `check-config --live` tells what it would reach'
            )
        return self

    def groups_of(self, name: EndpointName, tags: frozenset[str]) -> tuple[str, ...]:
        """Return the groups that an endpoint is in."""
        return tuple(key for key, group in self.groups.items() if group.holds(name, tags))

    def digest(self) -> str:
        """Return what tells this configuration from another."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]

    def flat(self) -> dict[str, Scalar]:
        """Return every setting by its dotted path; what often holds a secret is masked."""
        flat = flatten(json.loads(self.model_dump_json()))
        return {
            path: "<masked>" if value is not None and _SECRET.fullmatch(path) else value for path, value in flat.items()
        }


def _reachable(parts: SplitResult) -> bool:
    """Return whether a URL names a host that can be asked for, and a port that can be one, if any."""
    try:
        return bool((parts.hostname or "").encode("idna")) and parts.port != 0
    except ValueError:
        return False


def _check(kind: str, names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"there is no {kind} {name!r}; the configuration has {', '.join(known) or 'none'}")


def flatten(value: object, prefix: str = "") -> dict[str, Scalar]:
    """Return every leaf of nested tables and lists by its dotted path."""
    if not isinstance(value, dict | list):
        return {prefix: value if isinstance(value, str | int | float | bool | None) else str(value)}
    flat: dict[str, Scalar] = {}
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        flat |= flatten(inner, f"{prefix}.{key}" if prefix else str(key))
    return flat
