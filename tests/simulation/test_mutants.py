"""The promises can be broken: without one of its guards the product does not pass the checks that it passes with it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from events.views.fleet import Act
from service.commands.commander import Commander
from service.ports import Sweep
from service.subscribers import plan
from service.subscribers.plan import Case, Line, Verdict
from service.watch.track import Track
from service.watch.watcher import Watcher
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

    async def resume(commander: Commander, name: EndpointName, act: Act) -> None:
        async with commander.turns.of(name):
            await commander._pursue(name, act, sent=False)

    patch.setattr(Commander, "_resume", resume)


def warnings_are_not_waited_for(patch: pytest.MonkeyPatch) -> None:
    """When every warning was given, the act follows at once, whatever they promised."""
    decide = plan._next_step

    def hurry(case: Case, **rest: Any) -> Line:
        line = decide(case, **rest)
        waits = line.verdict is Verdict.LATER and line.next_at == line.due_at
        return replace(line, verdict=Verdict.ACT) if waits else line

    patch.setattr(plan, "_next_step", hurry)


# Each with the promise that it breaks, and a seed that is known to show it; should the world have changed since, others
# are tried.
MUTANTS: list[tuple[Mutant, str, int]] = [
    (a_late_answer_counts, "seen_as_it_was", 1),
    (whoever_is_missing_is_gone, "deleted_only_after_a_404", 1),
    (open_intents_are_sent_again, "never_blindly", 1),
    (warnings_are_not_waited_for, "warned_before", 1),
]


@pytest.mark.parametrize(("mutant", "promise", "seed"), MUTANTS, ids=[mutant.__name__ for mutant, _, _ in MUTANTS])
def test_the_promises_notice(mutant: Mutant, promise: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant(monkeypatch)

    assert any(_breaks(promise, each) for each in (seed, *range(1, 26)))


def _breaks(promise: str, seed: int) -> bool:
    return any(what.startswith(promise) for what in broken(Record(tell(seed))))
