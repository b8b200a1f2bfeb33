"""The two ends of a request, free of any web framework: what was asked, and what is answered."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from service.simulator.errors import Malformed, SimulatorError, Unauthorized
from service.simulator.simulator import Simulator


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What was asked."""

    method: str
    path: str
    query: str
    params: Mapping[str, str]  # from the path
    token: str | None
    body: bytes

    def argument(self, name: str) -> str | None:
        """Return a query parameter, the last if there are several."""
        values = self.arguments(name)
        return values[-1] if values else None

    def arguments(self, name: str) -> list[str]:
        """Return all values of a query parameter, repeated or parted by commas."""
        return [part for value in parse_qs(self.query).get(name, []) for part in value.split(",") if part]

    def document(self) -> Any:
        """Return the body as JSON; refuse what is none."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Malformed(f"Failed to parse the request body as JSON: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


Respond = Callable[[Simulator, Call], Answer]


def json_answer(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer JSON."""
    return Answer(status=status, body=json.dumps(document, separators=(",", ":")).encode(), headers=headers or {})


def error_answer(status: int, text: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer an error as the API shapes it."""
    return json_answer({"error": text}, status, headers)


def caller(simulator: Simulator, call: Call) -> str:
    """Return the user whose token the call bears; refuse a call without a good one."""
    if not call.token:
        raise Unauthorized("Unauthorized: no token was sent")
    user = simulator.people.user(call.token)
    if call.token in simulator.faults.bad_tokens or user in simulator.faults.bad_tokens:
        raise Unauthorized("Unauthorized: invalid credentials")
    return user


def answered(respond: Respond, simulator: Simulator, call: Call) -> Answer:
    """Respond, and turn a refusal into its answer."""
    try:
        return respond(simulator, call)
    except SimulatorError as error:
        return error_answer(error.code, str(error))
