"""The decisions: from what holds and what is open to the events that say so. Pure, apart from what `take` remembers.

An incident, its notifications and the cursor of the event that caused them are one unit: whoever reads the log finds
all of them or none. Every id is made of what causes the decision, so that deciding again decides nothing new.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from events import streams
from events.catalogue.acts import Warned
from events.catalogue.incidents import Fired, Resolved
from events.catalogue.notifications import Message, Notified
from events.record import Recorded, decision_id
from events.streams import Subject
from events.views.fleet import Fleet
from events.views.incidents import Incident, Incidents
from service.config import Settings
from service.subscribers.alerts import wording
from service.subscribers.alerts.routes import WARNING, channels
from service.subscribers.alerts.rules import Onset, Over, Verdict
from service.subscribers.alerts.wording import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event to append, with its stream and the id of the decision."""

    stream: str
    id: str
    event: Fired | Resolved | Notified


def incident_id(onset: Onset) -> str:
    """Return the id of the incident that a condition is, or was: the same whenever it is asked."""
    return decision_id("incident", onset.rule, onset.subject, onset.cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a decision rests on: the endpoints and the incidents as known, the settings in force, and the time.

    `decided` holds the id of each incident that stands in the log already, of those that could be decided now.
    """

    fleet: Fleet
    incidents: Incidents
    settings: Settings
    now: datetime
    decided: frozenset[str] = frozenset()

    def decide(self, verdict: Verdict) -> tuple[Entry, ...]:
        """Say what follows from a condition that holds, or does not: nothing, if it is as known."""
        match verdict:
            case Onset():
                return tuple(self._fire(verdict))
            case Over():
                return tuple(self._resolve(verdict))

    def warn(self, recorded: Recorded, warned: Warned) -> tuple[Entry, ...]:
        """Hand a policy's warning to every route that wants it."""
        subject = streams.subject(recorded.stream)
        words = wording.warning(subject, warned, self.now)
        return tuple(
            self._notify(
                channel, Message.WARNING, words, subject=subject, why=why, evidence=recorded.position, key=recorded.id
            )
            for channel, why in self._channels(WARNING, subject).items()
        )

    def untold(self) -> dict[str, list[Incident]]:
        """Return the open incidents by the channels that should have been told of them and were not.

        They were so at the first look, or before the channel or its route was there: one message tells them all.
        """
        untold: dict[str, list[Incident]] = {}
        for incident in self.incidents.open.values():
            for channel in self._channels(incident.fired.rule, incident.subject):
                if channel not in incident.told:
                    untold.setdefault(channel, []).append(incident)
        return untold

    def tell_arrivals(self) -> tuple[Entry, ...]:
        """Tell every channel in one message what was wrong already."""
        return tuple(self._arrival(channel, incidents) for channel, incidents in self.untold().items())

    def _fire(self, onset: Onset) -> Iterator[Entry]:
        stream = streams.incident(onset.rule, onset.subject)
        id_ = incident_id(onset)
        if stream in self.incidents.open or id_ in self.decided:
            return
        fired = Fired(
            incident=id_,
            rule=onset.rule,
            severity=onset.severity,
            reason=onset.reason,
            evidence=onset.cause,
            at=onset.at,
            arrival=onset.arrival,
        )
        yield Entry(stream=stream, id=id_, event=fired)
        if onset.arrival:
            return
        words = wording.firing(onset.subject, fired)
        for channel, why in self._channels(onset.rule, onset.subject).items():
            yield self._notify(
                channel, Message.FIRING, words, subject=onset.subject, why=why, evidence=onset.cause, incidents=(id_,)
            )

    def _resolve(self, over: Over) -> Iterator[Entry]:
        """End an incident, if it is open and older than this, on the channels that were told of it."""
        incident = self.incidents.open.get(streams.incident(over.rule, over.subject))
        if incident is None or incident.fired.evidence >= over.cause:
            return
        id_ = incident.fired.incident
        resolved = Resolved(
            incident=id_,
            rule=over.rule,
            reason=over.reason,
            evidence=over.cause,
            fired_at=incident.fired.at,
            at=over.at,
        )
        yield Entry(stream=incident.stream, id=decision_id("resolve", id_), event=resolved)
        words = wording.resolved(over.subject, resolved)
        for channel in sorted(incident.told):
            why = f"rule {over.rule}; channel {channel} was told of its beginning"
            yield self._notify(
                channel, Message.RESOLVED, words, subject=over.subject, why=why, evidence=over.cause, incidents=(id_,)
            )

    def _arrival(self, channel: str, incidents: Sequence[Incident]) -> Entry:
        ids = tuple(sorted(incident.fired.incident for incident in incidents))
        namespaces = {incident.subject.namespace for incident in incidents}
        subject = Subject(namespaces.pop()) if len(namespaces) == 1 else Subject()
        words = wording.arrival(incidents, self.fleet, self.now)
        why = f"channel {channel} was not told of {'this' if len(ids) == 1 else 'these'} yet, and a route leads to it"
        evidence = min(incident.fired.evidence for incident in incidents)
        return self._notify(channel, Message.ARRIVAL, words, subject=subject, why=why, evidence=evidence, incidents=ids)

    def _notify(
        self,
        channel: str,
        message: Message,
        words: Words,
        *,
        subject: Subject,
        why: str,
        evidence: int,
        incidents: tuple[str, ...] = (),
        key: str = "",
    ) -> Entry:
        id_ = decision_id("notify", channel, key or ",".join(incidents), message)
        full = wording.footed(words, subject=subject, why=why, evidence=evidence, public_url=self.settings.public_url)
        notified = Notified(
            notification=id_,
            message=message,
            title=full.title,
            text=full.text,
            why=why,
            subject=str(subject),
            incidents=incidents,
            evidence=evidence,
            at=self.now,
        )
        return Entry(stream=streams.delivery(channel), id=id_, event=notified)

    def _channels(self, rule: str, subject: Subject) -> dict[str, str]:
        tags = self.fleet.known(subject.endpoint).tags if subject.endpoint else frozenset[str]()
        return dict(channels(self.settings, rule, subject, tags))
