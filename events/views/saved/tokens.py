"""The tokens in a snapshot: a row for each, and one for the version of their stream."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from events.catalogue.access import TokenCreated
from events.views.saved.form import Shape
from events.views.tokens import Token, Tokens

FOLD = 1


class TokenRow(msgspec.Struct, frozen=True, kw_only=True, tag="token"):
    """A token that is not revoked."""

    made: TokenCreated
    created_at: datetime
    created_by: str


class StreamRow(msgspec.Struct, frozen=True, kw_only=True, tag="stream"):
    """How many events their stream has."""

    version: int


Row = TokenRow | StreamRow


def _rows(tokens: Tokens) -> Iterator[Row]:
    yield StreamRow(version=tokens.version)
    for held in tokens.held.values():
        yield TokenRow(made=held.made, created_at=held.created_at, created_by=held.created_by)


def _view(position: int, rows: Iterable[Row]) -> Tokens:
    tokens = Tokens()
    tokens.position = position
    for row in rows:
        match row:
            case TokenRow(made=made):
                tokens.held[made.token] = Token(made=made, created_at=row.created_at, created_by=row.created_by)
            case StreamRow(version=version):
                tokens.version = version
    return tokens


TOKENS = Shape(name="tokens", fold=FOLD, row=Row, rows=_rows, view=_view)
