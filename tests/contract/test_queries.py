"""Every store answers every query as a plain reading of all events does."""

import asyncio
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from events import codec, streams
from events.catalogue import Event
from events.catalogue.acts import Abandoned, Confirmed, Intended, Warned
from events.catalogue.daemon import DaemonStopped
from events.chains import chain_of
from events.log import EventLog
from events.query import Query
from events.record import Recorded
from events.sqlite import index, merging, plans, reader
from events.unit import Unit, Write
from statemachine.model import (
    Cause,
    Deleted,
    Discovered,
    End,
    EndpointName,
    Kind,
    Sighting,
    StatusChanged,
    Window,
)
from statemachine.status import Status, UnknownStatus
from statemachine.table import By
from tests.contract.disks import DISKS, NOON, Disk, added, draft, unit

WINDOW = Window(not_before=NOON, seen_at=NOON)
ENDPOINTS = [EndpointName(space, name) for space in ("acme", "beta", "b") for name in ("tgi", "tei", "t[0]", "a" * 40)]
ACTORS = ["watcher", "policy:idle", "person:ann", "person:Zoë \N{GRINNING FACE}", "a", "ab"]
INTENTS = ["i1", "i2", "i3"]


@dataclass(frozen=True)
class Told:
    """What a plain reader knows of an event: from its own text, and from the intent that it names."""

    recorded: Recorded
    status: str | None
    cause: str | None
    policy: str | None
    intent: str | None


def plainly(events: list[Recorded]) -> list[Told]:
    told: list[Told] = []
    for recorded in events:
        event, status, cause = codec.decode(recorded), None, None
        if isinstance(event, StatusChanged | Discovered):
            seen = event.new if isinstance(event, StatusChanged) else event.sighting.status
            status = seen.raw if isinstance(seen, UnknownStatus) else seen.value
        if isinstance(event, Deleted):
            status = "absent"
        if isinstance(event, StatusChanged | Deleted):
            cause = event.cause.by.value if event.cause.by else "unknown"
        own = event.cause if isinstance(event, StatusChanged | Deleted) else event
        intent = getattr(own, "intent", None)
        told.append(Told(recorded, status, cause, getattr(event, "policy", None), intent))
    meant: dict[str, str] = {}
    for place, one in enumerate(told):
        if one.intent and one.policy:
            meant.setdefault(one.intent, one.policy)
        elif one.intent:
            told[place] = replace(one, policy=meant.get(one.intent))
    return told


def answers(query: Query, told: Told) -> bool:
    stream = told.recorded.stream.split("/")
    about = "/".join(stream[1:3]) if stream[0] in {"endpoint", "acts"} else ""
    space = stream[1] if stream[0] in {"endpoint", "acts", "namespace"} else None
    wanted: list[bool] = [
        told.recorded.position > query.after,
        query.before is None or told.recorded.position < query.before,
        query.stream is None or told.recorded.stream == query.stream,
        query.namespace is None or space == query.namespace,
        query.name is None or about.partition("/")[2] == query.name,
        all(about and any(fnmatchcase(about, glob) for glob in globs) for globs in query.globs),
        query.within is None or (space is not None and any(fnmatchcase(space, glob) for glob in query.within)),
        query.types == () or told.recorded.type in query.types,
        query.statuses == () or told.status in query.statuses,
        query.actor is None or told.recorded.actor == query.actor,
        query.cause is None or told.cause == query.cause,
        query.policy in {None, told.policy},
        query.intent is None or told.intent == query.intent or told.recorded.position in query.evidence,
        query.since is None or told.recorded.time >= query.since,
        query.until is None or told.recorded.time < query.until,
    ]
    return all(wanted)


def changed(status: Status | UnknownStatus, cause: Cause) -> StatusChanged:
    return StatusChanged(window=WINDOW, old=Status.PENDING, new=status, kind=Kind.DIRECT, cause=cause)


def discovered(status: Status | UnknownStatus) -> Discovered:
    return Discovered(seen_at=NOON, absent_at=None, sighting=Sighting(status=status, created_at=NOON))


def warned(policy: str) -> Warned:
    return Warned(
        policy=policy, revision="1", life=NOON, cause=1, edge_seconds=900, command="pause", due_at=NOON, reason="r"
    )


