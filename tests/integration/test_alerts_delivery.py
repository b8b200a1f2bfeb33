"""From the outboxes to the channels: order, retries, restarts and crashes, in virtual time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from events import streams
from events.catalogue.incidents import Fired, Resolved, Severity
from events.catalogue.notifications import Delivered, DeliveryFailing, Message, Notified, Superseded, Undeliverable
from events.errors import LogUnusable
from events.memory import MemoryLog
from events.streams import Subject
from events.unit import Result
from events.views.outbox import State
from service.clock import LoopClock
from service.subscribers.outbox import Courier, Outgoing, Rejected
from service.subscribers.outbox.courier import AT_ONCE
from tests.unit.alerts.stories import NOON, tell, told

pytestmark = pytest.mark.looptime

Answer = Callable[[Outgoing], Awaitable[None]]
DOWN = Rejected("answered 503")


@dataclass
class Mailbox:
    """A channel that keeps what it was sent, and does with it as the test says."""

    clock: LoopClock
    answer: Answer | None = None
    got: list[tuple[float, Outgoing]] = field(default_factory=list)

    async def send(self, message: Outgoing) -> None:
        self.got.append((self.clock.monotonic(), message))
        if self.answer is not None:
            await self.answer(message)

    @property
    def titles(self) -> list[str]:
        return [message.title for _, message in self.got]

    @property
    def times(self) -> list[float]:
        return [at for at, _ in self.got]


class ForgetfulLog(MemoryLog):
    """A log whose store can fail, and to which somebody else can be quicker."""

    failing = 0
    overtaken = 0

    async def version(self, stream: str) -> int:
        found = await super().version(stream)
        if self.overtaken:
            self.overtaken -= 1
            await tell(self, stream, Superseded(notification="another", by="somebody"))
        return found

    async def append(self, units: Any) -> list[Result]:
        if self.failing:
            self.failing -= 1
            raise LogUnusable("the disk is full")
        return await super().append(units)


class Stage:
    """A log with a pager and a chat, and a courier that can be killed and started again."""

    def __init__(self) -> None:
        self.log = ForgetfulLog()
        self.clock = LoopClock(start=NOON)  # first asked inside the test: a fixture lies before virtual time
        self.pager = Mailbox(self.clock)
        self.chat = Mailbox(self.clock)

    def courier(self) -> Courier:
        return Courier(
            log=self.log, clock=self.clock, channels={"pager": self.pager, "chat": self.chat}, chance=Random(1)
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Courier]:
        courier = self.courier()
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(courier.run())
            await self.clock.sleep(0.1)
            yield courier
            task.cancel()

    async def notify(
        self, id_: str, *incidents: str, message: Message = Message.FIRING, channel: str = "pager"
    ) -> None:
        notified = Notified(
            notification=id_,
            message=message,
            title=id_,
            text=f"text of {id_}",
            why="",
            subject="acme/tgi",
            incidents=incidents,
            evidence=1,
            at=self.clock.now(),
        )
        await tell(self.log, streams.delivery(channel), notified)
        await self.clock.sleep(0.1)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def failing(*errors: Exception) -> Answer:
    """Fail as often as there are errors, then take everything."""
    left = list(errors)

    async def answer(_: Outgoing) -> None:
        if left:
            raise left.pop(0)

    return answer


async def always_down(_: Outgoing) -> None:
    raise DOWN


async def test_what_is_notified_is_sent_once_and_recorded(stage: Stage) -> None:
    fired = Fired(incident="i1", rule="failed", severity=Severity.CRITICAL, reason="", evidence=1, at=NOON)
    await tell(stage.log, streams.incident("failed", Subject("acme", "tgi")), fired)
    async with stage.running():
        await stage.notify("n1", "i1")
        await stage.clock.sleep(3600)

    ((_, sent),) = stage.pager.got
    assert (sent.id, sent.rule, sent.severity, sent.position, sent.log_id) == ("n1", "failed", "critical", 2, "memory")
    assert stage.chat.got == []
    assert await told(stage.log, Delivered) == [Delivered(notification="n1", attempts=1)]


async def test_a_failing_one_is_tried_for_days_and_then_parked_visibly(stage: Stage) -> None:
    stage.pager.answer = always_down
    async with stage.running() as courier:
        await stage.notify("n1", "i1")
        await stage.clock.sleep(4 * 86400)
        (ended,) = courier.outbox.ended
        assert ended.state is State.UNDELIVERABLE

    waits = [later - earlier for earlier, later in zip(stage.pager.times, stage.pager.times[1:], strict=False)]
    for wait, wanted in zip(waits, [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400], strict=True):
        assert 0.8 * wanted <= wait <= 1.2 * wanted + 0.1
    assert {message.id for _, message in stage.pager.got} == {"n1"}
    assert await told(stage.log, DeliveryFailing) == [DeliveryFailing(notification="n1", error="answered 503")]
    assert await told(stage.log, Undeliverable) == [Undeliverable(notification="n1", attempts=10, error="answered 503")]
    assert await stage.log.board.scan("delivery") == {}


async def test_one_that_fails_holds_up_no_other(stage: Stage) -> None:
    async def answer(message: Outgoing) -> None:
        if message.id == "bad":
            await asyncio.sleep(10)
            raise DOWN

    stage.pager.answer = answer
    async with stage.running():
        await stage.notify("bad", "i1")
        await stage.notify("good", "i2")
        await stage.notify("other", "i3", channel="chat")
        await stage.clock.sleep(1)

        assert stage.pager.titles == ["bad", "good"]
        assert stage.chat.titles == ["other"]


async def test_only_some_are_sent_to_one_channel_at_the_same_time(stage: Stage) -> None:
    under_way = most = 0

    async def answer(_: Outgoing) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(1)
        under_way -= 1

    stage.pager.answer = answer
    for number in range(20):
        await stage.notify(f"n{number}", f"i{number}")
    async with stage.running():
        await stage.clock.sleep(10)

    assert most == AT_ONCE
    assert len(await told(stage.log, Delivered)) == 20


async def test_a_receiver_that_asks_for_time_gets_it(stage: Stage) -> None:
    stage.pager.answer = failing(Rejected("answered 429", retry_after=timedelta(minutes=2)))
    async with stage.running():
        await stage.notify("n1", "i1")
        await stage.clock.sleep(300)

    first, second = stage.pager.times
    assert second - first == pytest.approx(120, abs=0.1)


async def test_a_defect_of_a_channel_is_a_failed_try_and_names_no_secret(stage: Stage) -> None:
    stage.pager.answer = failing(ZeroDivisionError("token hf_abcdefghijklmnop"))
    async with stage.running():
        await stage.notify("n1", "i1")
        await stage.clock.sleep(60)

    (failure,) = await told(stage.log, DeliveryFailing)
    assert failure.error == "ZeroDivisionError: token <masked>"
    assert len(await told(stage.log, Delivered)) == 1


async def test_a_channel_that_is_gone_is_disabled_until_it_is_changed(stage: Stage) -> None:
    stage.pager.answer = failing(Rejected("answered 410", gone=True))
    async with stage.running() as courier:
        await stage.notify("n1", "i1")
        await stage.notify("n2", "i2")
        assert stage.pager.titles == ["n1"]
        assert courier.disabled.keys() == {"pager"}

        courier.configure({"pager": stage.chat})
        await stage.notify("n3", "i3")
        assert stage.chat.titles == ["n3"]

    parked = await told(stage.log, Undeliverable)
    assert [letter.notification for letter in parked] == ["n1", "n2"]
    assert all("answered 410" in letter.error for letter in parked)


async def test_a_resolve_overtakes_a_firing_that_was_never_sent_and_tells_both(stage: Stage) -> None:
    stage.pager.answer = failing(DOWN)
    async with stage.running():
        await stage.notify("firing", "i1")
        await stage.notify("resolve", "i1", message=Message.RESOLVED)
        await stage.clock.sleep(3600)

    assert stage.pager.titles == ["firing", "was, and is over: firing"]
    assert "text of resolve" in stage.pager.got[1][1].text
    assert await told(stage.log, Superseded) == [Superseded(notification="firing", by="resolve")]
    assert [delivered.notification for delivered in await told(stage.log, Delivered)] == ["resolve"]


async def test_both_pending_after_an_outage_are_one_message(stage: Stage) -> None:
    await stage.notify("firing", "i1")
    await stage.notify("resolve", "i1", message=Message.RESOLVED)
    async with stage.running():
        await stage.clock.sleep(1)

    assert stage.pager.titles == ["was, and is over: firing"]


async def test_a_resolve_waits_for_the_firing_that_is_on_its_way(stage: Stage) -> None:
    async def slow(message: Outgoing) -> None:
        await asyncio.sleep(10)

    stage.pager.answer = slow
    async with stage.running():
        await stage.notify("firing", "i1")
        await stage.notify("resolve", "i1", message=Message.RESOLVED)
        await stage.clock.sleep(60)

    assert stage.pager.titles == ["firing", "resolve"]
    assert stage.pager.times[1] - stage.pager.times[0] == pytest.approx(10, abs=0.1)
    assert await told(stage.log, Superseded) == []


async def test_a_firing_on_its_way_that_fails_is_overtaken_at_once(stage: Stage) -> None:
    async def slow(message: Outgoing) -> None:
        await asyncio.sleep(10)
        if message.id == "firing":
            raise DOWN

    stage.pager.answer = slow
    async with stage.running():
        await stage.notify("firing", "i1")
        await stage.notify("resolve", "i1", message=Message.RESOLVED)
        await stage.clock.sleep(60)

    assert stage.pager.titles == ["firing", "was, and is over: firing"]
    assert stage.pager.times[1] - stage.pager.times[0] == pytest.approx(10, abs=0.1)


async def test_a_firing_whose_later_try_fails_is_overtaken_at_once_too(stage: Stage) -> None:
    async def slow(message: Outgoing) -> None:
        await asyncio.sleep(10)
        if message.id == "firing":
            raise DOWN

    stage.pager.answer = slow
    async with stage.running():
        await stage.notify("firing", "i1")
        await stage.clock.sleep(18)  # the second try is under way
        await stage.notify("resolve", "i1", message=Message.RESOLVED)
        await stage.clock.sleep(60)

    assert stage.pager.titles == ["firing", "firing", "was, and is over: firing"]


async def test_a_resolve_waits_for_the_arrival_that_its_incident_stands_in(stage: Stage) -> None:
    stage.pager.answer = failing(DOWN, DOWN)
    async with stage.running():
        await stage.notify("arrival", "i1", "i2", message=Message.ARRIVAL)
        await stage.notify("resolve", "i2", message=Message.RESOLVED)
        await stage.notify("another", "i3")
        await stage.clock.sleep(3600)

    assert [title for title in stage.pager.titles if title != "another"] == ["arrival", "arrival", "resolve"]
    assert stage.pager.titles[1] == "another"


async def test_a_restart_repeats_no_try_early_and_forgets_none(stage: Stage) -> None:
    stage.pager.answer = always_down
    async with stage.running():
        await stage.notify("n1", "i1")
        await stage.clock.sleep(10)
    assert len(stage.pager.got) == 2

    async with stage.running():
        await stage.clock.sleep(200)
        assert len(stage.pager.got) == 2
        await stage.clock.sleep(200)
        assert len(stage.pager.got) == 3
        await stage.clock.sleep(4 * 86400)

    assert len(await told(stage.log, DeliveryFailing)) == 1
    assert [parked.attempts for parked in await told(stage.log, Undeliverable)] == [10]


async def test_a_clock_that_jumped_back_puts_nothing_off_for_long(stage: Stage) -> None:
    stage.pager.answer = failing(DOWN)
    async with stage.running():
        await stage.notify("n1", "i1")
    stage.clock.jump(timedelta(days=-400))

    async with stage.running():
        await stage.clock.sleep(25 * 3600)

    assert len(await told(stage.log, Delivered)) == 1


async def test_a_crash_between_sending_and_recording_sends_again_under_the_same_id(stage: Stage) -> None:
    async def taken_but_never_answered(_: Outgoing) -> None:
        await asyncio.sleep(3600)

    stage.pager.answer = taken_but_never_answered
    async with stage.running():
        await stage.notify("n1", "i1")
    stage.pager.answer = None

    async with stage.running():
        await stage.clock.sleep(1)

    assert [message.id for _, message in stage.pager.got] == ["n1", "n1"]
    assert len({message.text for _, message in stage.pager.got}) == 1
    assert await told(stage.log, Delivered) == [Delivered(notification="n1", attempts=1)]


async def test_a_record_that_the_store_refuses_is_written_later_and_nothing_is_sent_again(stage: Stage) -> None:
    async def disk_fills(_: Outgoing) -> None:
        stage.log.failing = 3

    stage.pager.answer = disk_fills
    async with stage.running():
        await stage.notify("n1", "i1")
        assert await told(stage.log, Delivered) == []
        await stage.clock.sleep(60)

    assert stage.pager.titles == ["n1"]
    assert len(await told(stage.log, Delivered)) == 1


async def test_a_record_that_another_writer_overtook_is_written_behind_it(stage: Stage) -> None:
    async def meanwhile(_: Outgoing) -> None:
        stage.log.overtaken = 2

    stage.pager.answer = meanwhile
    async with stage.running():
        await stage.notify("n1", "i1")

    assert stage.pager.titles == ["n1"]
    assert await told(stage.log, Delivered) == [Delivered(notification="n1", attempts=1)]


async def test_a_channel_that_is_not_configured_keeps_its_letters_until_it_is(stage: Stage) -> None:
    async with stage.running() as courier:
        await stage.notify("n1", "i1", channel="mail")
        await stage.clock.sleep(3600)
        assert courier.outbox.pending.keys() == {"n1"}

        courier.configure({"mail": stage.chat})
        await stage.clock.sleep(1)

    assert stage.chat.titles == ["n1"]


async def test_a_flush_tries_what_is_due_once_and_returns(stage: Stage) -> None:
    stage.pager.answer = failing(DOWN)
    await stage.notify("n1", "i1")
    await stage.notify("n2", "i2")
    await stage.notify("n2-over", "i2", message=Message.RESOLVED)
    await stage.notify("n3", "i3", channel="chat")

    await stage.courier().flush()

    assert stage.pager.titles == ["n1", "was, and is over: n2"]
    assert stage.chat.titles == ["n3"]
    assert stage.clock.monotonic() < 5

    await stage.courier().flush()
    assert len(stage.pager.got) == 2

    await stage.clock.sleep(10)
    await stage.courier().flush()
    assert stage.pager.titles[2:] == ["n1"]


async def test_the_two_ends_of_the_log_agree_on_what_was_done(stage: Stage) -> None:
    """A second fold over the same log, from its beginning, is the same outbox."""
    stage.pager.answer = failing(DOWN, DOWN, DOWN)
    async with stage.running() as courier:
        for number in range(5):
            await stage.notify(f"n{number}", f"i{number}")
            await tell(stage.log, streams.incident("failed", Subject("acme", f"e{number}")), *ended(number))
            await stage.notify(f"r{number}", f"i{number}", message=Message.RESOLVED)
        await stage.clock.sleep(3600)

        other = stage.courier()
        await other.flush()
        assert other.outbox.pending == courier.outbox.pending == {}
        assert list(other.outbox.ended) == list(courier.outbox.ended)


def ended(number: int) -> tuple[Fired, Resolved]:
    incident = f"i{number}"
    return (
        Fired(incident=incident, rule="failed", severity=Severity.CRITICAL, reason="", evidence=1, at=NOON),
        Resolved(incident=incident, rule="failed", reason="", evidence=2, fired_at=NOON, at=NOON),
    )
