"""What may be asked of `/_simulator/…`: the body of each POST, as strict as a scenario and refused in its words."""

from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError

from service.simulator.answers import Call
from service.simulator.errors import Malformed
from service.simulator.knobs import MOST_SECONDS
from service.simulator.lifecycle import Fate
from service.simulator.scenario.complaints import complaints
from service.simulator.scenario.terms import Table, Verb

Body = TypeVar("Body", bound=Table)


class Doing(Table):
    """Something is done to an endpoint, now or later."""

    namespace: str
    name: str
    verb: Verb
    actor: str = "alice"
    document: dict[str, Any] = Field(default_factory=dict)
    fate: Fate | None = None
    in_seconds: float | None = Field(default=None, ge=0, le=MOST_SECONDS)


class Grant(Table):
    """A token is held to namespaces."""

    token: str
    namespaces: list[str]


class Refusal(Table):
    """A token is answered with this code in a namespace; null ends that."""

    token: str
    namespace: str
    code: Literal[401, 403] | None


class Payment(Table):
    """What a namespace paid in advance, in all; null lets it owe without end."""

    namespace: str
    credits_usd: float | None = Field(ge=0)


def read(body: type[Body], call: Call) -> Body:
    """Return what a call asks for; refuse what makes no sense, naming every fault at once."""
    try:
        return body.model_validate_json(call.body)
    except ValidationError as error:
        raise Malformed("; ".join(complaints(error, body, whole="the body"))) from error
