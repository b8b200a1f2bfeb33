"""Every type of event that may stand in the log, beside the lifecycle's own.

Facts are what was seen; decisions are what Lamplighter made up its mind to do. Each is frozen, holds no secret, and
names people by their ids. A field is never taken away or given another meaning: `codec` holds the schema versions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from statemachine.configuration import Scalar
from statemachine.model import LifecycleEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceUnreachable:
    """The namespace cannot be read since `since`; `error` is a short stable word, `detail` a scrubbed sentence."""

    since: datetime
    error: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceRecovered:
    """The namespace can be read again at `seen_at`, after having been unreachable since `since`."""

    since: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DisappearanceSuspected:
    """So many endpoints vanished in one sweep that a token's trouble is likelier than their deletion.

    `missing`: their names. `known`: how many endpoints there were. `seen_at`: when the sweep ended.
    """

    seen_at: datetime
    missing: tuple[str, ...]
    known: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspicionEnded:
    """The suspicion is over at `seen_at`: `confirmed` if they are really gone, else they were seen again."""

    seen_at: datetime
    confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """A policy told that it will act at `due_at`.

    `cause` is the position that it rests on: the fact by which the status began, or the hold or abandoned intent since
    then after whose end the policy began anew. `policy`, `revision`: its name, and the digest of what it said. `life`:
    when the endpoint was created. `edge_seconds`: how long before the act this warning is due. `command`: what will be
    done. `reason`: why, for people.
    """

    policy: str
    revision: str
    life: datetime
    cause: int
    edge_seconds: float
    command: str
    due_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Intended:
    """Somebody decided to act; appended before the act. `version` is that of the life's stream it was decided on.

    `scaling` is `compute.scaling` as it stood, so that what a resume changed can be told. `updated_at` is when the
    endpoint had last been edited: if it moves, somebody was there since. `policy` is None for a person's command; who,
    stands in the event's actor. `intent`: its id, by which its outcome names it. `command`: what to do. `life`: when
    the endpoint was created; null where there was none of that name, before a creation. `evidence`: the positions that
    it rests on. `reason`: why, for people. `deadline`: it is given up if it was not done by then. `revision`: the
    digest of what the policy said. `wanted`: what a creation or an update sends, path to value, masked. `borrowed`:
    the token that signs it is that of whoever asked, which is kept nowhere.
    """

    intent: str
    command: str
    life: datetime | None
    version: int
    evidence: tuple[int, ...]
    reason: str
    deadline: datetime
    policy: str | None = None
    revision: str | None = None
    updated_at: datetime | None = None
    scaling: Mapping[str, Scalar] = field(default_factory=dict)
    wanted: Mapping[str, Scalar] = field(default_factory=dict)
    borrowed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The effect of an `intent` was seen: `status` at `seen_at`. `late`: it was found, not answered to us."""

    intent: str
    status: str
    seen_at: datetime
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """An `intent` came to nothing: the API refused it, or its effect never showed; `error` says which.

    `code` is the HTTP status, if any.
    """

    intent: str
    error: str
    code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandoned:
    """An `intent` was given up before it had an effect: the endpoint changed, a hold came, or its deadline passed.

    `reason` says which of them. `touched`: somebody was at the endpoint since the intent, and may have undone it
    already, so that it counts as brought back.
    """

    intent: str
    reason: str
    touched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPlaced:
    """No policy acts here until `until`. `hold`: its id. `author`: who placed it. `reason`: why, for people."""

    hold: str
    author: str
    reason: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldLifted:
    """A hold was taken away before its time. `hold`: its id. `author`: who took it away.

    `request`: by which of the requests that came with a key; None: it came without one.
    """

    hold: str
    author: str
    request: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseTaken:
    """Somebody needs the endpoint awake: no policy acts on it until the lease ends. Renewals stand on the board alone.

    `lease`: its id. `holder`: who took it. `reason`: what for, for people; may be empty. `until`: when it would have
    ended if it had never been renewed. `pause_after`: when it ends as the last one, and a lease had resumed the
    endpoint, it is put back to rest.
    """

    lease: str
    holder: str
    reason: str
    until: datetime
    pause_after: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseReleased:
    """A lease was given back, by the actor. `lease`: its id. `holder`: who had taken it."""

    lease: str
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseExpired:
    """A lease was not renewed in time. `lease`: its id. `holder`: who had taken it. `until`: when it would have ended.

    It may have been kept longer than that: a daemon that was away lets every holder come back first.
    """

    lease: str
    holder: str
    until: datetime


