"""What one endpoint was, and when: stretches of time in their order, true to what is known of each change's instant.

The clocks say what a change leaves certain and what uncertain; here their times are only laid beside each other.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args

from events.catalogue import Event
from events.record import Recorded
from statemachine.clocks import Clocks, advance
from statemachine.model import LifecycleEvent
from statemachine.status import AnyStatus
from statemachine.tally import Tally

_FACTS = get_args(LifecycleEvent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """From `begin` to `end` it was one of `among`: surely, where that is one; in a window, where it is several.

    `gap`: nobody could look, and it may have been anything. `position` is where the event stands by which it began.
    """

    begin: datetime
    end: datetime
    among: frozenset[AnyStatus]
    position: int
    gap: bool = False


class Timeline:
    """The stretches of one endpoint over all its lives; hand in its facts, in the order of the log."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.position = 0
        self._clocks = Clocks()
        self._stretches: list[Stretch] = []

    def apply(self, recorded: Recorded, event: Event) -> None:
        """Take in the next event of the endpoint; one that was taken in before changes nothing."""
        if recorded.position <= self.position or not isinstance(event, _FACTS):
            return
        before = self._clocks.statuses
        self._clocks = advance(self._clocks, event)
        after = self._clocks.statuses
        if before is not None and after is not None and after is not before:
            self._add(before, after, recorded.position)
        self.position = recorded.position

    def stretches(self, now: datetime) -> tuple[Stretch, ...]:
        """Return all stretches up to an instant: that of the last good look, since later ones are not known."""
        statuses = self._clocks.statuses
        if statuses is None:
            return ()
        last = _going_on(statuses, max(now, statuses.edge.seen_at), self.position)
        return tuple(stretch for stretch in (*self._stretches, last) if stretch.begin < stretch.end)

    def _add(self, before: Tally[AnyStatus], after: Tally[AnyStatus], position: int) -> None:
        """Lay the certain time up to a change, and its window, behind what is there."""
        counted, begin, end = before.edge.seen_at, after.edge.not_before, after.edge.seen_at
        if begin < counted:
            self._stretches = [*_widened(self._stretches, begin, after.among)]
        elif begin > counted:
            self._stretches.append(_going_on(before, begin, self.position))
        window = Stretch(begin=max(begin, counted), end=end, among=after.among, position=position, gap=after.edge.gap)
        self._stretches.append(window)


def clipped(stretches: Iterable[Stretch], since: datetime | None, until: datetime | None) -> Iterator[Stretch]:
    """Yield what of the stretches lies between two instants."""
    for stretch in stretches:
        begin = stretch.begin if since is None else max(stretch.begin, since)
        end = stretch.end if until is None else min(stretch.end, until)
        if begin < end:
            yield replace(stretch, begin=begin, end=end)


def at(stretches: Iterable[Stretch], instant: datetime) -> Stretch | None:
    """Return the stretch that an instant lies in; the later one, where two meet."""
    found = None
    for stretch in stretches:
        if stretch.begin <= instant <= stretch.end:
            found = stretch
    return found


def _going_on(tally: Tally[AnyStatus], end: datetime, position: int) -> Stretch:
    return Stretch(begin=tally.edge.seen_at, end=end, among=frozenset({tally.now}), position=position, gap=tally.hidden)


def _widened(stretches: Iterable[Stretch], begin: datetime, among: frozenset[AnyStatus]) -> Iterator[Stretch]:
    """Yield the stretches; what lies behind an instant may have been one of some others, too."""
    for stretch in stretches:
        if stretch.end <= begin:
            yield stretch
            continue
        if stretch.begin < begin:
            yield replace(stretch, end=begin)
        yield replace(stretch, begin=max(stretch.begin, begin), among=stretch.among | among)
