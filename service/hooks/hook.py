"""One hook: hands each event that it wants to its receiver, and says what a refusal means.

An event that was looked at and refused is at fault itself: it is tried a few times, then set aside. A receiver that
could not be reached has looked at nothing: parking would say nothing of the event, and an outage of a day would leave a
day of events for somebody to replay. So it is waited for, and the events stay where they are: in the log, in order.
"""

from collections.abc import Mapping

from events import streams
from events.catalogue import Event
from events.delivery import Patience, Unavailable
from events.record import Recorded
from events.unit import Unit
from service import config
from service.hooks.parcels import parcel
from service.hooks.port import Receiver
from service.hooks.selecting import wants
from service.live import Live
from service.masking import one_line, scrub
from service.subscribers.outbox.port import Rejected

PREFIX = "hook/"
# Parked one after the other, and none taken in between: then it is the receiver that refuses, and not the events.
IN_A_ROW = 10


class Hook:
    """A subscriber of the log. `trouble` is why the last event that it tried was not taken; None if it was."""

    def __init__(
        self,
        settings: config.Hook,
        *,
        groups: Mapping[str, config.Group],
        receiver: Receiver,
        log_id: str,
        live: Live,
    ) -> None:
        """`live` knows the tags of endpoints, for groups."""
        self.settings = settings
        self.trouble: str | None = None
        self._groups = groups
        self._receiver = receiver
        self._log_id = log_id
        self._live = live

    @property
    def name(self) -> str:
        return PREFIX + self.settings.name

    @property
    def types(self) -> tuple[str, ...]:
        return self.settings.wanted_types if self.settings.types else ()

    @property
    def patience(self) -> Patience:
        """Return how long it is waited for."""
        return Patience(
            retries=tuple(wait.total_seconds() for wait in self.settings.retries),
            longest=self.settings.longest_wait.total_seconds(),
            in_a_row=IN_A_ROW,
        )

    async def handle(self, recorded: Recorded, event: Event) -> Unit | None:
        """Hand an event over if it is wanted; the cursor then moves at once, so that a crash repeats one at most."""
        subject = streams.subject(recorded.stream)
        tags = await self._tags(recorded) if self.settings.groups else frozenset[str]()
        if not wants(self.settings, self._groups, type_name=recorded.type, subject=subject, event=event, tags=tags):
            return None
        try:
            await self._receiver.deliver(parcel(self.settings, recorded, self._log_id))
        except Rejected as error:
            self.trouble = one_line(scrub(str(error)))
            raise self._meaning(error) from error
        self.trouble = None
        return Unit()

    async def _tags(self, recorded: Recorded) -> frozenset[str]:
        """Return the tags of the endpoint that an event is about, not older than the event."""
        await self._live.reach(recorded.position)
        endpoint = streams.subject(recorded.stream).endpoint
        return frozenset() if endpoint is None else self._live.fleet.known(endpoint).tags

    def _meaning(self, error: Rejected) -> Exception:
        """Return what a refusal is to the subscription: the event's fault, or the receiver's."""
        if not (error.unreachable or error.gone):
            return Rejected(scrub(str(error)))
        asked = error.retry_after.total_seconds() if error.retry_after else 0.0
        return Unavailable(scrub(str(error)), seconds=min(asked, self.settings.longest_wait.total_seconds()))
