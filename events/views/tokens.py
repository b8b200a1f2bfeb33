"""Which tokens are in force, as the log tells it; their secrets are nowhere, only what can be compared with them."""

from dataclasses import dataclass
from datetime import datetime

from events.catalogue import Event
from events.catalogue.access import TokenCreated, TokenRevoked
from events.record import Recorded
from events.streams import ACCESS


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token that was made and not revoked; `created_by` is the actor who made it."""

    made: TokenCreated
    created_at: datetime
    created_by: str

    def has_expired(self, now: datetime) -> bool:
        """Return whether its time is over."""
        return self.made.expires_at is not None and self.made.expires_at <= now


class Tokens:
    """The tokens by their ids, in the order in which they were made; `version` is that of their stream."""

    def __init__(self) -> None:
        """Know of none."""
        self.position = 0
        self.version = 0
        self.held: dict[str, Token] = {}

    def apply(self, recorded: Recorded, event: Event) -> None:
        """Take in the next event of the log; one that was taken in before changes nothing."""
        if recorded.position <= self.position:
            return
        self.position = recorded.position
        if recorded.stream == ACCESS:
            self.version = recorded.version
        match event:
            case TokenCreated(token=token):
                made = Token(made=event, created_at=recorded.time, created_by=recorded.actor)
                self.held = {**self.held, token: made}
            case TokenRevoked(token=token):
                self.held = {id_: held for id_, held in self.held.items() if id_ != token}
            case _:
                pass

    def named(self, name: str, now: datetime) -> Token | None:
        """Return the token in force that goes by a name."""
        found = (held for held in self.held.values() if held.made.name == name and not held.has_expired(now))
        return next(found, None)

    def still(self) -> "Tokens":
        """Return what is known now; what comes later does not change it."""
        still = Tokens()
        still.position, still.version, still.held = self.position, self.version, self.held
        return still