class Severity(StrEnum):
    """How much an incident matters to whoever is called."""

    CRITICAL = "critical"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """A rule's condition holds. `arrival`: it already did at the first look, so nobody is paged for it.

    `incident`: its id. `rule`: the rule's name. `reason`: what holds, for people. `evidence`: the position that shows
    it. `at`: since when it counts.
    """

    incident: str
    rule: str
    severity: Severity
    reason: str
    evidence: int
    at: datetime
    arrival: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A rule's condition holds no longer.

    `incident`: its id. `rule`: the rule's name. `reason`: what ended it, for people. `evidence`: the position that
    shows it. `fired_at`, `at`: when it began to count, and when it ended.
    """

    incident: str
    rule: str
    reason: str
    evidence: int
    fired_at: datetime
    at: datetime


class Message(StrEnum):
    """What a notification is for."""

    FIRING = "firing"
    RESOLVED = "resolved"
    WARNING = "warning"
    ARRIVAL = "arrival"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notified:
    """A notification was put into a channel's outbox. `why` says what route and rule sent it there.

    `incidents` are those it tells of: one for a firing or a resolve, several at an arrival, none for a warning.
    `notification`: its id. `title`, `text`: what the receiver reads. `subject`: what it is about, as `namespace/name`,
    `namespace` or nothing. `evidence`: the position that it tells of. `at`: when that happened.
    """

    notification: str
    message: Message
    title: str
    text: str
    why: str
    subject: str
    incidents: tuple[str, ...]
    evidence: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFailing:
    """The first try of a `notification` failed, with `error`; it will be tried again."""

    notification: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The channel took a `notification`, at the last of so many `attempts`."""

    notification: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Undeliverable:
    """A `notification` was given up after so many `attempts`; it stays visible and can be sent again.

    `error`: what was wrong at the last of them.
    """

    notification: str
    attempts: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded:
    """A firing that was never sent (`notification`) ended before its turn: one message (`by`) tells both."""

    notification: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventParked:
    """A subscriber could not take an event; it was set aside, so that those behind it are not held up.

    `subscriber`: the name of its cursor. `position`: where the event stands. `error`: what was wrong at the last try.
    """

    subscriber: str
    position: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReplayed:
    """An event that had been set aside was handed to its subscriber again, which took it; the actor asked for it.

    `subscriber`: the name of its cursor. `position`: where the event stands. `why`: what the actor said; may be empty.
    """

    subscriber: str
    position: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSkipped:
    """An event that had been set aside is given up: its subscriber never takes it, because the actor said so.

    `subscriber`: the name of its cursor. `position`: where the event stands. `why`: what the actor said.
    """

    subscriber: str
    position: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonStarted:
    """A daemon opened the log. `down_since` is the board's last sign of life before, if there was one.

    `version`: which Lamplighter it is. `mode`: observe or act. `configuration`: the digest of what it goes by.
    """

    version: str
    mode: str
    configuration: str
    down_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonStopped:
    """A daemon ended in good order; `reason` says what made it."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationApplied:
    """A configuration came into force; `changes` is the masked difference, path to new value, from the one before.

    `digest` tells this configuration from others.
    """

    digest: str
    changes: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationRefused:
    """A configuration could not be read, for `reason`; the one before stays in force."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """Texts of the event at `position` were replaced by a mark, because they must not be kept; the actor says `why`.

    `fields` names what was replaced. `data_hash` is the hash of the payload as it was, by which it stands in the
    chain; `replaced_by` that of the payload as it is. Both are SHA-256 in hexadecimal digits.
    """

    position: int
    fields: tuple[str, ...]
    data_hash: str
    replaced_by: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """The events from `first` to `last` were taken out of the log and lie in a file; the actor says `why`, or nothing.

    `hash` is the chain's at `last`, and `digest` the SHA-256 of the file called `file`, both in hexadecimal digits.
    `without` names subscribers that are no more, and whose cursors were moved to `last` for that reason.
    """

    first: int
    last: int
    hash: str
    file: str
    digest: str
    why: str | None = None
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFoundBroken:
    """An inspection of the log, up to `position`, found that its chain does not hold, or that a view is not of it.

    `at`: when it ended. `why` says what does not hold, and where.
    """

    at: datetime
    position: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFoundSound:
    """An inspection of the log, up to `position`, found nothing wrong any more. `at`: when it ended."""

    at: datetime
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What a token's bearer may do, and where. `role`: read, operate or admin. `namespaces`: patterns of names."""

    role: str
    namespaces: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCreated:
    """A token was made; of the secret itself only its SHA-256 is kept, in hexadecimal digits, as `digest`.

    `token`: its id. `name`: what it goes by, unlike any other that is in force. `grants`: what its bearer may do.
    `expires_at`: from when on it opens nothing; None: it does until it is revoked.
    """

    token: str
    name: str
    grants: tuple[Granted, ...]
    digest: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRevoked:
    """A token was taken back: from here on it opens nothing. `token`: its id. `name`: what it went by."""

    token: str
    name: str


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
