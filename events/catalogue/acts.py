"""What is meant to be done to an endpoint, and what became of it: warned, intended, and one outcome."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from statemachine.configuration import Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """A policy told that it will act at `due_at`.

    `cause` is the position that it rests on: the fact by which the status began, or the hold or abandoned intent since
    then after whose end the policy began anew. `policy`, `revision`: its name, and the digest of what it said. `life`:
    when the endpoint was created. `edge_seconds`: how long before the act this warning is due. `command`: what will be
    done. `reason`: why, for people.
    """

    policy: str
    revision: str
    life: datetime
    cause: int
    edge_seconds: float
    command: str
    due_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Intended:
    """Somebody decided to act; appended before the act. `version` is that of the life's stream it was decided on.

    `scaling` is `compute.scaling` as it stood, so that what a resume changed can be told. `updated_at` is when the
    endpoint had last been edited: if it moves, somebody was there since. `policy` is None for a person's command; who,
    stands in the event's actor. `intent`: its id, by which its outcome names it. `command`: what to do. `life`: when
    the endpoint was created; null where there was none of that name, before a creation. `evidence`: the positions that
    it rests on. `reason`: why, for people. `deadline`: it is given up if it was not done by then. `revision`: the
    digest of what the policy said. `wanted`: what a creation or an update sends, path to value, masked. `borrowed`:
    the token that signs it is that of whoever asked, which is kept nowhere.
    """

    intent: str
    command: str
    life: datetime | None
    version: int
    evidence: tuple[int, ...]
    reason: str
    deadline: datetime
    policy: str | None = None
    revision: str | None = None
    updated_at: datetime | None = None
    scaling: Mapping[str, Scalar] = field(default_factory=dict)
    wanted: Mapping[str, Scalar] = field(default_factory=dict)
    borrowed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The effect of an `intent` was seen: `status` at `seen_at`. `late`: it was found, not answered to us."""

    intent: str
    status: str
    seen_at: datetime
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """An `intent` came to nothing: the API refused it, or its effect never showed; `error` says which.

    `code` is the HTTP status, if any.
    """

    intent: str
    error: str
    code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandoned:
    """An `intent` was given up before it had an effect: the endpoint changed, a hold came, or its deadline passed.

    `reason` says which of them. `touched`: somebody was at the endpoint since the intent, and may have undone it
    already, so that it counts as brought back.
    """

    intent: str
    reason: str
    touched: bool = False
