"""The two ends of a request, free of any web framework: what was asked, and what is answered."""

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from service.simulator.errors import Invalid, Malformed, SimulatorError
from service.simulator.simulator import Simulator

DIGITS = 18  # of a number that anyone means
Stream = Callable[[], AsyncGenerator[bytes, None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What was asked."""

    method: str
    path: str
    query: str
    params: Mapping[str, str]  # from the path
    token: str | None
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def argument(self, name: str) -> str | None:
        """Return a query parameter as it is, the last if there are several."""
        values = parse_qs(self.query).get(name)
        return values[-1] if values else None

    def arguments(self, name: str) -> list[str]:
        """Return all values of a query parameter, repeated or parted by commas."""
        return [part for value in parse_qs(self.query).get(name, []) for part in value.split(",") if part]

    def number(self, name: str, *, otherwise: int, most: int, least: int = 1) -> int:
        """Return a query parameter that is a whole number; refuse what is none, or out of bounds."""
        asked = self.argument(name)
        if asked is None:
            return otherwise
        if not asked.isdecimal() or len(asked) > DIGITS or not least <= int(asked) <= most:
            raise Invalid(f"Bad Request: {name} must be from {least} to {most}, not {asked!r}")
        return int(asked)

    def document(self) -> Any:
        """Return the body as JSON; refuse what is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise Malformed(f"Failed to parse the request body as JSON: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered: a body, or in its place a stream, whose pieces are sent as they come to be.

    An empty piece of a stream is sent to nobody: it lets the sender see whether anyone still listens.
    """

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: Stream | None = None


Respond = Callable[[Simulator, Call], Answer]


def json_answer(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer JSON."""
    return Answer(status=status, body=json.dumps(document, separators=(",", ":")).encode(), headers=headers or {})


def error_answer(status: int, text: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer an error as the API shapes it."""
    return json_answer({"error": text}, status, headers)


def answered(respond: Respond, simulator: Simulator, call: Call) -> Answer:
    """Respond, and turn a refusal into its answer."""
    try:
        return respond(simulator, call)
    except SimulatorError as error:
        return error_answer(error.code, str(error))
