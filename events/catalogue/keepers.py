"""What keeps policies off an endpoint: a hold that somebody placed, a lease of somebody who needs it awake."""

from dataclasses import dataclass
from datetime import datetime


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
