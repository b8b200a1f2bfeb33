"""What a namespace itself suffers from, told as its own: it cannot be read, or its endpoints vanished in a crowd."""

from datetime import datetime
from typing import Any

import structlog

from events import codec, streams
from events.catalogue import Event
from events.catalogue.namespaces import DisappearanceSuspected, NamespaceRecovered, NamespaceUnreachable, SuspicionEnded
from events.log import EventLog
from events.unit import Appended, Unit, Write
from events.views.fleet import Health
from service.clock import Clock
from service.ports import HubError
from service.watch import suspicion
from service.watch.facts import ACTOR
from statemachine.model import EndpointName


class Trouble:
    """The trouble of one namespace; each change of it is an event in the namespace's own stream."""

    def __init__(self, namespace: str, *, log: EventLog, clock: Clock) -> None:
        """Begin without any."""
        self._namespace = namespace
        self._log = log
        self._clock = clock
        self._unreachable_since: datetime | None = None
        self._suspected: tuple[frozenset[EndpointName], float] | None = None
        self._logger: Any = structlog.get_logger().bind(namespace=namespace)

    @property
    def suspected(self) -> bool:
        """Return whether endpoints vanished in a crowd, and none counts as deleted yet."""
        return self._suspected is not None

    def restore(self, health: Health) -> None:
        """Take up what the log tells; a suspicion's five minutes begin anew."""
        if health.unreachable:
            self._unreachable_since = health.unreachable.since
        if health.suspected:
            missing = frozenset(EndpointName(self._namespace, name) for name in health.suspected.missing)
            self._suspected = (missing, self._clock.monotonic())

    async def unreachable(self, error: HubError, *, since: datetime) -> None:
        """Tell once that the namespace cannot be read."""
        if self._unreachable_since is None:
            event = NamespaceUnreachable(since=since, error=error.word, detail=str(error))
            await self._tell(event, at=since)
            self._unreachable_since = since
            self._logger.warning("namespace_unreachable", error=str(error))

    async def reachable(self, *, seen_at: datetime) -> None:
        """Tell once that it can be read again."""
        if self._unreachable_since is not None:
            await self._tell(NamespaceRecovered(since=self._unreachable_since, seen_at=seen_at), at=seen_at)
            self._unreachable_since = None
            self._logger.info("namespace_recovered")

    async def believes(self, missing: set[EndpointName], *, known: int, named: bool) -> bool:
        """Return whether those that are missing may be asked after one by one, as deleted.

        `named`: the token still names this namespace. Suspicion begins and ends here, each time as an event.
        """
        crowd = not named or suspicion.is_crowd(missing, known)
        if self._suspected is None:
            if crowd:
                await self._suspect(missing, known)
            return not crowd
        suspected, since = self._suspected
        now = self._clock.monotonic()
        some_returned, some_joined = not missing >= suspected, not missing <= suspected
        confirmed = named and not some_joined and now - since >= suspicion.SECONDS_APART
        refuted = not crowd and some_returned
        if confirmed or refuted:
            seen_at = self._clock.now()
            await self._tell(SuspicionEnded(seen_at=seen_at, confirmed=confirmed and bool(missing)), at=seen_at)
            self._suspected = None
        else:
            # Who returned is no longer suspected; for who joined, the five minutes begin anew.
            self._suspected = (frozenset(missing), now if some_joined else since)
        return confirmed or refuted

    async def _suspect(self, missing: set[EndpointName], known: int) -> None:
        seen_at = self._clock.now()
        names = tuple(sorted(name.name for name in missing))
        await self._tell(DisappearanceSuspected(seen_at=seen_at, missing=names, known=known), at=seen_at)
        self._suspected = (frozenset(missing), self._clock.monotonic())
        self._logger.warning("disappearance_suspected", missing=len(missing), known=known)

    async def _tell(self, event: Event, *, at: datetime) -> None:
        stream = streams.namespace(self._namespace)
        version = await self._log.version(stream)
        draft = codec.fact(stream, version + 1, event, time=at, actor=ACTOR)
        (result,) = await self._log.append([Unit(streams={stream: Write(expected=version, drafts=(draft,))})])
        if not isinstance(result, Appended):
            self._logger.error("fact_refused", stream=stream, result=type(result).__name__)
