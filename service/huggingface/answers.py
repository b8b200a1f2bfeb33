"""What is asked, what is answered, and what a try can come to."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from yarl import URL

from service.ports import HubError
from statemachine.model import Look


class Malformed(Exception):
    """A body is not what it should be; the message says in what way, without quoting it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is asked: `doing` says it to people (`list the endpoints of acme`), the namespace's token signs it."""

    doing: str
    url: URL
    namespace: str
    token_source: str
    most_bytes: int  # that the answer may have, unpacked
    changes: bool = False  # whether it asks for a change


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer that arrived whole."""

    code: int
    headers: Mapping[str, str]
    body: bytes
    look: Look


class Again(Enum):
    """When the same request may be sent once more."""

    NEVER = "never"
    IF_HARMLESS = "if harmless"  # it may have been carried out: only what changes nothing
    ALWAYS = "always"  # it was surely not carried out
    IF_RENEWED = "if there is another token by now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One try failed. `wait_seconds` is how long the other side asks us to wait, if it does."""

    error: HubError
    again: Again
    wait_seconds: float | None = None


def is_page(headers: Mapping[str, str]) -> bool:
    """Return whether this is a web page, as proxies and logins put in place of an answer."""
    return headers.get("Content-Type", "").lower().startswith("text/html")
