"""The mutants that survive and may: each with a reason, in `survivors.toml`. Any other that survives is a gap."""

import tomllib
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import msgspec

from tests.mutation.mutants import Name

LIST = Path(__file__).parent / "survivors.toml"


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Mutants of one place by their names, and why nobody can tell them from the code, or nobody can care."""

    file: str
    within: str = ""
    was: str
    becomes: tuple[str, ...]
    place: int = 1
    reason: str

    def names(self) -> Iterator[Name]:
        for becomes in self.becomes:
            yield Name(file=self.file, within=self.within, was=self.was, becomes=becomes, place=self.place)


def read(text: str) -> dict[Name, str]:
    """Return the reason of each mutant in a list; raises ValueError for an entry without one, and for one twice."""
    reasons: dict[Name, str] = {}
    for entry in msgspec.convert(tomllib.loads(text).get("survivor", []), list[Entry]):
        for name in entry.names():
            if not entry.reason.strip():
                raise ValueError(f"is listed without a reason: say why nobody can tell it.\n  {name}")
            if name in reasons:
                raise ValueError(f"is listed twice: take one out.\n  {name}")
            reasons[name] = entry.reason
    return reasons


def strangers(listed: Iterable[Name], existing: Collection[Name]) -> list[str]:
    """Return what is wrong with those on the list that are no mutants."""
    return [f"is listed, and no mutant any more: take it out of the list.\n  {n}" for n in listed if n not in existing]


def faults(listed: Collection[Name], existing: Collection[Name], survived: Collection[Name]) -> list[str]:
    """Return what is wrong: survivors without a reason, and reasons without a survivor."""
    gaps = (
        f"survives: write the test that catches it, or list it with its reason.\n  {n}"
        for n in survived
        if n not in listed
    )
    caught = (
        f"is listed, and caught now: take it out of the list.\n  {n}"
        for n in listed
        if n in existing and n not in survived
    )
    return [*gaps, *caught, *strangers(listed, existing)]
