"""The tokens: made, and taken back."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What a token's bearer may do, and where. `role`: read, operate or admin. `namespaces`: patterns of names."""

    role: str
    namespaces: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCreated:
    """A token was made; of the secret itself only its SHA-256 is kept, in hexadecimal digits, as `digest`.

    `token`: its id. `name`: what it goes by, unlike any other that is in force. `grants`: what its bearer may do.
    `expires_at`: from when on it opens nothing; None: it does until it is revoked.
    """

    token: str
    name: str
    grants: tuple[Granted, ...]
    digest: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRevoked:
    """A token was taken back: from here on it opens nothing. `token`: its id. `name`: what it went by."""

    token: str
    name: str
