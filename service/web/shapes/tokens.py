"""What is told of the tokens of the daemon, and what one is made of."""

import msgspec

from service.web.shapes.cells import Instant


class Grant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role (read, operate or admin) in every namespace that one of the patterns matches, as the shell's do."""

    role: str
    namespaces: tuple[str, ...] = ("*",)


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token that was made and not revoked, and what its bearer may do.

    `id` is what events call it. `expires_at` is null for one that has no end; once `expired` it opens nothing.
    """

    id: str
    name: str
    grants: tuple[Grant, ...]
    created_at: Instant
    created_by: str
    expires_at: Instant | None
    expired: bool


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """Every token that was made and not revoked; the daemon's own, which lies in a file, is none of them."""

    items: tuple[Token, ...]


class TokenMade(msgspec.Struct, frozen=True, kw_only=True):
    """A new token, and its `secret`, which is told this once: nobody keeps it."""

    token: Token
    secret: str


class TokenRevoked(msgspec.Struct, frozen=True, kw_only=True):
    """What was revoked: it opens nothing any more."""

    revoked: Token


class TokenBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to make: a name (letters, digits, `.`, `_` and `-`), and what its bearer may do.

    `for` is how long it opens anything (12h, 90d); without it, until it is revoked.
    """

    name: str
    grants: tuple[Grant, ...]
    for_: str | None = msgspec.field(name="for", default=None)
