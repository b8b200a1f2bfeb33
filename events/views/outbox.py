"""What each channel was given to send, and what became of it: a fold over `delivery/{channel}` and the incidents."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from events import streams
from events.catalogue import Event
from events.catalogue.incidents import Severity
from events.catalogue.notifications import Delivered, DeliveryFailing, Message, Notified, Superseded, Undeliverable
from events.record import Recorded
from events.views.incidents import Incidents

RECENT = 1000  # ended letters that stay at hand


class State(StrEnum):
    """What has become of a notification."""

    PENDING = "pending"
    DELIVERED = "delivered"
    UNDELIVERABLE = "undeliverable"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A notification in a channel's outbox.

    `error` is the first or the last thing that went wrong. `rule` and `severity` are those of its incidents; None
    where it has none, or several that differ. `untold` is the firing that this resolve tells, too, because it was
    never delivered.
    """

    channel: str
    position: int
    notified: Notified
    rule: str | None = None
    severity: Severity | None = None
    state: State = State.PENDING
    attempts: int = 0
    error: str | None = None
    untold: Notified | None = None

    @property
    def id(self) -> str:
        """Return the id of the notification, the same over all tries."""
        return self.notified.notification


class Outbox:
    """All letters up to `position`: those to send, and those that ended lately."""

    def __init__(self, incidents: Incidents | None = None) -> None:
        """Know nothing yet, but for the incidents that are handed in."""
        self.position = 0
        self.incidents = incidents or Incidents()
        self.pending: dict[str, Letter] = {}
        self.ended: deque[Letter] = deque(maxlen=RECENT)
        self._about: defaultdict[tuple[str, str], set[str]] = defaultdict(set)  # (channel, incident): what is pending
        self._untold: dict[tuple[str, str], Notified] = {}  # (channel, incident): a firing that ended undelivered

    @property
    def untold(self) -> Mapping[tuple[str, str], Notified]:
        """Return the firings that ended undelivered and whose resolve is still to come, by channel and incident."""
        return self._untold

    def know(
        self, *, pending: Iterable[Letter], ended: Iterable[Letter], untold: Mapping[tuple[str, str], Notified]
    ) -> None:
        """Know all that was known at some position."""
        for letter in pending:
            self._expect(letter)
        self.ended.extend(ended)
        self._untold.update(untold)

    def still(self) -> "Outbox":
        """Return what is known now; what comes later does not change it."""
        still = Outbox(self.incidents.still())
        still.position = self.position
        still.know(pending=self.pending.values(), ended=self.ended, untold=self._untold)
        return still

    def apply(self, recorded: Recorded, event: Event) -> None:
        """Take in the next event of the log; one that was taken in before changes nothing."""
        if recorded.position <= self.position:
            return
        self.position = recorded.position
        self.incidents.apply(recorded, event)
        match event:
            case Notified():
                self._add(recorded.stream.removeprefix(streams.delivery("")), recorded.position, event)
            case DeliveryFailing(notification=id_, error=error) if id_ in self.pending:
                self.pending[id_] = replace(self.pending[id_], error=error)
            case Delivered(notification=id_, attempts=attempts):
                self._end(id_, State.DELIVERED, attempts=attempts)
            case Undeliverable(notification=id_, attempts=attempts, error=error):
                self._end(id_, State.UNDELIVERABLE, attempts=attempts, error=error)
            case Superseded(notification=id_):
                self._end(id_, State.SUPERSEDED)
            case _:
                pass

    def firing(self, letter: Letter) -> Letter | None:
        """Return the firing, not sent yet, that a resolve overtakes."""
        return self._sibling(letter, Message.FIRING) if letter.notified.message is Message.RESOLVED else None

    def resolve(self, letter: Letter) -> Letter | None:
        """Return the resolve, not sent yet, that overtakes a firing."""
        return self._sibling(letter, Message.RESOLVED) if letter.notified.message is Message.FIRING else None

    def arrival(self, letter: Letter) -> Letter | None:
        """Return the arrival message, not sent yet, that tells of the incident that this letter resolves."""
        return self._sibling(letter, Message.ARRIVAL) if letter.notified.message is Message.RESOLVED else None

    def _sibling(self, letter: Letter, message: Message) -> Letter | None:
        ids = (id_ for incident in letter.notified.incidents for id_ in self._about.get((letter.channel, incident), ()))
        return next((self.pending[id_] for id_ in ids if self.pending[id_].notified.message is message), None)

    def _add(self, channel: str, position: int, notified: Notified) -> None:
        found = [self.incidents.find(id_) for id_ in notified.incidents]
        rules = {known.fired.rule for known in found if known is not None}
        severities = {known.fired.severity for known in found if known is not None}
        untold = None
        if notified.message is Message.RESOLVED and notified.incidents:
            untold = self._untold.pop((channel, notified.incidents[0]), None)
        letter = Letter(
            channel=channel,
            position=position,
            notified=notified,
            rule=rules.pop() if len(rules) == 1 else None,
            severity=severities.pop() if len(severities) == 1 else None,
            untold=untold,
        )
        self._expect(letter)

    def _expect(self, letter: Letter) -> None:
        self.pending[letter.id] = letter
        for incident in letter.notified.incidents:
            self._about[letter.channel, incident].add(letter.id)

    def _end(self, id_: str, state: State, *, attempts: int = 0, error: str | None = None) -> None:
        letter = self.pending.pop(id_, None)
        if letter is None:
            return
        self.ended.append(replace(letter, state=state, attempts=attempts, error=error or letter.error))
        for key in ((letter.channel, incident) for incident in letter.notified.incidents):
            self._about[key].discard(id_)
            if not self._about[key]:
                del self._about[key]
        if letter.notified.message is Message.FIRING and letter.notified.incidents and state is not State.DELIVERED:
            self._leave_untold(letter)

    def _leave_untold(self, firing: Letter) -> None:
        """Let the resolve tell both, whether it is there already or comes later."""
        resolve = self.resolve(firing)
        if resolve is None:
            self._untold[firing.channel, firing.notified.incidents[0]] = firing.notified
        else:
            self.pending[resolve.id] = replace(resolve, untold=firing.notified)
