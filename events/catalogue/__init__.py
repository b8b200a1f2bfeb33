"""Every type of event that may stand in the log, beside the lifecycle's own.

Facts are what was seen; decisions are what Lamplighter made up its mind to do. Each is frozen, holds no secret, and
names people by their ids. A field is never taken away or given another meaning: `codec` holds the schema versions.
"""

from events.catalogue.access import TokenCreated, TokenRevoked
from events.catalogue.acts import Abandoned, Confirmed, Failed, Intended, Warned
from events.catalogue.daemon import ConfigurationApplied, ConfigurationRefused, DaemonStarted, DaemonStopped
from events.catalogue.incidents import Fired, Resolved
from events.catalogue.keepers import HoldLifted, HoldPlaced, LeaseExpired, LeaseReleased, LeaseTaken
from events.catalogue.log import Archived, LogFoundBroken, LogFoundSound, Redacted
from events.catalogue.namespaces import DisappearanceSuspected, NamespaceRecovered, NamespaceUnreachable, SuspicionEnded
from events.catalogue.notifications import Delivered, DeliveryFailing, Notified, Superseded, Undeliverable
from events.catalogue.parked import EventParked, EventReplayed, EventSkipped
from statemachine.model import LifecycleEvent

Event = (
    LifecycleEvent
    | NamespaceUnreachable
    | NamespaceRecovered
    | DisappearanceSuspected
    | SuspicionEnded
    | Warned
    | Intended
    | Confirmed
    | Failed
    | Abandoned
    | HoldPlaced
    | HoldLifted
    | LeaseTaken
    | LeaseReleased
    | LeaseExpired
    | Fired
    | Resolved
    | Notified
    | DeliveryFailing
    | Delivered
    | Undeliverable
    | Superseded
    | EventParked
    | EventReplayed
    | EventSkipped
    | DaemonStarted
    | DaemonStopped
    | ConfigurationApplied
    | ConfigurationRefused
    | Redacted
    | Archived
    | LogFoundBroken
    | LogFoundSound
    | TokenCreated
    | TokenRevoked
)
