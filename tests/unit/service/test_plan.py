"""The plan is pure: every protection, every warning and every act, told from one view at one instant."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from msgspec import structs

from events import codec
from events.catalogue import Event
from events.catalogue.acts import Abandoned, Confirmed, Failed, Intended, Warned
from events.catalogue.namespaces import NamespaceUnreachable
from events.record import Recorded
from events.views.fleet import Act, Fleet, Health, Hold, Known
from service.config import Configuration, Settings
from service.subscribers.plan import Line, Moment, Verdict, plan
from statemachine.configuration import Flattened
from statemachine.model import Endpoint, EndpointName, Sighting, Window, instant
from statemachine.status import AnyStatus, Status, UnknownStatus

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NAME = EndpointName("acme", "one")
CAUSE = 10


def configuration(**changes: object) -> Configuration:
    values: dict[str, object] = {
        "mode": "act",
        "namespaces": {"acme": {}},
        "groups": {"lab": {"match": ["acme/*"]}},
        "policies": [{"name": "old", "groups": ["lab"], "when": {"max_age": "1h"}, "warn": ["15m", "5m"]}],
    }
    return Configuration(Settings.model_validate(values | changes), path=Path("lamplighter.toml"))


def known(*, minutes: float = 0, status: AnyStatus = Status.RUNNING, tags: tuple[str, ...] = ()) -> Known:
    """An endpoint that has had its status for so many minutes."""
    began = NOW - timedelta(minutes=minutes)
    sighting = Sighting(
        status=status,
        created_at=began,
        configuration=Flattened({"tags": ", ".join(tags)} if tags else {}),
    )
    window = Window(not_before=began, seen_at=began)
    return Known(
        name=NAME, endpoint=Endpoint(sighting=sighting, since=window), life=began, version=1, cause=CAUSE, changed=CAUSE
    )


def decide(
    one: Known,
    *,
    rules: Configuration | None = None,
    settled_at: datetime = NOW,
    looked_at: datetime | None = NOW,
    health: Health | None = None,
    all_holds: dict[str, Hold] | None = None,
) -> Line | None:
    fleet = Fleet()
    fleet.endpoints[one.name] = one
    fleet.all_holds = all_holds or {}
    if health is not None:
        fleet.namespaces["acme"] = health
    moment = Moment(now=NOW, settled_at=settled_at, looked_at=lambda _: looked_at)
    return next(plan(fleet, rules or configuration(), moment), None)


def warned(one: Known, *edges: float, due_at: datetime, cause: int = CAUSE) -> Known:
    policy = configuration().settings.policies[0]
    warnings = tuple(
        (
            20 + number,
            Warned(
                policy=policy.name,
                revision=policy.revision,
                life=NOW,
                cause=cause,
                edge_seconds=edge,
                command="pause",
                due_at=due_at,
                reason="",
            ),
        )
        for number, edge in enumerate(edges)
    )
    return replace(one, warnings=warnings)


def verdict(line: Line | None) -> Verdict:
    assert line is not None
    return line.verdict


def hold(*, until: datetime) -> Hold:
    return Hold(id="h", position=40, author="person:ann", reason="a demo", until=until)


def act(outcome: Confirmed | Failed | Abandoned | None, *, position: int = 30) -> Act:
    policy = configuration().settings.policies[0]
    intended = Intended(
        intent="i",
        command="pause",
        life=NOW,
        version=1,
        evidence=(),
        reason="",
        deadline=NOW,
        policy=policy.name,
        revision=policy.revision,
    )
    ended_at = None if outcome is None else NOW - timedelta(minutes=1)
    return Act(intended=intended, actor="policy:old", position=position, outcome=outcome, ended_at=ended_at, ended=50)


def test_a_young_endpoint_is_left_alone_until_its_first_warning_is_due() -> None:
    line = decide(known(minutes=10))

    assert verdict(line) is Verdict.LATER
    assert line is not None
    assert line.next_at == NOW + timedelta(minutes=35)
    assert line.due_at == NOW + timedelta(minutes=50)


def test_the_first_warning_comes_a_quarter_of_an_hour_before() -> None:
    line = decide(known(minutes=45))

    assert verdict(line) is Verdict.WARN
    assert line is not None
    assert (line.edge, line.due_at) == (timedelta(minutes=15), NOW + timedelta(minutes=15))


def test_a_late_warning_moves_the_act_so_that_it_keeps_its_word() -> None:
    line = decide(known(minutes=600))

    assert line is not None
    assert line.due_at == NOW + timedelta(minutes=15)


def test_the_act_is_due_when_every_warning_was_given_and_its_time_is_over() -> None:
    line = decide(warned(known(minutes=61), 900, 300, due_at=NOW))

    assert verdict(line) is Verdict.ACT
    assert line is not None
    assert "longer than 1 h" in line.reason


def test_nothing_is_done_before_the_time_that_was_told() -> None:
    line = decide(warned(known(minutes=61), 900, 300, due_at=NOW + timedelta(seconds=1)))

    assert verdict(line) is Verdict.LATER


def test_nothing_is_done_before_the_start_has_settled() -> None:
    line = decide(warned(known(minutes=61), 900, 300, due_at=NOW), settled_at=NOW + timedelta(seconds=1))

    assert verdict(line) is Verdict.LATER


def test_an_endpoint_in_no_group_is_in_no_plan() -> None:
    assert decide(known(minutes=600), rules=configuration(groups={"lab": {"match": ["other/*"]}})) is None


def test_the_most_protective_group_wins() -> None:
    groups = {"lab": {"match": ["acme/*"]}, "prod": {"match": ["acme/o*"], "protected": True}}

    line = decide(known(minutes=600), rules=configuration(groups=groups))

    assert verdict(line) is Verdict.PROTECTED
    assert line is not None
    assert line.reason == "protected by group prod"


def test_a_group_may_ask_for_tags() -> None:
    rules = configuration(groups={"lab": {"match": ["acme/*"], "tags": ["scratch"]}})

    assert decide(known(minutes=600), rules=rules) is None
    assert decide(known(minutes=600, tags=("scratch", "x")), rules=rules) is not None


@pytest.mark.parametrize("status", [*Status, UnknownStatus("hibernating")])
def test_only_a_running_endpoint_is_ever_due(status: AnyStatus) -> None:
    line = decide(known(minutes=600, status=status))

    assert (verdict(line) is Verdict.NOT_DUE) == (status is not Status.RUNNING)


def test_in_observe_mode_the_plan_says_what_it_would_do_and_why_it_will_not() -> None:
    line = decide(known(minutes=600), rules=configuration(mode="observe"))

    assert verdict(line) is Verdict.WARN
    assert line is not None
    assert line.observe is not None
    assert "observe mode" in line.observe


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"open": {"i": act(None)}}, "an act on it is under way"),
        ({"holds": {"h": hold(until=NOW + timedelta(hours=1))}}, "held by person:ann"),
        ({"returned_at": NOW - timedelta(hours=23)}, "somebody brought it back"),
        ({"closed": (act(Confirmed(intent="i", status="paused", seen_at=NOW)),)}, "decided once"),
        ({"closed": (act(Failed(intent="i", error="no")),)}, "decided once"),
    ],
)
def test_what_protects_an_endpoint_is_told(change: dict[str, object], reason: str) -> None:
    one = warned(known(minutes=600), 900, 300, due_at=NOW)

    line = decide(replace(one, **change))  # type: ignore[arg-type]

    assert verdict(line) is Verdict.PROTECTED
    assert line is not None
    assert line.reason.startswith(reason)


def test_a_document_that_cannot_be_read_protects() -> None:
    one = warned(known(minutes=600), 900, 300, due_at=NOW)

    line = decide(replace(one, endpoint=structs.replace(one.endpoint, readable=False)))

    assert verdict(line) is Verdict.PROTECTED


@pytest.mark.parametrize("looked_at", [None, NOW - timedelta(minutes=3)])
def test_a_stale_or_missing_view_protects(looked_at: datetime | None) -> None:
    line = decide(warned(known(minutes=600), 900, 300, due_at=NOW), looked_at=looked_at)

    assert verdict(line) is Verdict.PROTECTED


def test_a_namespace_that_cannot_be_read_protects() -> None:
    health = Health(unreachable=NamespaceUnreachable(since=NOW, error="timeout", detail=""))

    line = decide(warned(known(minutes=600), 900, 300, due_at=NOW), health=health)

    assert verdict(line) is Verdict.PROTECTED


def test_one_hold_on_everything_is_a_kill_switch() -> None:
    one = warned(known(minutes=600), 900, 300, due_at=NOW)

    line = decide(one, all_holds={"h": hold(until=NOW + timedelta(hours=1))})

    assert verdict(line) is Verdict.PROTECTED


def test_after_a_hold_the_warnings_are_given_anew() -> None:
    one = warned(known(minutes=600), 900, 300, due_at=NOW - timedelta(hours=2))

    line = decide(replace(one, holds={"h": hold(until=NOW)}))

    assert verdict(line) is Verdict.WARN
    assert line is not None
    assert line.cause == 40


def test_an_intent_that_was_only_too_late_may_be_decided_anew_after_new_warnings() -> None:
    one = warned(known(minutes=600), 900, 300, due_at=NOW - timedelta(hours=2))
    late = act(Abandoned(intent="i", reason="its deadline has passed"))

    line = decide(replace(one, closed=(late,)))

    assert verdict(line) is Verdict.WARN
    assert line is not None
    assert line.cause == 50


def test_of_a_hold_and_a_later_intent_given_up_the_later_one_begins_the_new_round() -> None:
    one = warned(known(minutes=600), 900, 300, due_at=NOW - timedelta(minutes=2), cause=40)
    ended = hold(until=NOW - timedelta(hours=1))

    line = decide(replace(one, holds={"h": ended}, closed=(act(Abandoned(intent="i", reason="held")),)))

    assert verdict(line) is Verdict.WARN
    assert line is not None
    assert line.cause == 50


def test_an_intent_that_somebody_may_have_undone_counts_as_brought_back() -> None:
    fleet = Fleet()
    intended = act(None).intended
    stream = "acts/acme/one"
    events: tuple[Event, ...] = (intended, Abandoned(intent="i", reason="it changed", touched=True))
    for position, event in enumerate(events, 1):
        type_name, schema, data = codec.encode(event)
        recorded = Recorded(
            position=position,
            id=str(position),
            stream=stream,
            version=position,
            type=type_name,
            schema=schema,
            instant=instant(NOW),
            actor="policy:old",
            data=data,
        )
        fleet.apply(recorded, event)

    assert fleet.known(NAME).returned_at == NOW


def test_a_return_by_a_named_automation_opens_no_hold() -> None:
    one = warned(known(minutes=600), 900, 300, due_at=NOW)
    back = replace(one, returned_at=NOW - timedelta(hours=1), returned_by="terraform-ci")
    groups = {"lab": {"match": ["acme/*"], "actors": ["terraform-ci"]}}

    assert verdict(decide(back)) is Verdict.PROTECTED
    assert verdict(decide(back, rules=configuration(groups=groups))) is Verdict.ACT


@given(
    minutes=st.floats(0, 10_000),
    edges=st.sets(st.sampled_from([900.0, 300.0])),
    due=st.floats(-600, 600),
    settled=st.floats(-600, 600),
)
def test_whatever_the_view_nothing_is_done_early(minutes: float, edges: set[float], due: float, settled: float) -> None:
    due_at, settled_at = NOW + timedelta(seconds=due), NOW + timedelta(seconds=settled)

    line = decide(warned(known(minutes=minutes), *edges, due_at=due_at), settled_at=settled_at)

    if verdict(line) is Verdict.ACT:
        assert minutes >= 60
        assert len(edges) == 2
        assert due_at <= NOW
        assert settled_at <= NOW


def test_a_policy_that_goes_by_requests_counts_every_endpoint_as_active_while_the_daemon_knows_none() -> None:
    idle = [{"name": "idle", "groups": ["lab"], "when": {"idle": "4h"}}]

    line = decide(known(minutes=60 * 24 * 30), rules=configuration(mode="observe", policies=idle))

    assert line is not None
    assert (line.verdict, line.due_at, line.edge) == (Verdict.PROTECTED, None, None)
    assert line.reason == "its requests are not known to the daemon: it counts as active"
