"""What is wrong now, since when, and which channels were told: a fold over incidents and notifications.

What ended long ago is not known here any more. Whether an incident ever fired, the log tells by its id.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from events import streams
from events.catalogue import Event
from events.catalogue.incidents import Fired, Resolved
from events.catalogue.notifications import Message, Notified
from events.record import Recorded

RECENT = 1000  # ended incidents that stay at hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One time that a rule's condition held on one subject.

    `position` is where it fired, 0 as long as its own decider has not read it back. `told` are the channels that were
    given its firing, be it by itself or among others at an arrival.
    """

    stream: str
    position: int
    fired: Fired
    resolved: Resolved | None = None
    told: frozenset[str] = frozenset()

    @property
    def subject(self) -> streams.Subject:
        """Return what it is about."""
        return streams.subject(self.stream)


class Incidents:
    """All incidents up to `position`: the open ones by stream (a rule on a subject), and those that ended lately."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.position = 0
        self.open: dict[str, Incident] = {}
        self.recent: deque[Incident] = deque(maxlen=RECENT)
        self._streams: dict[str, str] = {}  # of all of these, by their ids

    def know(self, *, open_: Iterable[Incident], recent: Iterable[Incident]) -> None:
        """Know all that was known at some position."""
        self.open.update({incident.stream: incident for incident in open_})
        self.recent.extend(recent)
        self._streams.update({known.fired.incident: known.stream for known in (*self.open.values(), *self.recent)})

    def still(self) -> "Incidents":
        """Return what is known now; what comes later does not change it."""
        still = Incidents()
        still.position = self.position
        still.know(open_=self.open.values(), recent=self.recent)
        return still

    def apply(self, recorded: Recorded, event: Event) -> None:
        """Take in the next event of the log; one that was taken in before changes nothing."""
        if recorded.position > self.position:
            self.position = recorded.position
            self.take(recorded.stream, event, position=recorded.position)

    def take(self, stream: str, event: Event, *, position: int = 0) -> None:
        """Take in what is decided, and will stand in the log: for the one who decides it."""
        match event:
            case Fired() if event.incident not in self._streams:  # else it was decided here, and is read back
                self._streams[event.incident] = stream
                self.open[stream] = Incident(stream=stream, position=position, fired=event)
            case Resolved() if stream in self.open and self.open[stream].fired.incident == event.incident:
                self._end(replace(self.open.pop(stream), resolved=event))
            case Notified(message=Message.FIRING | Message.ARRIVAL):
                self._tell(stream.removeprefix(streams.delivery("")), event)
            case _:
                pass

    def find(self, incident: str) -> Incident | None:
        """Return an incident that is open or ended lately."""
        found = self.open.get(self._streams.get(incident, ""))
        if found is not None and found.fired.incident == incident:
            return found
        return next((ended for ended in reversed(self.recent) if ended.fired.incident == incident), None)

    def _end(self, incident: Incident) -> None:
        if len(self.recent) == RECENT:
            del self._streams[self.recent[0].fired.incident]
        self.recent.append(incident)

    def _tell(self, channel: str, notified: Notified) -> None:
        for incident in notified.incidents:
            stream = self._streams.get(incident, "")
            known = self.open.get(stream)
            if known is not None and known.fired.incident == incident:
                self.open[stream] = replace(known, told=known.told | {channel})
