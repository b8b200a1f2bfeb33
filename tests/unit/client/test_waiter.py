"""Who waits: ends when it is over, goes on when it is not, and never asks without a pause."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from huggingface_hub.errors import HfHubHTTPError

from service.client.errors import (
    InferenceEndpointFailed,
    InferenceEndpointGone,
    InferenceEndpointPaused,
    InferenceEndpointUnreadable,
)
from service.client.waiter import Memory
from service.clock import LoopClock
from tests.unit.client.scripted import REFRESH, Script, document, refusal, waiter

pytestmark = pytest.mark.looptime

REACHED = {"end": "reached", "status": "running", "waiting_for": ""}
LATE = {"end": "timedOut", "status": "initializing", "waiting_for": "status running; it is initializing"}


@pytest.fixture
def clock() -> LoopClock:
    return LoopClock(start=datetime(2026, 3, 2, tzinfo=UTC))


async def test_it_looks_until_the_health_route_answers(clock: LoopClock) -> None:
    script = Script(clock, [document("initializing"), document()], health=[503, None, 200])
    waiting, adopted = waiter(script)

    await waiting.run()

    assert script.whats() == ["read", "read", "probe", "read", "probe", "read", "probe"]
    assert list(script.times("read")) == [0, REFRESH, 2 * REFRESH, 3 * REFRESH]
    assert adopted[-1] == document()


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ("paused", InferenceEndpointPaused),
        ("failed", InferenceEndpointFailed),
        ("updateFailed", InferenceEndpointFailed),
    ],
)
async def test_it_ends_at_once_when_waiting_is_no_use_and_says_why(
    clock: LoopClock, state: str, error: type[Exception]
) -> None:
    waiting, adopted = waiter(Script(clock, [document(state, errorMessage="no credits left")]))

    with pytest.raises(error, match="no credits left"):
        await waiting.run()

    assert adopted == [document(state, errorMessage="no credits left")]  # the object shows it, too
    assert clock.monotonic() == 0


async def test_it_ends_when_the_endpoint_is_gone(clock: LoopClock) -> None:
    waiting, _ = waiter(Script(clock, [document("pending"), refusal(404)]))

    with pytest.raises(InferenceEndpointGone, match="acme/tgi is gone"):
        await waiting.run()


async def test_it_waits_while_the_api_still_tells_of_before_the_update(clock: LoopClock) -> None:
    before, after = document(), document(edited=9, revision="new")
    script = Script(clock, [before, document("updating", edited=9, revision="new"), after])
    waiting, adopted = waiter(script, Memory(written=document("updating", edited=9, revision="new"), doubt=True))

    await waiting.run()

    assert adopted[-1] == after
    assert before not in adopted  # the object does not go back to what it was
    assert script.whats() == ["read", "read", "read", "probe"]


async def test_it_waits_for_the_revision_that_was_asked_for_where_the_time_of_the_edit_tells_nothing(
    clock: LoopClock,
) -> None:
    script = Script(clock, [document(revision="old"), document(revision="new")])
    waiting, _ = waiter(script, Memory(written=document("updating", revision="new")))

    await waiting.run()

    assert script.whats() == ["read", "read", "probe"]


async def test_running_right_after_an_update_is_believed_at_the_second_look(clock: LoopClock) -> None:
    script = Script(clock, [document(edited=9), document("updating", edited=9), document(edited=9)])
    waiting, _ = waiter(script, Memory(written=document(edited=9), doubt=True))

    await waiting.run()

    assert script.whats() == ["read", "read", "read", "probe"]


async def test_paused_right_after_a_resume_is_believed_at_the_second_look(clock: LoopClock) -> None:
    late = Script(clock, [document("paused"), document("pending"), document()])
    await waiter(late, Memory(doubt=True))[0].run()

    again = Script(clock, [document("paused")])
    with pytest.raises(InferenceEndpointPaused):
        await waiter(again, Memory(doubt=True))[0].run()

    assert again.whats() == ["read", "read"]


async def test_what_was_made_a_moment_ago_may_not_be_told_yet(clock: LoopClock) -> None:
    script = Script(clock, [refusal(404), document("pending"), document()])

    await waiter(script, Memory(written=document("pending"), doubt=True))[0].run()

    assert script.whats() == ["read", "read", "read", "probe"]


@pytest.mark.parametrize(
    "trouble",
    [refusal(503), refusal(429), httpx2.ConnectError("reset"), InferenceEndpointUnreadable("a login page")],
    ids=["503", "429", "broken", "unreadable"],
)
async def test_trouble_on_the_way_is_no_news_of_the_endpoint(clock: LoopClock, trouble: Exception) -> None:
    script = Script(clock, [document("initializing"), trouble, document()])

    await waiter(script)[0].run()

    assert list(script.times("read")) == [0, REFRESH, 2 * REFRESH]


async def test_a_document_that_lacks_what_it_must_have_is_trouble_too(clock: LoopClock) -> None:
    script = Script(clock, [document("initializing"), {"name": "tgi"}, document()])

    await waiter(script)[0].run()

    assert len(list(script.times("read"))) == 3


async def test_it_stays_away_as_long_as_it_is_told(clock: LoopClock) -> None:
    date = "Mon, 02 Mar 2026 00:01:40 GMT"
    answers: list[Any] = [refusal(429, **{"Retry-After": "40"}), refusal(503, **{"Retry-After": date}), document()]
    script = Script(clock, answers)

    await waiter(script)[0].run()

    assert list(script.times("read")) == [0, 40, 100]


@pytest.mark.parametrize("code", [400, 401, 403, 422])
async def test_a_refusal_that_will_not_pass_is_raised(clock: LoopClock, code: int) -> None:
    with pytest.raises(HfHubHTTPError) as refused:
        await waiter(Script(clock, [refusal(code)]))[0].run()

    assert refused.value.response.status_code == code


async def test_nobody_there_at_the_first_look_is_raised(clock: LoopClock) -> None:
    with pytest.raises(httpx2.ConnectError):
        await waiter(Script(clock, [httpx2.ConnectError("refused")]))[0].run()


async def test_with_a_daemon_it_asks_the_daemon_and_reads_once(clock: LoopClock) -> None:
    script = Script(clock, [document()], waits=[LATE, LATE, REACHED], takes_seconds=1000)

    await waiter(script)[0].run()

    assert script.asked == [("wait", 0), ("wait", 50), ("wait", 100), ("read", 150)]  # the daemon has probed


@pytest.mark.parametrize(("end", "state"), [("paused", "paused"), ("failed", "failed"), ("gone", "")])
async def test_what_a_daemon_gives_up_is_looked_at_afresh(clock: LoopClock, end: str, state: str) -> None:
    script = Script(clock, [document(state) if state else refusal(404)], waits=[{"end": end}])

    with pytest.raises((InferenceEndpointPaused, InferenceEndpointFailed, InferenceEndpointGone)):
        await waiter(script)[0].run()

    assert script.whats() == ["wait", "fresh"]


async def test_a_daemon_that_is_behind_is_asked_again(clock: LoopClock) -> None:
    """It says paused, and the endpoint was resumed a moment ago."""
    script = Script(clock, [document("initializing"), document()], waits=[{"end": "paused"}, REACHED])

    await waiter(script)[0].run()

    assert script.asked == [("wait", 0), ("fresh", 0), ("wait", REFRESH), ("read", REFRESH)]


@pytest.mark.parametrize(
    "answer",
    [refusal(401), refusal(404), refusal(405), InferenceEndpointUnreadable("a page"), {"end": "news"}, {}],
    ids=["401", "404", "405", "no JSON", "unknown", "empty"],
)
async def test_where_no_daemon_admits_it_it_looks_itself(clock: LoopClock, answer: Any) -> None:
    script = Script(clock, [document("initializing"), document()], waits=[answer])

    await waiter(script)[0].run()

    assert script.whats() == ["wait", "read", "read", "probe"]


@pytest.mark.parametrize("answer", [LATE, refusal(503), httpx2.ReadError("gone"), REACHED, {"end": "failed"}], ids=str)
async def test_whatever_a_daemon_answers_at_once_it_is_asked_with_a_pause(clock: LoopClock, answer: Any) -> None:
    script = Script(clock, [document("initializing")], waits=[LATE, answer])
    waiting, _ = waiter(script)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(100):
            await waiting.run()

    assert len(script.asked) <= 2 * (100 / REFRESH + 1)


@pytest.mark.parametrize("trouble", [refusal(503), refusal(429), httpx2.ReadError("gone")], ids=["503", "429", "gone"])
async def test_a_daemon_that_is_being_restarted_is_waited_for(clock: LoopClock, trouble: Exception) -> None:
    script = Script(clock, [document()], waits=[LATE, trouble, REACHED], takes_seconds=50)

    await waiter(script)[0].run()

    assert script.whats() == ["wait", "wait", "wait", "read"]


async def test_near_its_end_it_asks_a_daemon_for_no_longer_than_it_has(clock: LoopClock) -> None:
    script = Script(clock, [document()], waits=[LATE], takes_seconds=1000)
    waiting, _ = waiter(script, until=60)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(60):
            await waiting.run()

    assert script.spans == [50, 9.5, 1]
    assert waiting.missing == "status running; it is initializing"