def intended(intent: str, policy: str | None, *evidence: int) -> Intended:
    return Intended(
        intent=intent,
        command="pause",
        life=NOON,
        version=1,
        evidence=evidence,
        reason="r",
        deadline=NOON,
        policy=policy,
    )


INSTANTS = st.integers(0, 60).map(lambda minutes: NOON + timedelta(minutes=minutes))
CAUSES = st.builds(Cause, by=st.sampled_from([None, *By]), intent=st.sampled_from([None, *INTENTS]))
STATUSES = st.sampled_from([Status.RUNNING, Status.FAILED, Status.PAUSED, UnknownStatus("hi\x1fber\x1anating")])
POLICIES = st.sampled_from(["idle", "old"])
FACTS = st.one_of(
    st.builds(changed, STATUSES, CAUSES),
    st.builds(discovered, STATUSES),
    st.builds(lambda cause: Deleted(window=WINDOW, old=Status.PAUSED, end=End.NOT_FOUND, cause=cause), CAUSES),
)
ACTS = st.one_of(
    st.builds(warned, POLICIES),
    st.builds(intended, st.sampled_from(INTENTS), POLICIES | st.none()),
    st.builds(Confirmed, intent=st.sampled_from(INTENTS), status=st.just("paused"), seen_at=st.just(NOON)),
    st.builds(Abandoned, intent=st.sampled_from(INTENTS), reason=st.just("r")),
)
ABOUT = st.sampled_from(ENDPOINTS)
WRITES = st.one_of(
    st.tuples(ABOUT.map(lambda name: streams.life(name, NOON)), FACTS),
    st.tuples(ABOUT.map(streams.acts), ACTS),
    st.tuples(st.sampled_from(["namespace/acme", "daemon", "delivery/ops"]), st.just(DaemonStopped(reason="x"))),
)
LOGS = st.lists(st.tuples(WRITES, INSTANTS, st.sampled_from(ACTORS)), min_size=1, max_size=40)
GLOBS = st.sampled_from(["*", "acme/*", "*/t?i", "b*/t[ei]*", "*/t[[]0]", "b/tgi", "nowhere/*", "[!a]*/*"])
POSITIONS = st.integers(0, 45)
TYPES = ["endpoint.discovered", "endpoint.status_changed", "act.intended", "act.confirmed", "daemon.stopped", "none"]
QUERIES = st.builds(
    Query,
    stream=st.sampled_from([None] * 6 + [streams.acts(ENDPOINTS[0]), "daemon", "nothing"]),
    namespace=st.sampled_from([None, None, "acme", "beta", "b", "nowhere"]),
    name=st.sampled_from([None, None, None, "tgi", "tei", "nothing"]),
    globs=st.just(()) | st.lists(st.lists(GLOBS, max_size=2).map(tuple), max_size=2).map(tuple),
    within=st.none() | st.lists(st.sampled_from(["*", "acme", "b*", "[!a]*", "nowhere"]), max_size=2).map(tuple),
    types=st.lists(st.sampled_from(TYPES), max_size=3, unique=True).map(tuple),
    statuses=st.lists(st.sampled_from(["running", "failed", "absent", "none"]), max_size=2, unique=True).map(tuple),
    actor=st.sampled_from([None, None, *ACTORS, "nobody"]),
    cause=st.sampled_from([None, None, "person", "unknown", "none"]),
    policy=st.sampled_from([None, None, "idle", "old", "none"]),
    intent=st.sampled_from([None, None, None, *INTENTS, "none"]),
    evidence=st.lists(POSITIONS, max_size=3).map(tuple),
    since=st.none() | INSTANTS,
    until=st.none() | INSTANTS,
    after=st.just(0) | POSITIONS,
    before=st.none() | POSITIONS,
    newest_first=st.booleans(),
    limit=st.integers(1, 50),
)
TIGHT = st.fixed_dictionaries(
    {
        "STEP": st.sampled_from([1, 2, 7, 512]),
        "NEAR": st.sampled_from([0, 0, 0, 2000]),
        "MOST_RUNS": st.sampled_from([0, 3, 1000]),
        "MOST_SUBJECTS": st.sampled_from([0, 1, 50]),
        "RARE": st.sampled_from([0, 2, 4000]),
    }
)


