"""What may be configured: the tables of the file, each with its defaults and what makes it wrong."""

import hashlib
import json
import re
from collections.abc import Collection, Iterable
from datetime import timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated, Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, field_validator, model_validator

from service.config.receivers import Channel, Hook
from service.config.terms import Duration, File, Identifier, Table
from service.when import parse_zone
from statemachine.configuration import Scalar
from statemachine.model import EndpointName

SQLITE = "sqlite:///"
_SECRET = re.compile(r"(channels|hooks)\.[^.]+\.(url|command\.[1-9][0-9]*)")  # these often hold one


class Mode(StrEnum):
    """Whether this process may write to Hugging Face."""

    OBSERVE = "observe"
    ACT = "act"


class Namespace(Table):
    """One namespace to watch. Its own mode can only be stricter than the process's."""

    token_file: File | None = None
    mode: Mode = Mode.ACT


class Group(Table):
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


class When(Table):
    """The condition of a policy: one of these."""

    max_age: Annotated[Duration, Field(gt=timedelta())] | None = None
    idle: Annotated[Duration, Field(gt=timedelta())] | None = None  # the daemon knows no requests yet: never fulfilled

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        if (self.max_age is None) is (self.idle is None):
            raise ValueError("a policy has one condition: max_age or idle")
        return self


class Policy(Table):
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


class Route(Table):
    """Which incidents go to which channel; no groups, namespaces or rules means all of them."""

    channel: str
    groups: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


class Incidents(Table):
    """How long a condition must hold before it is an incident."""

    stuck_for: Duration = timedelta(minutes=45)
    unreachable_for: Duration = timedelta(minutes=2)


class Poll(Table):
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


class Settings(Table):
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
    hooks: tuple[Hook, ...] = ()
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
        for number, policy in enumerate(self.policies):
            _check(f"policies.{number}.groups", "group", policy.groups, self.groups)
        for name, route in self.alerts.items():
            _check(f"alerts.{name}.groups", "group", route.groups, self.groups)
            _check(f"alerts.{name}.channel", "channel", (route.channel,), self.channels)
        for number, hook in enumerate(self.hooks):
            _check(f"hooks.{number}.groups", "group", hook.groups, self.groups)
        if len({hook.name for hook in self.hooks}) != len(self.hooks):
            raise ValueError("two hooks have the same name: they would take the events from each other")
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
        flat = flatten(json.loads(self.model_dump_json(by_alias=True)))
        return {
            path: "<masked>" if value is not None and _SECRET.fullmatch(path) else value for path, value in flat.items()
        }


def _reachable(parts: SplitResult) -> bool:
    """Return whether a URL names a host that can be asked for, and a port that can be one, if any."""
    try:
        return bool((parts.hostname or "").encode("idna")) and parts.port != 0
    except ValueError:
        return False


class Misplaced(ValueError):
    """What is wrong with one setting can be known only by another one; `place` is where it stands."""

    def __init__(self, place: str, sentence: str) -> None:
        """Keep both."""
        super().__init__(sentence)
        self.place = place


def _check(place: str, kind: str, names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            has = f"there are {', '.join(known)}" if known else "the configuration has none"
            raise Misplaced(place, f"there is no {kind} {name!r}; {has}")


def flatten(value: object, prefix: str = "") -> dict[str, Scalar]:
    """Return every leaf of nested tables and lists by its dotted path."""
    if not isinstance(value, dict | list):
        return {prefix: value if isinstance(value, str | int | float | bool | None) else str(value)}
    flat: dict[str, Scalar] = {}
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        flat |= flatten(inner, f"{prefix}.{key}" if prefix else str(key))
    return flat
