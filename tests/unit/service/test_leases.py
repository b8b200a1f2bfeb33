"""What a lease is and what becomes of an endpoint after the last one: the pure decisions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from events.catalogue import Event
from events.catalogue.keepers import LeaseTaken
from events.views.fleet import Hold, Known, Lease as Open
from service.leases.lease import AWAKE, Chain, Lease, Parting, Row, Woken, remembered, touched, why_kept
from statemachine.machine import Command
from statemachine.model import Cause, Change, EndpointName, Kind, Reconfigured, StatusChanged, Window
from statemachine.status import Status
from statemachine.table import By

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ONE = EndpointName("acme", "one")
WOKEN = Woken(intent="i-1", position=7, was="paused")
RESTED = Parting(status=Status.RUNNING, woken=WOKEN, touched=False, hold=None, protected_by=None, observe=None)


def lease(id_: str, *, pause_after: bool = True, until: datetime = NOON) -> Lease:
    return Lease(id=id_, holder="person:ana", reason="", since=NOON, until=until, seconds=60, pause_after=pause_after)


def taken(id_: str, *, pause_after: bool = True) -> Open:
    until = NOON + timedelta(seconds=60)
    event = LeaseTaken(lease=id_, holder="person:ana", reason="", until=until, pause_after=pause_after)
    return Open(taken=event, since=NOON, position=3)


def changed(old: Status, new: Status, **more: object) -> StatusChanged:
    window = Window(not_before=NOON, seen_at=NOON, gap=False)
    return StatusChanged(window=window, old=old, new=new, kind=Kind.DIRECT, **more)  # type: ignore[arg-type]


# --- the last one ----------------------------------------------------------------------------------------------------


def test_only_the_last_lease_of_a_chain_that_resumed_it_owes_it_its_rest() -> None:
    chain = Chain(leases={"a": lease("a"), "b": lease("b")}, woken=WOKEN)

    chain.end("a")
    first = chain.owed
    chain.end("b")

    assert first is None
    assert chain.owed == lease("b")
    assert chain.row is not None


@pytest.mark.parametrize("woken, pause_after", [(None, True), (WOKEN, False), (None, False)])
def test_nothing_is_owed_where_nobody_asked_or_no_lease_resumed_it(woken: Woken | None, pause_after: bool) -> None:
    chain = Chain(leases={"a": lease("a", pause_after=pause_after)}, woken=woken)

    chain.end("a")

    assert chain.owed is None
    assert chain.row is None


def test_a_lease_that_is_not_there_ends_nothing() -> None:
    chain = Chain(owed=lease("a"), woken=WOKEN)

    chain.end("b")

    assert chain.owed == lease("a")


@pytest.mark.parametrize("was, back", [("paused", Command.PAUSE), ("scaledToZero", Command.SCALE_TO_ZERO)])
def test_it_is_brought_back_to_how_it_was(was: str, back: Command) -> None:
    assert replace_woken(was).back is back


def replace_woken(was: str) -> Woken:
    return Woken(intent="i-1", position=7, was=was)


def test_what_a_lease_resumed_is_put_back_and_each_reason_against_it_is_told() -> None:
    hold = Hold(id="h", position=1, author="person:ben", reason="a demo", until=NOON)
    against = {
        "no lease resumed it: somebody else had it running": replace(RESTED, woken=None),
        "acme is in observe mode": replace(RESTED, observe="acme is in observe mode"),
        "it is protected by group shown": replace(RESTED, protected_by="shown"),
        "it is held by person:ben until 2026-03-02 12:00 UTC": replace(RESTED, hold=hold),
        "somebody else was at it since a lease resumed it": replace(RESTED, touched=True),
    }

    assert why_kept(RESTED) is None
    assert {reason: why_kept(parting) for reason, parting in against.items()} == {reason: reason for reason in against}


@pytest.mark.parametrize("status", Status)
def test_only_what_is_awake_is_put_back(status: Status) -> None:
    kept = why_kept(replace(RESTED, status=status))

    assert kept == (None if status in AWAKE else f"it is {status}")


# --- who was at it ---------------------------------------------------------------------------------------------------


def test_our_own_resume_and_what_the_platform_does_after_it_touch_nothing() -> None:
    ours = Cause(by=By.PERSON, intent="i-1", editor="robot")
    events: list[Event] = [
        changed(Status.PAUSED, Status.PENDING, cause=ours),
        changed(Status.PENDING, Status.INITIALIZING, cause=Cause(by=By.PLATFORM)),
        changed(Status.INITIALIZING, Status.RUNNING, cause=Cause(by=By.PLATFORM, editor="robot")),
        Reconfigured(window=changed(Status.PAUSED, Status.PENDING).window, changes=(), cause=ours),
    ]

    assert not touched(events, "i-1")


@pytest.mark.parametrize(
    "event",
    [
        changed(Status.RUNNING, Status.PAUSED, cause=Cause(by=By.PERSON)),
        changed(Status.PAUSED, Status.PENDING),
        changed(Status.RUNNING, Status.INITIALIZING, via=(Status.PAUSED,)),
        changed(Status.RUNNING, Status.UPDATING, cause=Cause(by=By.PERSON, intent="i-2")),
        changed(Status.PENDING, Status.RUNNING, cause=Cause(by=By.PLATFORM, editor="alice")),
        Reconfigured(window=changed(Status.PAUSED, Status.PENDING).window, changes=(Change(path="a", old=1, new=2),)),
    ],
)
def test_what_somebody_else_did_touches_it(event: StatusChanged | Reconfigured) -> None:
    assert touched([event], "i-1")


# --- after a start ---------------------------------------------------------------------------------------------------


def test_after_a_start_the_log_tells_which_leases_there_are_and_the_board_until_when() -> None:
    renewed = lease("a", until=NOON + timedelta(hours=3))
    known = Known(name=ONE, leases={"a": taken("a"), "b": taken("b", pause_after=False)})

    chain = remembered(known, Row(leases=(renewed,), woken=WOKEN))

    assert chain.leases["a"] == renewed
    assert chain.leases["b"] == lease("b", pause_after=False, until=NOON + timedelta(seconds=60))
    assert chain.woken == WOKEN


def test_an_end_that_the_board_does_not_know_yet_counts_and_owes_what_it_owes() -> None:
    row = Row(leases=(lease("a"),), woken=WOKEN)

    ended = remembered(Known(name=ONE), row)
    another = remembered(Known(name=ONE, leases={"b": taken("b")}), row)

    assert (ended.leases, ended.owed) == ({}, lease("a"))
    assert (list(another.leases), another.owed) == (["b"], None)