@contextmanager
def limits(values: Mapping[str, int]) -> Iterator[None]:
    """Let a small log be asked in every way in which a large one is."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setattr(index if name == "STEP" else plans, name, value)
        patch.setattr(merging, "FEW", 1)
        patch.setattr(merging, "MANY", 3)
        patch.setattr(merging, "ROWS", 2)
        patch.setattr(reader, "SLICE", 7)
        yield


async def write(log: EventLog, writes: list[tuple[tuple[str, Event], datetime, str]]) -> list[Recorded]:
    found: list[Recorded] = []
    versions: dict[str, int] = {}
    for number, ((stream, event), at, actor) in enumerate(writes):
        version = versions.get(stream, 0)
        made = replace(draft("x", id_=f"d{number}"), event=event, time=at, actor=actor)
        found += await added(log, Unit(streams={stream: Write(expected=version, drafts=(made,))}))
        versions[stream] = version + 1
    return found


async def compare(log: EventLog, writes: list[Any], queries: list[Query], tight: Mapping[str, int]) -> None:
    with limits(tight):
        told = plainly(await write(log, writes))
        for query in queries:
            wanted = [one.recorded for one in told if answers(query, one)]
            wanted = wanted[::-1] if query.newest_first else wanted
            page = await log.read(query)
            assert list(page.events) == wanted[: query.limit]
            assert page.more == (len(wanted) > query.limit)
            assert await log.count(query) == len(wanted)


@pytest.mark.parametrize("examples", [10, pytest.param(500, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", list(DISKS))
def test_any_query_over_any_log_is_answered_as_by_reading_all_of_it(kind: str, examples: int) -> None:
    @settings(deadline=None, max_examples=examples)
    @given(writes=LOGS, queries=st.lists(QUERIES, min_size=30, max_size=30), tight=TIGHT)
    def held(writes: list[Any], queries: list[Query], tight: dict[str, int]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(run(DISKS[kind](Path(folder)), writes, queries, tight))

    held()


async def run(disk: Disk, writes: list[Any], queries: list[Query], tight: dict[str, int]) -> None:
    log = await disk.open()
    try:
        await compare(log, writes, queries, tight)
    finally:
        await disk.crash(log)


async def test_the_chain_of_an_intent_goes_from_its_evidence_to_what_it_brought_about(log: EventLog) -> None:
    life, acts = streams.life(ENDPOINTS[0], NOON), streams.acts(ENDPOINTS[0])
    by_us = Cause(by=By.PERSON, intent="i1")
    tale: list[tuple[str, Event]] = [
        (life, discovered(Status.RUNNING)),
        ("daemon", DaemonStopped(reason="x")),
        (acts, warned("old")),
        (acts, intended("i2", None)),
        (acts, intended("i1", "old", 1, 3)),
        (life, changed(Status.PAUSED, by_us)),
        (acts, Confirmed(intent="i1", status="paused", seen_at=NOON)),
    ]
    await write(log, [(told, NOON, "watcher") for told in tale])

    assert [recorded.position for recorded in await chain_of(log, "i1")] == [1, 3, 5, 6, 7]
    assert [recorded.position for recorded in await chain_of(log, "i2")] == [4]
    assert await chain_of(log, "nothing") == ()


@pytest.mark.parametrize(
    "wrong",
    [{"types": ("",)}, {"actor": "a\x1fb"}, {"statuses": ("\ud800",)}, {"policy": "\n"}, {"limit": 0}, {"limit": -1}],
)
def test_what_no_event_can_have_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"no event|holds nothing"):
        Query(**wrong)


async def test_an_event_that_is_late_by_hours_is_found_by_its_time(log: EventLog) -> None:
    minutes = [0, 1, 600, 2, 3, 601, 602]  # a clock that was ahead for a while
    for number, minute in enumerate(minutes):
        await added(log, unit("daemon", number, draft(str(number), minutes=minute)))

    with limits({"NEAR": 0}):
        early = await log.read(Query(until=NOON + timedelta(minutes=3)))
        late = await log.read(Query(since=NOON + timedelta(minutes=600)))

    assert [recorded.position for recorded in early.events] == [1, 2, 4]
    assert [recorded.position for recorded in late.events] == [3, 6, 7]
