"""The promises can be broken: without one of its guards the product does not pass the checks that it passes with it.

Of those on leases and callers, `taken_as_told`, `woken_once`, `put_back_once`, `put_back_only_what_a_lease_woke` and
`never_where_it_is_observed` have no mutant yet: they were only seen to hold.
"""

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
from service.leases import leases
from service.leases.leases import Leases
from service.ports import Sweep
from service.subscribers import plan, ready
from service.subscribers.plan import Case, Line, Verdict
from service.watch.track import Track
from service.watch.watcher import Watcher
from service.web.keys import Keys
from statemachine.model import EndpointName, Missing
from tests.simulation.promises import broken
from tests.simulation.record import Record
from tests.simulation.story import tell

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


# Each with the promise that it breaks, and a seed that is known to show it; should the world have changed since, others
# are tried.
MUTANTS: list[tuple[Mutant, str, int]] = [
    (a_late_answer_counts, "seen_as_it_was", 2),
    (whoever_is_missing_is_gone, "deleted_only_after_a_404", 2),
    (open_intents_are_sent_again, "never_blindly", 15),
    (warnings_are_not_waited_for, "warned_before", 2),
    (a_start_grants_no_grace, "kept_as_long_as_was_told", 2),
    (leases_protect_nothing, "nothing_put_out_under_a_lease", 2),
    (leases_never_expire, "over_when_it_is_over", 2),
    (a_key_means_nothing, "asked_once", 2),
    (our_token_signs_for_everybody, "meant_before_it_was_done", 2),
    (the_log_hides_whose_token_it_was, "written_by_name", 2),
    (an_old_view_counts_as_ready, "told_the_truth", 2),
    (a_request_fails_inside, "nothing_failed_inside", 2),
]


@pytest.mark.parametrize(("mutant", "promise", "seed"), MUTANTS, ids=[mutant.__name__ for mutant, _, _ in MUTANTS])
def test_the_promises_notice(mutant: Mutant, promise: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant(monkeypatch)

    assert any(_breaks(promise, each) for each in (seed, *range(1, 26)))


def _breaks(promise: str, seed: int) -> bool:
    return any(what.startswith(promise) for what in broken(Record(tell(seed))))
