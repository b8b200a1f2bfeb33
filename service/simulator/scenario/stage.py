"""How a scenario comes about: people first, then the fleet, then what will happen, all counted from now."""

from datetime import datetime
from fnmatch import fnmatchcase

from service.simulator.errors import SimulatorError
from service.simulator.life import Life
from service.simulator.past import Past
from service.simulator.scenario.terms import Endpoint, Scenario, Token, Traffic, Turn
from service.simulator.simulator import Simulator


class Unstageable(Exception):
    """What a scenario says cannot be; the message names the place."""


def stage(scenario: Scenario, simulator: Simulator) -> None:
    """Let a scenario begin in a simulator, now."""
    simulator.people.strangers = scenario.strangers
    for token in scenario.tokens:
        _introduce(simulator, token)
    for name, organisation in scenario.organisations.items():
        if organisation.members:
            simulator.people.enrol(name, organisation.members)
        for user, role in organisation.roles.items():
            simulator.people.rights.appoint(user, name, role)
        for user, restrictions in organisation.restrictions.items():
            simulator.people.rights.restrict(user, name, restrictions)
        simulator.credits.pay(name, organisation.credits_usd)
    for name, ends in scenario.durations.items():
        setattr(simulator.durations, name, (ends[0], ends[1]))
    simulator.faults.turn(scenario.faults)
    for number, endpoint in enumerate(scenario.endpoints):
        _sow(simulator, endpoint, f"endpoints[{number}]")
    for number, traffic in enumerate(scenario.traffic):
        _let_flow(simulator, traffic, f"traffic[{number}]")
    for turn in scenario.timeline:
        _schedule(simulator, turn, simulator.now() + turn.at, turn.times)


def _introduce(simulator: Simulator, token: Token) -> None:
    simulator.people.introduce(token.token, token.name)
    simulator.people.rights.issue(token.token, token.role, token.rights)
    if token.organisations is not None:
        simulator.grant(token.token, *token.organisations)
    for namespace, code in token.refused.items():
        simulator.refuse(token.token, namespace, code)


def _sow(simulator: Simulator, endpoint: Endpoint, place: str) -> None:
    for name in endpoint.names:
        try:
            simulator.create(name=name, **endpoint.creation)
        except SimulatorError as error:
            raise Unstageable(f"{place}, {endpoint.namespace}/{name}: {error}") from error


def _let_flow(simulator: Simulator, traffic: Traffic, place: str) -> None:
    try:
        past = Past.of({"requests_per_day": traffic.per_day, "requests_days": traffic.past_days})
    except SimulatorError as error:
        raise Unstageable(f"{place}: {error}") from error
    called = _matching(simulator, traffic.match)
    if not called:
        raise Unstageable(f"{place}: no endpoint of this scenario matches {' or '.join(traffic.match)}")
    for life in called:
        life.requests.update(past.requests(simulator.now(), born_at=life.created_at))
        simulator.traffic(life.namespace, life.name, per_day=traffic.per_day, actor=traffic.actor)


def _schedule(simulator: Simulator, turn: Turn, when: datetime, times: int | None) -> None:
    def happen() -> None:
        _take(simulator, turn, when)
        left = None if times is None else times - 1
        if turn.every is not None and left != 0:
            _schedule(simulator, turn, when + turn.every, left)

    simulator.course.truth.at(when, happen)


def _take(simulator: Simulator, turn: Turn, when: datetime) -> None:
    """Let a turn happen; what cannot be then is found among the refused."""
    if turn.verb is not None and turn.endpoint is not None:
        change = turn.change.said if turn.change else {}
        for namespace, name in _places(simulator, turn.endpoint):
            simulator.at(when, namespace, name, turn.verb, actor=turn.actor, fate=turn.fate, **change)
    if turn.create is not None:
        for name in turn.create.names:
            simulator.at(when, name=name, verb="create", **turn.create.creation)
    if turn.faults is not None:
        simulator.faults.turn(turn.faults)
    if turn.grant is not None:
        simulator.grant(turn.grant.token, turn.grant.namespace)
    if turn.revoke is not None:
        simulator.revoke(turn.revoke.token, turn.revoke.namespace)


def _places(simulator: Simulator, pattern: str) -> list[tuple[str, str]]:
    """Return what is meant: a glob means those that there are now, a name that one, there or not."""
    if not set(pattern) & set("*?["):
        namespace, _, name = pattern.partition("/")
        return [(namespace, name)]
    return [(life.namespace, life.name) for life in _matching(simulator, [pattern])]


def _matching(simulator: Simulator, patterns: list[str]) -> list[Life]:
    return [
        life
        for life in simulator.course.truth.everything()
        if any(fnmatchcase(f"{life.namespace}/{life.name}", pattern) for pattern in patterns)
    ]
