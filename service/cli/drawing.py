"""A timeline drawn in letters, true to time: a lane for each status, a column for each equal part of the time.

Pure. Nothing is made longer than it was: what is shorter than half a column is drawn as a part of one, and what nobody
saw is drawn as that.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from service.cli.spelling import told_at

Stretch = Mapping[str, Any]
SHORTEST_BAR = 10  # columns
TICK = 16  # columns from one time on the axis to the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """What the parts of a bar are drawn with."""

    certain: str
    part: str
    uncertain: str
    gap: str


BLOCKS = Letters(certain="█", part="▌", uncertain="░", gap="·")
PLAIN = Letters(certain="#", part="|", uncertain="~", gap=".")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One line of the drawing: a status, and its bar."""

    status: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """The axis, the lanes below it, and how much time one column stands for."""

    axis: str
    lanes: tuple[Lane, ...]
    column: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How time lies in columns."""

    begin: datetime
    column: timedelta
    columns: int

    def places(self, begin: datetime, end: datetime) -> Iterator[tuple[int, float]]:
        """Yield each column that a time touches, and the share of it that it covers."""
        first, last = (begin - self.begin) / self.column, (end - self.begin) / self.column
        for place in range(int(first), min(int(last) + 1, self.columns)):
            part = min(last, place + 1) - max(first, place)
            if part > 0:
                yield place, part


def draw(stretches: Sequence[Stretch], *, width: int, zone: tzinfo, letters: Letters) -> Drawing:
    """Draw stretches as the API shows them, at least one, in so many columns."""
    statuses = list(dict.fromkeys(status for each in stretches for status in each["statuses"]))
    label = max(map(len, statuses), default=0) + 2
    columns = max(width - label, SHORTEST_BAR)
    begin, end = told_at(stretches[0]["begin"]), told_at(stretches[-1]["end"])
    scale = Scale(begin=begin, column=(end - begin) / columns, columns=columns)
    lanes = tuple(
        Lane(status=status, line=f"{status:<{label}}{_bar(stretches, status, scale, letters)}".rstrip())
        for status in statuses
    )
    return Drawing(axis=" " * label + _axis(scale, zone), lanes=lanes, column=scale.column)


def _bar(stretches: Sequence[Stretch], status: str, scale: Scale, letters: Letters) -> str:
    certain, uncertain, gaps = ([0.0] * scale.columns for _ in range(3))
    for each in stretches:
        if not (each["gap"] or status in each["statuses"]):
            continue
        share = gaps if each["gap"] else certain if len(each["statuses"]) == 1 else uncertain
        for place, part in scale.places(told_at(each["begin"]), told_at(each["end"])):
            share[place] += part
    return "".join(_letter(*shares, letters) for shares in zip(certain, uncertain, gaps, strict=True))


def _letter(certain: float, uncertain: float, gap: float, letters: Letters) -> str:
    if certain >= 0.5:
        return letters.certain
    if certain > 0:
        return letters.part
    return letters.uncertain if uncertain > 0 else letters.gap if gap > 0 else " "


def _axis(scale: Scale, zone: tzinfo) -> str:
    """Return times, each above the column that it begins."""
    form = "%H:%M" if scale.column * scale.columns <= timedelta(days=1) else "%m-%d %H:%M"
    if scale.column * TICK < timedelta(minutes=1):
        form = "%H:%M:%S"
    line = ""
    for place in range(0, scale.columns, TICK):
        label = f"{(scale.begin + scale.column * place).astimezone(zone):{form}}"
        if place + len(label) <= scale.columns:
            line = f"{line:<{place}}{label}"
    return line
