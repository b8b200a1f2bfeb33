"""The product without one of its guards: each mutant breaks a promise, which without it is kept."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from aiohttp import web

from events.record import decision_id
from events.views.fleet import Act
from service.commands import desk, pursuit
from service.commands.asked import Asked
from service.commands.commander import Commander
from service.commands.desk import Desk
from service.config import Configuration, Mode
from service.leases import leases
from service.leases.flight import Flights, Landed
from service.leases.lease import Chain
from service.leases.leases import Leases
from service.leases.rest import Rest
from service.ports import Sweep
from service.subscribers import plan, ready
from service.subscribers.plan import Case, Line, Verdict
from service.watch.track import Track
from service.watch.watcher import Watcher
from service.web.keys import Keys
from statemachine.machine import Command
from statemachine.model import EndpointName, Missing
from statemachine.status import Status

Mutant = Callable[[pytest.MonkeyPatch], None]


def a_late_answer_counts(patch: pytest.MonkeyPatch) -> None:
    """A sweep that was overtaken by a pause is believed."""
    patch.setattr(Track, "is_late", lambda _track, _look: False)


def whoever_is_missing_is_gone(patch: pytest.MonkeyPatch) -> None:
    """What a sweep does not hold counts as deleted: no 404 is asked for, and no crowd is suspected."""

    async def believe(watcher: Watcher, sweep: Sweep) -> bool:
        tracks = watcher.tracks.items()
        alive = {name for name, track in tracks if track.endpoint.sighting is not None and not track.writing}
        await watcher.absorb({name: Missing(look=sweep.look) for name in alive - sweep.items.keys()})
        return True

    patch.setattr(Watcher, "_look_for_missing", believe)


def open_intents_are_sent_again(patch: pytest.MonkeyPatch) -> None:
    """After a restart what was left open is repeated, without a look."""

    async def resume(self: Commander, name: EndpointName, act: Act) -> None:
        async with self.turns.of(name):
            await self._pursue(name, act, sent=False)

    patch.setattr(Commander, "_resume", resume)


def warnings_are_not_waited_for(patch: pytest.MonkeyPatch) -> None:
    """When every warning was given, the act follows at once, whatever they promised."""
    decide = plan._next_step

    def hurry(case: Case, **rest: Any) -> Line:
        line = decide(case, **rest)
        waits = line.verdict is Verdict.LATER and line.next_at == line.due_at
        return replace(line, verdict=Verdict.ACT) if waits else line

    patch.setattr(plan, "_next_step", hurry)


def a_start_grants_no_grace(patch: pytest.MonkeyPatch) -> None:
    """After a crash a lease ends before its holder can be back."""
    patch.setattr(leases, "grace", lambda _lease: 1.0)


def leases_protect_nothing(patch: pytest.MonkeyPatch) -> None:
    """A policy decides as if there were no lease, and what it decided is not weighed against one again."""
    patch.setattr(plan, "PROTECTIONS", tuple(each for each in plan.PROTECTIONS if each is not plan._needed))
    weigh = pursuit._why_kept_back
    patch.setattr(pursuit, "_why_kept_back", lambda intended, hold, _leases: weigh(intended, hold, ()))


def leases_never_expire(patch: pytest.MonkeyPatch) -> None:
    """Who died without a word holds an endpoint awake for ever."""
    patch.setattr(Leases, "_is_over", lambda _leases, _id: False)
    patch.setattr(Leases, "_seconds_until_next", lambda _leases: leases.IDLE_SECONDS)


def a_key_means_nothing(patch: pytest.MonkeyPatch) -> None:
    """Whoever asks again is served again."""
    number = count()

    async def act(_keys: Keys, _place: tuple[str, ...], act: Callable[[], Awaitable[web.Response]]) -> web.Response:
        return await act()

    def another(*parts: object) -> str:
        return decision_id(*parts, next(number)) if parts[0] == "command" else decision_id(*parts)

    patch.setattr(Keys, "once", act)
    patch.setattr(desk, "decision_id", another)


def our_token_signs_for_everybody(patch: pytest.MonkeyPatch) -> None:
    """What is asked with a caller's token is written with the daemon's own."""
    sending = Desk._sending
    patch.setattr(Desk, "_sending", lambda self, name, _writer: sending(self, name, None))


def the_log_hides_whose_token_it_was(patch: pytest.MonkeyPatch) -> None:
    """What is written with a caller's token stands in the log as if it were our own doing."""
    told = Asked.told
    patch.setattr(Asked, "told", lambda self: told(self) | {"borrowed": False})


def an_old_view_counts_as_ready(patch: pytest.MonkeyPatch) -> None:
    """Whoever waits is told that it is ready as soon as it was seen to run, whatever answers by now."""
    state = ready.state
    patch.setattr(
        "service.subscribers.readiness.state",
        lambda known, goal, **rest: state(known, goal, **(rest | {"healthy": True})),
    )


def a_request_fails_inside(patch: pytest.MonkeyPatch) -> None:
    """Something that nobody expected goes wrong while a lease is renewed."""

    async def renew(_leases: Leases, name: EndpointName, id_: str, **_span: object) -> None:
        raise KeyError(id_)

    patch.setattr(Leases, "renew", renew)


def a_lease_forgets_its_key(patch: pytest.MonkeyPatch) -> None:
    """Whoever asks again for a lease, since the answer was lost, is given another one."""
    number = count()

    def another(*parts: object) -> str:
        return decision_id(*parts, next(number)) if parts[0] == "lease" else decision_id(*parts)

    patch.setattr(leases, "decision_id", another)


def every_holder_wakes_it(patch: pytest.MonkeyPatch) -> None:
    """Whoever needs an endpoint awake resumes it, whoever else is at it, and whatever a look shows."""

    async def wake(_flights: Flights, name: EndpointName, *, desk: Desk, **who: Any) -> Landed:
        outcome = await desk.ask(name, Command.RESUME, **who)
        return Landed(outcome=outcome, was=Status.PAUSED, led=True)

    patch.setattr(Flights, "wake", wake)
    patch.setattr(Desk, "_why_not", lambda _desk, _name, _found, _command: None)


def the_last_lease_puts_back_unasked(patch: pytest.MonkeyPatch) -> None:
    """What a lease woke is put back to rest after the last one, though its holder wanted it to run on."""

    def end(chain: Chain, id_: str) -> None:
        lease = chain.leases.pop(id_, None)
        if lease is not None and not chain.leases and chain.woken is not None:
            chain.owed = lease

    patch.setattr(Chain, "end", end)


def nobody_else_counts(patch: pytest.MonkeyPatch) -> None:
    """When the last lease ends, it is put back whoever else was at it meanwhile."""

    async def touched(_rest: Rest, *_what: object) -> bool:
        return False

    async def run_on(_leases: Leases, _name: EndpointName) -> None:
        pass

    patch.setattr(Rest, "_touched", touched)
    patch.setattr(Leases, "run_on", run_on)


def a_namespace_has_no_mode_of_its_own(patch: pytest.MonkeyPatch) -> None:
    """Where the file says that one namespace is only observed, it is written to as to all others."""
    patch.setattr(Configuration, "acts", lambda self, _namespace: self.settings.mode is Mode.ACT)
