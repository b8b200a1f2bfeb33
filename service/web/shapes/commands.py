"""What is asked of an endpoint, and what came of it."""

from typing import Annotated

import msgspec


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a command: done, or nothingToDo; `status` is the endpoint's, as it was seen then."""

    outcome: str
    status: str
    intent: str | msgspec.UnsetType = msgspec.UNSET


class Lifted(msgspec.Struct, frozen=True, kw_only=True):
    """How many holds were lifted."""

    lifted: int


class CommandBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is asked, for the log."""

    reason: str = ""


class HoldBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long no policy may act (90s, 15m, 1h30m, 2d), and why: a `reason` may be left out, but not be blank."""

    for_: Annotated[str, msgspec.Meta(examples=["2h", "1h30m"])] = msgspec.field(name="for")
    reason: str | msgspec.UnsetType = msgspec.UNSET
