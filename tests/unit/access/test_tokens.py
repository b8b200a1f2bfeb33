"""Tokens are told by the log alone: made once, recognised, revoked at once, and their secrets are nowhere."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from events import codec, streams
from events.catalogue.access import Granted, TokenCreated, TokenRevoked
from events.log import EventLog
from events.memory import MemoryLog
from events.query import Query
from service.access import MOST, AlreadyNamed, Grant, Made, Role, Tokens, TooMany, Unnamed
from service.access.tokens import digest
from service.clock import LoopClock
from service.live import Live
from tests.contract.disks import NOON, added, draft, unit

pytestmark = pytest.mark.looptime


@dataclass
class Desk:
    log: EventLog
    live: Live
    clock: LoopClock
    tokens: Tokens

    async def make(self, name: str, role: Role = Role.READ, *namespaces: str, days: int | None = None) -> Made:
        expires_at = None if days is None else self.clock.now() + timedelta(days=days)
        return await self.tokens.create(
            name, Grant(role=role, namespaces=namespaces or ("*",)), expires_at=expires_at, actor="person:ana"
        )


@asynccontextmanager
async def desk(log: EventLog | None = None) -> AsyncIterator[Desk]:
    log, clock = log or MemoryLog(), LoopClock(start=NOON)
    live = Live(log, clock)
    await live.recall()
    await live.catch_up()
    async with asyncio.TaskGroup() as tasks:
        views = tasks.create_task(live.run())
        yield Desk(log, live, clock, Tokens(log, live, clock))
        views.cancel()


async def at_once(asked: Sequence[Coroutine[Any, Any, object]]) -> list[str]:
    """Return what became of several that race."""

    async def tried(one: Coroutine[Any, Any, object]) -> str:
        try:
            return type(await one).__name__
        except (AlreadyNamed, Unnamed) as error:
            return type(error).__name__

    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(tried(one)) for one in asked]
    return [task.result() for task in running]


async def test_a_token_opens_what_it_was_made_for_in_its_own_name() -> None:
    async with desk() as at:
        made = await at.make("ci", Role.OPERATE, "acme", "lab-*")
        bearer = at.tokens.bearer_of(made.secret)

    assert bearer is not None
    assert bearer.actor == "token:ci"
    assert [bearer.may(Role.OPERATE, name) for name in ("acme", "lab-1", "beta")] == [True, True, False]
    assert not bearer.may(Role.ADMIN, "acme")


async def test_the_secret_is_told_once_and_stands_nowhere_in_the_log() -> None:
    async with desk() as at:
        made, other = await at.make("ci"), await at.make("other")
        events = (await at.log.read(Query(stream=streams.ACCESS))).events
        await at.live.save()
        rows = await at.log.board.scan("snapshot")

    assert made.secret.startswith("ll_")
    assert len(made.secret) > 40
    assert made.secret != other.secret
    assert made.secret not in repr((made.token, events))
    assert not any(made.secret.encode() in row for row in rows.values())
    first = codec.decode(events[0])
    assert isinstance(first, TokenCreated)
    assert first.digest == digest(made.secret)
    assert events[0].actor == "person:ana"


@pytest.mark.parametrize("wrong", ["", "ll_", "x", "\udcff", "ll_\N{SNOWMAN}"])
async def test_what_is_no_secret_opens_nothing(wrong: str) -> None:
    async with desk() as at:
        made = await at.make("ci")

        assert at.tokens.bearer_of(wrong) is None
        assert at.tokens.bearer_of(made.secret + "x") is None
        assert at.tokens.bearer_of(made.secret[:-1]) is None
        assert at.tokens.bearer_of(made.token.made.digest) is None


async def test_a_revoked_token_opens_nothing_from_then_on_and_its_name_is_free() -> None:
    async with desk() as at:
        made = await at.make("ci")
        await at.tokens.revoke("ci", actor="person:bob")

        assert at.tokens.bearer_of(made.secret) is None
        with pytest.raises(Unnamed):
            await at.tokens.revoke("ci", actor="person:bob")
        again = await at.make("ci")
        assert at.tokens.bearer_of(again.secret) is not None
        events = (await at.log.read(Query(stream=streams.ACCESS))).events

    assert [(recorded.type, recorded.actor) for recorded in events] == [
        ("access.token_created", "person:ana"),
        ("access.token_revoked", "person:bob"),
        ("access.token_created", "person:ana"),
    ]
    revoked = codec.decode(events[1])
    assert isinstance(revoked, TokenRevoked)
    assert revoked.token == made.token.made.token


async def test_a_token_opens_nothing_from_the_instant_on_at_which_it_expires() -> None:
    async with desk() as at:
        made = await at.make("ci", days=1)
        await at.clock.sleep(86_399)
        before = at.tokens.bearer_of(made.secret)
        await at.clock.sleep(1)

        assert before is not None
        assert at.tokens.bearer_of(made.secret) is None
        assert [token.has_expired(at.clock.now()) for token in at.tokens.known()] == [True]
        again = await at.make("ci")  # the name is free
        assert at.tokens.bearer_of(again.secret) is not None
        assert (await at.tokens.revoke("ci", actor="person:ana")).made == again.token.made
        assert (await at.tokens.revoke("ci", actor="person:ana")).made == made.token.made


async def test_a_name_is_taken_once_however_many_ask_for_it_at_the_same_time() -> None:
    async with desk() as at:
        found = await at_once([at.make("ci") for _ in range(10)])

    assert sorted(found) == ["AlreadyNamed"] * 9 + ["Made"]


async def test_of_many_who_revoke_one_token_one_does() -> None:
    async with desk() as at:
        await at.make("ci")
        found = await at_once([at.tokens.revoke("ci", actor=f"person:{number}") for number in range(5)])

        assert sorted(found) == ["Token", *["Unnamed"] * 4]
        assert await at.log.version(streams.ACCESS) == 2


async def test_tokens_survive_a_restart_with_a_snapshot_and_without() -> None:
    log = MemoryLog()
    async with desk(log) as at:
        made, lost = await at.make("ci", Role.ADMIN, "acme"), await at.make("lost")
        await at.tokens.revoke("lost", actor="person:ana")

    for saved in (False, True):
        async with desk(log) as at:
            assert at.tokens.bearer_of(made.secret) is not None
            assert at.tokens.bearer_of(lost.secret) is None
            assert at.live.views.tokens.version == 3
            if not saved:
                await added(log, unit("daemon", 0, draft("something")))
                await at.live.reach(await log.head())
                await at.live.save()


async def test_no_more_are_in_force_than_can_be_compared_at_each_request(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST == 1000
    monkeypatch.setattr("service.access.tokens.MOST", 3)
    async with desk() as at:
        for name in ("a", "b", "c"):
            await at.make(name)
        with pytest.raises(TooMany):
            await at.make("d")
        await at.tokens.revoke("a", actor="person:ana")
        await at.make("d")


async def test_a_role_that_this_version_does_not_know_opens_nothing() -> None:
    async with desk() as at:
        event = TokenCreated(
            token="t", name="new", grants=(Granted(role="owner", namespaces=("*",)),), digest=digest("s" * 20)
        )
        await added(at.log, unit(streams.ACCESS, 0, replace(draft("x"), event=event)))
        await at.live.reach(1)
        bearer = at.tokens.bearer_of("s" * 20)

    assert bearer is not None
    assert not bearer.somewhere(Role.READ)
