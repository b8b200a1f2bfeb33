"""Mishaps to order: so that a test can ask for exactly one, at the request that it means."""

from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct

Kind = Literal["", "429", "5xx", "reset", "truncated", "not_json", "wrong_body", "late_answer", "lost_answer"]
Hint = Literal["", "Retry-After", "RateLimit"]


class Order(Struct, kw_only=True, forbid_unknown_fields=True):
    """What befalls the next `count` requests that match; what is None is left to the dice."""

    kind: Kind = ""  # none: only the latency
    count: Annotated[int, Meta(ge=1)] = 1
    method: str = "*"
    path: str = "*"  # a glob, as `/v2/endpoint/*/pause`
    latency_seconds: Annotated[float, Meta(ge=0)] = 0.0
    code: Annotated[int, Meta(ge=500, le=599)] | None = None  # of a 5xx
    hint: Hint = ""  # of a 429
    retry_after_seconds: int | None = None
    done: bool | None = None  # whether a write under 5xx or reset was done before it failed
    at_arrival: bool | None = None  # whether the truth was sampled before the latency
    body: str | None = None  # of a wrong one

    def fits(self, method: str, path: str) -> bool:
        """Tell whether it is meant for this request."""
        return self.method in {"*", method} and fnmatchcase(path, self.path)


def read_orders(values: Any) -> list[Order]:
    """Read orders from JSON or TOML; raise ValueError with what may be said."""
    try:
        return msgspec.convert(values, list[Order])
    except msgspec.ValidationError as error:
        known = ", ".join(Order.__struct_fields__)
        kinds = ", ".join(kind for kind in get_args(Kind) if kind)
        raise ValueError(f"{error}; an order has {known}; kinds are {kinds}") from error
