"""What people did by the API, in the order in which it was done: what an audit log is made of."""

from dataclasses import dataclass
from datetime import datetime

from service.simulator.life import Life


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Someone carried out an action on an endpoint; what was refused is none."""

    at: datetime
    life: Life
    verb: str
    actor: str


def creation_of(life: Life, *, edited: bool) -> list[Deed]:
    """Return the deeds that a new life begins with: its creation, and the last edit of one that has such a past."""
    deeds = [Deed(at=life.created_at, life=life, verb="create", actor=life.created_by)]
    if edited:
        deeds.append(Deed(at=life.updated_at, life=life, verb="update", actor=life.updated_by))
    return deeds
