"""Where something is sent to, by whose choice: the channels of alerts, and the hooks that get the events themselves."""

from datetime import timedelta
from fnmatch import filter as filter_names, fnmatchcase
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from events.codec import TYPES
from service.config.terms import Duration, File, Identifier, Table
from service.statuses import why_no_status

HOOKED_TYPES = tuple(name for name in TYPES if not name.startswith("subscriber."))


class Receiver(Table):
    """Where something is sent: a web address, or a command that gets the event on its standard input."""

    url: str | None = None
    url_file: File | None = None
    secret_file: File | None = None
    allow_insecure: bool = False  # plain http, or a private address, beyond loopback
    command: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [self.url is not None, self.url_file is not None, bool(self.command)]
        if sum(kinds) != 1:
            raise ValueError(f"a {type(self).__name__.lower()} has one of url, url_file and command")
        return self


class Channel(Receiver):
    """Where alerts go: a signed webhook, or a command."""

    @model_validator(mode="after")
    def _signed(self) -> Self:
        if not self.command and self.secret_file is None:
            raise ValueError("a webhook is signed: name the file that holds its secret (whsec_…) as secret_file")
        return self


class Hook(Receiver):
    """A subscriber of one's own: which events it wants, and where each of them goes. Signed if it has a secret_file.

    What is said of `endpoints`, `namespaces`, `groups` and `status` must all fit; nothing said means any. `retries` are
    the waits before each further try of an event that was refused; then it is parked. `longest_wait`: between two tries
    of a receiver that is not there.
    """

    name: Identifier
    types: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    from_: Literal["now", "start"] = Field(default="now", alias="from")
    retries: tuple[Annotated[Duration, Field(ge=timedelta(seconds=1), le=timedelta(hours=1))], ...] = Field(
        default=(timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2)), max_length=10
    )
    longest_wait: Annotated[Duration, Field(ge=timedelta(seconds=5), le=timedelta(hours=1))] = timedelta(minutes=5)
    timeout: Annotated[Duration, Field(ge=timedelta(seconds=1), le=timedelta(minutes=5))] = timedelta(seconds=15)

    @field_validator("types")
    @classmethod
    def _known_types(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse a pattern that no type fits, and what would have two hooks that fail tell each other so for ever."""
        for pattern in patterns:
            if not filter_names(HOOKED_TYPES, pattern):
                if filter_names(TYPES, pattern):
                    raise ValueError(f"{pattern!r}: hooks are not told of what hooks could not take")
                raise ValueError(f"{pattern!r} fits no type of event: `lamplighter events types` lists them")
        return patterns

    @field_validator("status")
    @classmethod
    def _possible_statuses(cls, statuses: tuple[str, ...]) -> tuple[str, ...]:
        for status in statuses:
            if (reason := why_no_status(status)) is not None:
                raise ValueError(reason)
        return statuses

    @cached_property
    def wanted_types(self) -> tuple[str, ...]:
        """Return the names of the types that it wants, in the order of the log's own list."""
        patterns = self.types or ("*",)
        return tuple(name for name in HOOKED_TYPES if any(fnmatchcase(name, pattern) for pattern in patterns))
