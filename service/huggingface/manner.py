"""How a call is sent, and whether and when it is sent again: a pure decision."""

from collections.abc import Collection
from dataclasses import dataclass
from random import Random
from typing import Literal

from service.huggingface.answers import Again, Trouble
from service.huggingface.limits import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a call is sent, and how often at most, each time only after trouble that allows it."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    body: bytes | None = None
    tries: int
    again: Collection[Again]

    def pause(self, trouble: Trouble, tried: int, limits: Limits, dice: Random) -> float | None:
        """Return how many seconds to wait before the next try, or None when there is none."""
        if tried >= self.tries or trouble.again not in self.again:
            return None
        wait = trouble.wait_seconds or 0.0
        if wait > limits.longest_wait_seconds:
            return None
        upper = min(limits.longest_pause_seconds, limits.first_pause_seconds * 2 ** (tried - 1))
        return wait + dice.uniform(0, upper)
