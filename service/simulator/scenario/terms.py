"""What a scenario may say: every table and key of its file.

A key that there is not, and a value of another type, is refused: a scenario with a slip of the pen would give another
world than its author believes.
"""

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from service.durations import parse_duration
from service.simulator.acts import VERBS
from service.simulator.document import check_name
from service.simulator.errors import SimulatorError
from service.simulator.faults import Faults
from service.simulator.knobs import MOST_SECONDS
from service.simulator.lifecycle import Durations, Fate
from service.simulator.past import PAST, Past
from service.simulator.rights import Kind, Restriction, Role
from service.simulator.rules import EFFECTS, State

Span = Annotated[timedelta, BeforeValidator(parse_duration)]
Sown = Annotated[State, Field(strict=False)]
Place = Annotated[str, Field(pattern=r"^[^/]+/[^/]+$")]
EVERY_VERB = tuple(sorted({*EFFECTS, *VERBS}))


def _known(verb: str) -> str:
    if verb not in EVERY_VERB:
        raise ValueError(f"{verb!r} is none of {', '.join(EVERY_VERB)}")
    return verb


Verb = Annotated[str, AfterValidator(_known)]


class Table(BaseModel):
    """A table of which every key is known, and every value of its very type; no number infinite or NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @property
    def said(self) -> dict[str, Any]:
        """Return what was said, by its keys, in an order that does not depend on the process."""
        return {key: getattr(self, key) for key in type(self).model_fields if key in self.model_fields_set}


class Shape(Table):
    """What an endpoint is: the short names of `document.SHORT`."""

    accelerator: str | None = None
    args: list[str] | None = None
    command: list[str] | None = None
    env: dict[str, str] | None = None
    framework: str | None = None
    health_route: str | None = None
    image: dict[str, Any] | None = None
    instance_size: str | None = None
    instance_type: str | None = None
    max_replica: int | None = None
    measure: dict[str, float] | None = None
    min_replica: int | None = None
    region: str | None = None
    repository: str | None = None
    revision: str | None = None
    scale_to_zero_timeout: int | None = None
    secrets: dict[str, str] | None = None
    tags: list[str] | None = None
    task: str | None = None
    type: str | None = None
    vendor: str | None = None


class Endpoint(Shape):
    """An endpoint, or a fleet of `count` whose name holds `{n}`; by the names that `Simulator.create` takes."""

    namespace: Annotated[str, Field(pattern=r"^[^/]+$")]
    name: str
    count: int = Field(default=1, ge=1, le=100_000)

    actor: str = "alice"
    document: dict[str, Any] = {}
    state: Sown = State.PENDING
    fate: Fate | None = None
    start_seconds: float | None = Field(default=None, ge=0, le=MOST_SECONDS)

    created_at: datetime | None = None
    created_days_ago: float | None = None
    edited_days_ago: float | None = None
    edited_by: str | None = None
    requests_per_day: float = 0.0
    requests_days: float = 14.0
    requests_days_ago: list[float] = []

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.count > 1 and len(set(self.names)) < self.count:
            raise ValueError(f"{self.count} endpoints need as many names: put {{n}} into {self.name!r}")
        for name in self.names:
            as_value_error(check_name, name)
        as_value_error(Past.of, {key: value for key, value in self.said.items() if key in PAST})
        return self

    @property
    def names(self) -> list[str]:
        """Return the name of each, `{n}` counted from 1."""
        return [self.name.replace("{n}", str(number)) for number in range(1, self.count + 1)]

    @property
    def creation(self) -> dict[str, Any]:
        """Return what `Simulator.create` is told, but for the name."""
        return {key: value for key, value in self.said.items() if key not in {"name", "count"}}


class Token(Table):
    """Whose a token is, which organisations it is in, which of them refuse it with 401 or 403, and what it may do."""

    token: str
    name: str | None = None
    organisations: list[str] | None = None
    refused: dict[str, Literal[401, 403]] = {}
    role: Kind = "write"
    rights: dict[str, list[str]] = {}

    @model_validator(mode="after")
    def _has_rights_if_fine_grained(self) -> Self:
        if self.rights and self.role != "fineGrained":
            raise ValueError('only a token of the role "fineGrained" has rights')
        return self


class Organisation(Table):
    """Who is in an organisation, what they may do there, what it asks of them first, and what it paid in advance."""

    members: list[str] = []
    roles: dict[str, Role] = {}
    restrictions: dict[str, list[Restriction]] = {}
    credits_usd: float | None = Field(default=None, ge=0)


class Access(Table):
    """A token gains, or loses, an organisation."""

    token: str
    namespace: str


class Turn(Table):
    """Something that happens `at` a time after the start, and again `every` so often, `times` in all or without end."""

    at: Span
    every: Annotated[Span, Field(gt=timedelta())] | None = None
    times: int | None = Field(default=None, ge=1)

    endpoint: Place | None = None  # which, or a glob over those that there are then
    verb: Verb | None = None
    actor: str = "alice"
    fate: Fate | None = None
    change: Shape | None = None  # what an update changes

    create: Endpoint | None = None
    faults: dict[str, Any] | None = None
    grant: Access | None = None
    revoke: Access | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        given = [key for key in ("verb", "create", "faults", "grant", "revoke") if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(f"say one of verb, create, faults, grant and revoke; here are {given or 'none'}")
        if (self.verb is None) != (self.endpoint is None):
            raise ValueError("verb and endpoint belong together")
        if self.times is not None and self.every is None:
            raise ValueError("times needs every: how far apart?")
        return self

    @field_validator("faults")
    @classmethod
    def _can_be_turned(cls, faults: dict[str, Any] | None) -> dict[str, Any] | None:
        return faults if faults is None else turnable(faults)


class Traffic(Table):
    """Requests to every endpoint that matches a glob: `past_days` of them before the start, and on from there."""

    match: list[Place]
    per_day: float = Field(gt=0, le=1440 * 60)
    past_days: float = Field(default=0.0, ge=0)
    actor: str = "users"


class Scenario(Table):
    """A world to begin with, and what happens in it."""

    description: str = ""
    strangers: bool = True
    tokens: list[Token] = []
    organisations: dict[str, Organisation] = {}
    durations: dict[str, list[float]] = {}
    faults: dict[str, Any] = {}
    endpoints: list[Endpoint] = []
    traffic: list[Traffic] = []
    timeline: list[Turn] = []

    @field_validator("faults")
    @classmethod
    def _can_be_turned(cls, faults: dict[str, Any]) -> dict[str, Any]:
        return turnable(faults)

    @field_validator("durations")
    @classmethod
    def _are_ranges(cls, durations: dict[str, list[float]]) -> dict[str, list[float]]:
        known = [field.name for field in fields(Durations)]
        for name, ends in durations.items():
            if name not in known:
                raise ValueError(f"there is no {name!r}; known are {', '.join(known)}")
            if len(ends) != 2 or not 0 <= ends[0] <= ends[1] <= MOST_SECONDS:
                raise ValueError(f"{name} is a range in seconds, [least, most], not {ends}")
        return durations


def turnable(faults: dict[str, Any]) -> dict[str, Any]:
    """Return the knobs; refuse those that cannot be turned so."""
    as_value_error(Faults().turn, faults)
    return faults


def as_value_error(check: Callable[[Any], object], value: Any) -> None:
    """Let a check of the simulator's own refuse a value in the way that is told with its place."""
    try:
        check(value)
    except SimulatorError as error:
        raise ValueError(str(error)) from error
