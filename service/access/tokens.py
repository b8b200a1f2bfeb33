"""The tokens: made, taken back and recognised. A secret leaves this file once, in the answer to whoever asked for it.

Which are in force is told by the log alone (`events.views.tokens`), where the digest of each secret stands. A secret
has 256 random bits: its plain SHA-256 is as hard to invert as one with salt, and takes a microsecond at each request.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

from events import codec, streams
from events.catalogue import Event
from events.catalogue.access import Granted, TokenCreated, TokenRevoked
from events.log import EventLog
from events.record import decision_id
from events.unit import AlreadyDecided, Appended, StaleVersion, Unit, Write
from events.views.tokens import Token
from service.access.roles import Caller, Grant, Role
from service.clock import Clock
from service.live import Live

MOST = 1000  # in force: each is compared at every request that shows a token
PREFIX = "ll_"  # by which a secret is known for one wherever it turns up


class AlreadyNamed(Exception):
    """A token in force goes by this name."""


class TooMany(Exception):
    """So many tokens are in force that there can be no more."""


class Unnamed(Exception):
    """No token in force goes by this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A new token, with its secret, which nobody can tell again."""

    token: Token
    secret: str


def digest(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


class Tokens:
    """The tokens of one log. What is made or taken back is so at once, for whoever asks after it was answered."""

    def __init__(self, log: EventLog, live: Live, clock: Clock) -> None:
        """Read and write a log, whose views are kept up by others."""
        self._log = log
        self._live = live
        self._clock = clock

    def known(self) -> tuple[Token, ...]:
        """Return all that were not revoked, also those whose time is over."""
        return tuple(self._live.views.tokens.held.values())

    def bearer_of(self, secret: str) -> Caller | None:
        """Return who bears a secret, if a token in force has it; the time it takes tells nothing of the others."""
        given, found = digest(secret), None
        for token in self._live.views.tokens.held.values():
            if hmac.compare_digest(given, token.made.digest):
                found = token
        return None if found is None or found.has_expired(self._clock.now()) else bearer(found)

    async def create(self, name: str, *grants: Grant, expires_at: datetime | None, actor: str) -> Made:
        """Make a token. Raises AlreadyNamed and TooMany."""
        secret = f"{PREFIX}{secrets.token_urlsafe(32)}"
        made = TokenCreated(
            token=secrets.token_hex(8),
            name=name,
            grants=tuple(Granted(role=grant.role.word, namespaces=grant.namespaces) for grant in grants),
            digest=digest(secret),
            expires_at=expires_at,
        )
        while True:
            await self._look()
            now = self._clock.now()
            if self._live.views.tokens.named(name, now) is not None:
                raise AlreadyNamed(name)
            if sum(not token.has_expired(now) for token in self.known()) >= MOST:
                raise TooMany
            if await self._append(made, id_=decision_id("token", made.token), at=now, actor=actor):
                return Made(token=Token(made=made, created_at=now, created_by=actor), secret=secret)

    async def revoke(self, name: str, *, actor: str) -> Token:
        """Take a token back, also one whose time is over; return what it was. Raises Unnamed."""
        while True:
            await self._look()
            now = self._clock.now()
            past = [token for token in self.known() if token.made.name == name]
            found = self._live.views.tokens.named(name, now) or next(iter(past), None)
            if found is None:
                raise Unnamed(name)
            revoked = TokenRevoked(token=found.made.token, name=name)
            if await self._append(revoked, id_=decision_id("revoke", revoked.token), at=now, actor=actor):
                return found

    async def _look(self) -> None:
        """Know all that is in the log: another request may have been at it."""
        await self._live.reach(await self._log.head())

    async def _append(self, event: Event, *, id_: str, at: datetime, actor: str) -> bool:
        """Write an event behind what the views know, and return once they know it, too; False: another was first."""
        draft = codec.decision(id_, event, time=at, actor=actor)
        write = Write(expected=self._live.views.tokens.version, drafts=(draft,))
        (result,) = await self._log.append([Unit(streams={streams.ACCESS: write})])
        match result:
            case Appended(events=events):
                await self._live.reach(events[-1].position)
                return True
            case StaleVersion() | AlreadyDecided():
                return False
            case _:
                raise AssertionError(f"a token's event cannot come to {type(result).__name__}")


def bearer(token: Token) -> Caller:
    """Return who shows a token: the actor is the token's own name, whatever else is said."""
    known = ((Role.of(grant.role), grant.namespaces) for grant in token.made.grants)
    grants = tuple(Grant(role=role, namespaces=namespaces) for role, namespaces in known if role is not None)
    return Caller(actor=f"token:{token.made.name}", grants=grants)
