"""What is foretold of a policy is what the plan then comes to, step by step, if nothing happens meanwhile."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from events.catalogue.acts import Warned
from events.catalogue.keepers import LeaseTaken
from events.views.fleet import Fleet, Hold, Known, Lease
from service.subscribers.ahead import ahead
from service.subscribers.plan import Case, Guard, Moment, Verdict, cases, line
from tests.unit.service.test_plan import NAME, NOW, act, configuration, known

Foretold = Sequence[tuple[datetime, timedelta | None]]
MINUTES = st.integers(min_value=0, max_value=300)


def case(one: Known, *, settled: float = 0, **policy: object) -> Case:
    fleet = Fleet()
    fleet.endpoints[NAME] = one
    rule = {"name": "old", "groups": ["lab"], "when": {"max_age": "1h"}, "warn": ["15m", "5m"], **policy}
    moment = Moment(now=NOW, settled_at=NOW + timedelta(minutes=settled), looked_at=lambda _: NOW)
    (only,) = cases(one, fleet, configuration(policies=[rule]), moment)
    return only


def held(one: Known, *minutes: int) -> Known:
    """Hold an endpoint for so many minutes, by several."""
    holds = {
        str(number): Hold(
            id=str(number), position=40 + number, author="ana", reason="a demo", until=NOW + timedelta(minutes=each)
        )
        for number, each in enumerate(minutes)
    }
    return replace(one, holds=holds)


def leased(one: Known) -> Known:
    taken = LeaseTaken(lease="l", holder="ana", reason="", until=NOW)
    return replace(one, leases={"l": Lease(taken=taken, since=NOW, position=50)})


def looking(moment: Moment, now: datetime) -> Moment:
    return replace(moment, now=now, looked_at=lambda _: now)


def played(one: Case, *, leased_until: datetime | None = None) -> Foretold:
    """Let the plan be carried out, and return when it warned and when it acted."""
    done: list[tuple[datetime, timedelta | None]] = []
    now, view = NOW, one.known
    for position in range(100, 160):
        if leased_until is not None and view.leases and now >= leased_until:
            view = replace(view, leases={}, let_go=(leased_until, position))
        told = line(replace(one, known=view, moment=looking(one.moment, now)))
        if told.verdict is Verdict.ACT:
            return [*done, (now, None)]
        if told.verdict is Verdict.WARN:
            assert told.edge is not None
            assert told.due_at is not None
            warned = Warned(
                policy="old",
                revision=one.policy.revision,
                life=NOW,
                cause=told.cause,
                edge_seconds=told.edge.total_seconds(),
                command="pause",
                due_at=told.due_at,
                reason=told.reason,
            )
            done.append((now, told.edge))
            view = replace(view, warnings=(*view.warnings, (position, warned)))
            continue
        wake = told.next_at or (leased_until if view.leases else None)
        if wake is None:
            return done
        now = max(wake, now)
    raise AssertionError("the plan comes to no end")


def foretold(one: Case, *, leased_until: datetime | None = None) -> Foretold:
    return [(due.at, due.edge) for due in ahead(one, leased_until=leased_until)]


@given(
    minutes=MINUTES,
    holds=st.lists(MINUTES.map(lambda minutes: minutes - 60), max_size=3),
    settled=MINUTES,
    uptime=st.integers(min_value=0, max_value=90),
    back=st.one_of(st.none(), MINUTES),
)
def test_what_is_foretold_is_what_the_plan_comes_to(
    minutes: int, holds: list[int], settled: int, uptime: int, back: int | None
) -> None:
    one = held(known(minutes=minutes), *holds)
    if back is not None:
        one = replace(one, returned_at=NOW - timedelta(minutes=back))
    rule = case(one, settled=settled, min_uptime=f"{uptime}m", resume_hold="4h")

    assert foretold(rule) == played(rule)
    assert [edge for _, edge in foretold(rule)] == [timedelta(minutes=15), timedelta(minutes=5), None]


@given(minutes=MINUTES, holds=st.lists(MINUTES, max_size=2), until=MINUTES)
def test_a_lease_is_taken_to_end_when_it_says(minutes: int, holds: list[int], until: int) -> None:
    rule, end = case(leased(held(known(minutes=minutes), *holds))), NOW + timedelta(minutes=until)

    assert foretold(rule, leased_until=end) == played(rule, leased_until=end)
    assert foretold(rule) == []


@pytest.mark.parametrize("lost", ["settling", "a hold"])
def test_a_forecast_that_forgets_something_is_found_out(lost: str) -> None:
    rule = case(held(known(minutes=90), 30), settled=60)
    forgetful = case(known(minutes=90), settled=60) if lost == "a hold" else case(held(known(minutes=90), 30))

    assert foretold(rule) == played(rule)
    assert foretold(forgetful) != played(rule)


def test_what_must_end_first_is_named() -> None:
    rule = case(replace(held(known(minutes=90), 30), returned_at=NOW), resume_hold="1h")

    assert {due.after for due in ahead(rule, leased_until=None)} == {(Guard.HELD, Guard.BROUGHT_BACK)}


def test_beyond_what_only_an_event_can_end_nothing_is_foretold() -> None:
    under_way = replace(known(minutes=90), open={"i": act(None)})

    assert foretold(case(under_way)) == []
