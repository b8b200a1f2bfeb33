"""Bring a creation to its outcome: it is sent once, whatever happens, and after that only looked for.

Sent a second time it would be answered 409 by the first, or make another endpoint of that name after somebody deleted
the one. So when there was no answer, or the process died after the intent, nothing more is sent: what shows tells.
"""

from typing import Any

import structlog

from events.catalogue.acts import Abandoned, Failed
from events.views.fleet import Act
from service.commands.ending import Ending
from service.commands.means import Means
from service.commands.outcome import GivenUp, Outcome, Rejected
from service.commands.sending import Send
from service.commands.wanted import shows
from service.ports import HubError, Unavailable
from statemachine.model import EndpointName
from statemachine.table import Trigger

CREATE = Trigger.CREATE.value  # as it stands in an intent
APPEARS_SECONDS = 30.0  # so long after a lost answer it may still come into being
LOOK_SECONDS = 3.0

_logger: Any = structlog.get_logger()


class Creation:
    """Sends once, looks, and tells what came of it."""

    def __init__(self, means: Means, ending: Ending) -> None:
        """Take what it acts through."""
        self._watch = means.watch
        self._clock = means.clock
        self._ending = ending

    async def follow(self, name: EndpointName, act: Act, *, send: Send | None) -> Outcome:
        """Return when the outcome of a creation is in the log. Without `send` it may have been sent before."""
        unanswered = "the process that sent it ended before the answer"
        if send is not None:
            try:
                await send()
            except Unavailable as error:
                if error.word == "rate_limited":  # surely not carried out
                    return await self._ending.fail(name, act, error)
                _logger.warning("creation_unanswered", endpoint=str(name), error=str(error))
                unanswered = str(error)
            except HubError as error:
                return await self._ending.fail(name, act, error)
            else:
                status = self._watch.track(name).endpoint.status
                return await self._ending.confirm(name, act, status=status, late=False)
        return await self._search(name, act, unanswered)

    async def _search(self, name: EndpointName, act: Act, unanswered: str) -> Outcome:
        """Look for what may have been created, until it shows or may be expected no more."""
        since = self._clock.monotonic()
        while True:
            last = self._clock.monotonic() - since >= APPEARS_SECONDS
            await self._ending.look(name, act.intended.command)
            track = self._watch.track(name)
            if track.life is not None and track.life != act.intended.life and track.endpoint.sighting is not None:
                if shows(act.intended, track):
                    return await self._ending.confirm(name, act, status=track.endpoint.status, late=True)
                reason = f"{name} came into being, and is not as it was to be: it may be somebody else's"
                abandoned = Abandoned(intent=act.intended.intent, reason=reason, touched=True)
                await self._ending.close(name, act, abandoned)
                return GivenUp(reason=reason, intent=act.intended.intent)
            if last:
                reason = (
                    f"no answer, and no new {name} {APPEARS_SECONDS:.0f} s later; it is not sent again: {unanswered}"
                )
                await self._ending.close(name, act, Failed(intent=act.intended.intent, error=reason))
                return Rejected(reason=reason, intent=act.intended.intent)
            await self._clock.sleep(LOOK_SECONDS)
