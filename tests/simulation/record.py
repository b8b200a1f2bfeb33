"""What the log says, laid beside the true time of each commit: who meant to do what, when, and what became of it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from events import codec
from events.catalogue import Event
from events.catalogue.acts import Abandoned, Confirmed, Failed, Intended
from events.catalogue.daemon import ConfigurationApplied
from events.catalogue.keepers import HoldLifted, HoldPlaced, LeaseExpired, LeaseReleased, LeaseTaken
from events.catalogue.namespaces import DisappearanceSuspected, SuspicionEnded
from events.record import Recorded
from events.streams import EVERYTHING, subject
from service.config import Configuration
from service.leases.rest import POLICY
from statemachine.model import LifecycleEvent
from tests.simulation.clocks import NEVER, Walls
from tests.simulation.story import Story
from tests.simulation.told import Spans, told
from tests.simulation.witness import ROBOT, Exchange

MOMENT = timedelta(seconds=2)  # within which a daemon has recorded what it was answered
LOOK = timedelta(seconds=14)  # the longest look: latency before and after, and a slow list
COMMANDS = {
    ("POST", 1): "create",
    ("PUT", 2): "update",
    ("DELETE", 2): "delete",
    ("POST", "pause"): "pause",
    ("POST", "resume"): "resume",
    ("POST", "scale-to-zero"): "scale_to_zero",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event, where it stands, and when it was truly committed."""

    recorded: Recorded
    event: Event
    at: datetime

    @property
    def position(self) -> int:
        """Return its place in the log."""
        return self.recorded.position

    @property
    def place(self) -> str:
        """Return the endpoint that it is about, as `namespace/name`."""
        return str(subject(self.recorded.stream))


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """An intent with its outcomes; there should be one."""

    entry: Entry
    intended: Intended
    outcomes: tuple[Entry, ...]

    @property
    def place(self) -> str:
        """Return the endpoint that it is about."""
        return self.entry.place

    @property
    def user(self) -> str:
        """Return whose token signs it: that of whoever asked, or the daemon's own."""
        namespace = self.place.split("/")[0]
        return self.entry.recorded.actor.removeprefix("person:") if self.intended.borrowed else f"{ROBOT}{namespace}"

    @property
    def until(self) -> datetime:
        """Return when its first outcome was committed."""
        return self.outcomes[0].at if self.outcomes else NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A hold, in positions of the log and in the daemon's wall time; `name` is empty for one on everything."""

    name: str
    placed: Entry
    lifted: int | None
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A lease, as the log tells it; `ended` is None while it is in force."""

    id: str
    holder: str
    pause_after: bool
    taken: Entry
    ended: Entry | None

    @property
    def place(self) -> str:
        """Return the endpoint that it keeps awake."""
        return self.taken.place

    @property
    def ended_at(self) -> datetime:
        """Return when its end was committed."""
        return self.ended.at if self.ended else NEVER


class Record:
    """The log of one story, read."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.walls = Walls(list(story.settings))
        self.entries = [
            Entry(recorded=each, event=codec.decode(each), at=story.committed_at[each.position])
            for each in story.recorded
        ]

    @cached_property
    def spans(self) -> dict[str, Spans]:
        """Return what was told of each endpoint."""
        return told(self.story)

    @cached_property
    def facts(self) -> dict[str, list[Entry]]:
        """Return the facts by endpoint, in order."""
        facts: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            if isinstance(entry.event, LifecycleEvent):
                facts[entry.place].append(entry)
        return dict(facts)

    @cached_property
    def meant(self) -> list[Meant]:
        """Return every intent, in order."""
        outcomes: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            if isinstance(entry.event, Confirmed | Failed | Abandoned):
                outcomes[entry.event.intent].append(entry)
        return [
            Meant(entry=entry, intended=entry.event, outcomes=tuple(outcomes[entry.event.intent]))
            for entry in self.entries
            if isinstance(entry.event, Intended)
        ]

    @property
    def by_policy(self) -> list[Meant]:
        """Return the intents of policies."""
        return [meant for meant in self.meant if meant.intended.policy not in {None, POLICY}]

    @property
    def put_back(self) -> list[Meant]:
        """Return the intents that follow the last lease on an endpoint."""
        return [meant for meant in self.meant if meant.intended.policy == POLICY]

    @cached_property
    def leased(self) -> list[Leased]:
        """Return every lease."""
        ended = {
            entry.event.lease: entry for entry in self.entries if isinstance(entry.event, LeaseReleased | LeaseExpired)
        }
        return [
            Leased(
                id=entry.event.lease,
                holder=entry.event.holder,
                pause_after=entry.event.pause_after,
                taken=entry,
                ended=ended.get(entry.event.lease),
            )
            for entry in self.entries
            if isinstance(entry.event, LeaseTaken)
        ]

    @cached_property
    def holds(self) -> list[Held]:
        """Return every hold."""
        lifted = {entry.event.hold: entry.position for entry in self.entries if isinstance(entry.event, HoldLifted)}
        return [
            Held(
                name="" if entry.recorded.stream == EVERYTHING else entry.place,
                placed=entry,
                lifted=lifted.get(entry.event.hold),
                until=entry.event.until,
            )
            for entry in self.entries
            if isinstance(entry.event, HoldPlaced)
        ]

    def configuration(self, position: int) -> Configuration:
        """Return the configuration that was in force at a place in the log."""
        applied = [
            entry.event.digest
            for entry in self.entries
            if isinstance(entry.event, ConfigurationApplied) and entry.position < position
        ]
        return self.story.configurations.by_digest(applied[-1])

    @cached_property
    def writes(self) -> list[Exchange]:
        """Return every write that reached the API."""
        return [exchange for exchange in self.story.exchanges if exchange.request.write]

    @cached_property
    def looks(self) -> dict[str, list[Exchange]]:
        """Return every direct look that the API answered, by endpoint."""
        looks: defaultdict[str, list[Exchange]] = defaultdict(list)
        for exchange in self.story.exchanges:
            direct = exchange.request.path.startswith("/v2/endpoint/") and len(exchange.parts) == 2
            if direct and exchange.good and exchange.request.status in {200, 404}:
                looks["/".join(exchange.parts)].append(exchange)
        return dict(looks)

    def effects(self, meant: Meant) -> list[datetime]:
        """Return when an intent had an effect: changes of status of its kind, by its token, in its time."""
        namespace, name = meant.place.split("/")
        return [
            happening.at
            for happening in self.story.history
            if (happening.namespace, happening.name, happening.actor) == (namespace, name, meant.user)
            and happening.cause == meant.intended.command
            and self._in_its_time(meant, happening.at)
        ]

    def sent(self, meant: Meant) -> list[Exchange]:
        """Return the writes of an intent."""
        return [
            write
            for write in self.writes
            if meant.place.startswith("/".join(write.parts[:2]))
            and write.request.user == meant.user
            and _command(write) == meant.intended.command
            and self._in_its_time(meant, write.at)
        ]

    def _in_its_time(self, meant: Meant, at: datetime) -> bool:
        """Say whether an instant is an intent's own; that of its end is the next one's, if that began then."""
        if at == meant.until:
            return all(other.entry.at != at for other in self.meant if other.place == meant.place)
        return meant.entry.at <= at < meant.until

    def out_of_reach(self, place: str, at: datetime) -> bool:
        """Return whether a look that was begun at an instant may have met a namespace in trouble."""
        return any(
            place.startswith(f"{trouble.namespace}/") and trouble.since - LOOK <= at <= trouble.until
            for trouble in self.story.troubles
        )

    @cached_property
    def suspicions(self) -> list[tuple[str, datetime, datetime]]:
        """Return where the daemon did not believe what was missing, and between which true instants."""
        found: list[tuple[str, datetime, datetime]] = []
        since: dict[str, datetime] = {}
        for entry in self.entries:
            namespace = subject(entry.recorded.stream).namespace or ""
            if isinstance(entry.event, DisappearanceSuspected):
                since.setdefault(namespace, entry.at)
            elif isinstance(entry.event, SuspicionEnded) and namespace in since:
                found.append((namespace, since.pop(namespace), entry.at))
        return [*found, *((namespace, begin, NEVER) for namespace, begin in since.items())]

    def believed(self, place: str, at: datetime) -> bool:
        """Return whether a look that was begun at an instant could tell the daemon that an endpoint is gone."""
        return not self.out_of_reach(place, at) and not any(
            place.startswith(f"{namespace}/") and since - LOOK <= at <= until
            for namespace, since, until in self.suspicions
        )

    def shifting(self, since: datetime, until: datetime) -> bool:
        """Return whether pages shifted at any time between two instants."""
        return any(begin <= until and since <= end for begin, end in self.story.shifts)

    def alive(self, since: datetime, until: datetime) -> bool:
        """Return whether one daemon, under one configuration, was up all the while."""
        whole = any(life.since <= since and until < life.until for life in self.story.lives)
        return whole and not any(since <= reload <= until for reload in self.story.reloads)


def _command(write: Exchange) -> str:
    """Return what a write asks for, as an intent names it; of a creation the address tells only the namespace."""
    last: str | int = write.parts[2] if len(write.parts) == 3 else len(write.parts)
    return COMMANDS[write.request.method, last]
