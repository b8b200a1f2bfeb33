"""How an intent ends: the outcome stands in the log before whoever asked is told."""

from typing import Any

import structlog

from events.catalogue.acts import Abandoned, Confirmed, Failed
from events.record import decision_id
from events.views.fleet import Act
from service.commands.acts import tell
from service.commands.means import Means
from service.commands.outcome import Done, GivenUp, Outcome, Rejected
from service.ports import HubError, NotFound, Refused, Unauthorized, Unavailable
from statemachine.model import EndpointName
from statemachine.status import AnyStatus

LOOK_SECONDS = 3.0  # between two looks for an effect

_logger: Any = structlog.get_logger()


class Ending:
    """Looks, and tells what came of it; the watcher records what the look told before this returns."""

    def __init__(self, means: Means) -> None:
        """Take what it acts through."""
        self._log = means.log
        self._watch = means.watch
        self._clock = means.clock

    async def look(self, name: EndpointName, command: str) -> None:
        """Look until there is an answer: without one nothing is known, so nothing is sent and nothing given up."""
        while True:
            try:
                await self._watch.look(name)
            except HubError as error:
                _logger.warning("effect_unseen", endpoint=str(name), command=command, error=str(error))
                await self._clock.sleep(LOOK_SECONDS)
            else:
                return

    async def confirm(self, name: EndpointName, act: Act, *, status: AnyStatus, late: bool) -> Outcome:
        """Tell that the effect was seen."""
        intent = act.intended.intent
        confirmed = Confirmed(intent=intent, status=str(status), seen_at=self._clock.now(), late=late)
        await self.close(name, act, confirmed)
        return Done(status=str(status), intent=intent)

    async def abandon(self, name: EndpointName, act: Act, abandoned: Abandoned) -> Outcome:
        """Tell that it was given up."""
        await self.close(name, act, abandoned)
        return GivenUp(reason=abandoned.reason, intent=abandoned.intent)

    async def fail(self, name: EndpointName, act: Act, error: HubError) -> Outcome:
        """Tell that the API said no, with its own code and words; the words are for whoever asked, not for the log."""
        code, body = _answered(error)
        await self.close(name, act, Failed(intent=act.intended.intent, error=str(error), code=code))
        return Rejected(reason=str(error), intent=act.intended.intent, code=code, body=body)

    async def close(self, name: EndpointName, act: Act, outcome: Confirmed | Failed | Abandoned) -> None:
        """Append the outcome; one that stands there already stays."""
        id_ = decision_id("outcome", act.intended.intent)
        await tell(self._log, self._clock, name, outcome, id_=id_, actor=act.actor)


def _answered(error: HubError) -> tuple[int | None, str | None]:
    match error:
        case Refused(code=code, body=body):
            return code, body
        case Unauthorized(code=code, body=body):
            return code or 401, body
        case NotFound(body=body):
            return 404, body
        case Unavailable(word="rate_limited"):
            return 429, None
        case _:
            return None, None
