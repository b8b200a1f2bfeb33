"""Every operation of the client under every fault, one by one and mixed.

Whatever happens, a call ends with its typed error or a right result, within its time limit, with every connection given
back and no task left behind; and nothing is written twice.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings, strategies

from service.huggingface import ActingHuggingFace, Limits
from service.huggingface.answers import Trouble
from service.huggingface.manner import Manner
from service.ports import HubError, Inspector, Item, Sweep, Writer
from statemachine.model import Missing, Seen, Unreadable
from tests.integration.hostile import TGI, Stage, client, served
from tests.integration.mishaps import BEGIN, MISHAPS, Mishap, well

pytestmark = pytest.mark.looptime

SINCE = datetime.fromtimestamp(BEGIN, tz=UTC)
DAY = timedelta(days=1)
LIMITS = Limits(body_bytes=50_000, text_bytes=50_000, pages=20)


async def follow(hub: ActingHuggingFace) -> list[str]:
    async with aclosing(hub.follow_logs(TGI)) as lines:
        return [line async for line in lines]


@dataclass(frozen=True)
class Operation:
    call: Callable[[ActingHuggingFace, str], Awaitable[Any]]
    seconds: float = 90
    tries: int = 4
    writes: bool = False


def reads(call: Callable[[ActingHuggingFace], Awaitable[Any]], seconds: float = 90) -> Operation:
    return Operation(lambda hub, _: call(hub), seconds)


def writes(call: Callable[[ActingHuggingFace], Awaitable[Any]], tries: int = 2) -> Operation:
    return Operation(lambda hub, _: call(hub), tries=tries, writes=True)


OPERATIONS: dict[str, Operation] = {
    "sweep": reads(lambda hub: hub.sweep("acme"), 300),
    "look": reads(lambda hub: hub.look(TGI)),
    "whoami": reads(lambda hub: hub.whoami("acme")),
    "clock_ahead": reads(lambda hub: hub.clock_ahead("acme")),
    "prices": reads(lambda hub: hub.prices("acme")),
    "healthy": Operation(lambda hub, url: hub.healthy(url, "/health", "acme"), seconds=10, tries=1),
    "find": reads(lambda hub: hub.find("acme", tags=("a",)), 300),
    "members": reads(lambda hub: hub.members("acme"), 300),
    "request_counts": reads(lambda hub: hub.request_counts(TGI, since=SINCE, until=SINCE + 2 * DAY, step=DAY)),
    "metric": reads(lambda hub: hub.metric(TGI, "latency", since=SINCE, until=SINCE + 2 * DAY, step=DAY)),
    "open_metrics": reads(lambda hub: hub.open_metrics(TGI)),
    "replicas": reads(lambda hub: hub.replicas(TGI)),
    "logs": reads(lambda hub: hub.logs(TGI)),
    "follow_logs": Operation(lambda hub, _: follow(hub), seconds=30, tries=1),
    "search_logs": reads(lambda hub: hub.search_logs(TGI, search="x")),
    "audit_log": reads(lambda hub: hub.audit_log("acme"), 300),
    "create": writes(lambda hub: hub.create("acme", {"name": "tgi"}), tries=1),
    "update": writes(lambda hub: hub.update(TGI, {"tags": []})),
    "delete": writes(lambda hub: hub.delete(TGI)),
    "pause": writes(lambda hub: hub.pause(TGI)),
    "resume": writes(lambda hub: hub.resume(TGI)),
    "scale_to_zero": writes(lambda hub: hub.scale_to_zero(TGI)),
}

# A log has no shape: what is no web page is a log. It may be endless, and come as slowly as it likes.
ENDLESS_LOG = {"dripping", "endless"}


def operations_of(*ports: type) -> set[str]:
    return {name for port in ports for name in dir(port) if not name.startswith("_")}


def test_every_operation_of_the_ports_has_its_row() -> None:
    assert set(OPERATIONS) == operations_of(Inspector, Writer)
    assert {name for name, row in OPERATIONS.items() if row.writes} == operations_of(Writer)


# --- how it is judged ------------------------------------------------------------------------------------------------


@asynccontextmanager
async def stage_and_client(**how: Any) -> AsyncIterator[tuple[Stage, ActingHuggingFace]]:
    """Give both; see to it that neither a connection nor a task is left."""
    others = asyncio.all_tasks()
    async with served() as stage, client(stage.url, **({"limits": LIMITS} | how)) as hub:
        yield stage, hub
    assert asyncio.all_tasks() == others


def acquired(hub: ActingHuggingFace) -> int:
    sessions = [part._opened for part in (hub._transport, hub._sender) if part._opened is not None]
    return sum(len(session.connector._acquired) for session in sessions if session.connector is not None)


async def outcome(name: str, hub: ActingHuggingFace, url: str) -> Any:
    """Do it; return the word of its error, or its result. Anything else is raised: it would be a fault of ours."""
    loop, row = asyncio.get_running_loop(), OPERATIONS[name]
    begin = loop.time()
    try:
        async with asyncio.timeout(row.seconds + 1):
            return await row.call(hub, url)
    except HubError as error:
        return error
    finally:
        assert loop.time() - begin <= row.seconds + 0.1, f"{name} took {loop.time() - begin:g} s"
        assert acquired(hub) == 0, f"{name} keeps a connection"


def essence(result: Any) -> Any:
    """Return what is the same of two right results."""
    match result:
        case Sweep():
            return sorted((item.name, item.document) for item in result.items.values()), result.nameless
        case Item():
            return result.name, result.document
        case tuple():
            return tuple(essence(part) for part in result)
        case _:
            return result


async def right_results() -> dict[str, Any]:
    async with stage_and_client() as (stage, hub):
        stage.answer = well
        results = {name: await outcome(name, hub, stage.url) for name in OPERATIONS}
    assert not [name for name, result in results.items() if isinstance(result, HubError)]
    return {name: essence(result) for name, result in results.items()}


def is_fit(result: Any, right: Any) -> bool:
    """Return whether this could be a result: of the right kind, if not of the right content."""
    match result:
        case Missing() | Item(observation=Seen() | Unreadable()):
            return isinstance(right, tuple)
        case Sweep():
            return isinstance(right, tuple)
        case None:
            return right is None or isinstance(right, timedelta)  # what time it is, nobody may be able to tell
        case _:
            return isinstance(result, type(right)) or (isinstance(result, dict) and isinstance(right, dict))


# --- one by one ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MISHAPS)
async def test_every_operation_stands_every_fault(name: str) -> None:
    mishap, right = MISHAPS[name], await right_results()

    async with stage_and_client() as (stage, hub):
        stage.answer = mishap.answer
        for operation, row in OPERATIONS.items():
            if operation == "follow_logs" and name in ENDLESS_LOG:
                continue
            before = len(stage.asked)
            told = await outcome(operation, hub, stage.url)
            where = f"{operation} under {name}: {told!r}"
            if isinstance(told, HubError):
                assert told.word in mishap.words, where
                assert ("may have been changed" in str(told)) is (row.writes and told.word == "timeout"), where
            elif operation == "healthy" or (operation in {"logs", "follow_logs", "delete"} and mishap.done):
                assert is_fit(told, right[operation]), where
            else:
                assert mishap.result, where
                assert is_fit(told, right[operation]), where
            if name in {"slow", "packed"}:
                # How healthy it is, and what time, may be another thing by the time of the answer.
                assert essence(told) == right[operation] or operation in {"healthy", "clock_ahead"}, where
            tries = row.tries * (LIMITS.pages if name == "endless pages" else 1)
            # aiohttp by itself sends a GET once more when its connection breaks
            assert len(stage.asked) - before <= tries * (1 if row.writes else 2), where


@pytest.mark.parametrize("operation", ["sweep", "find", "members", "audit_log"])
async def test_pages_without_end_are_nobodys_result(operation: str) -> None:
    async with stage_and_client() as (stage, hub):
        stage.answer = MISHAPS["endless pages"].answer
        told = await outcome(operation, hub, stage.url)

    assert isinstance(told, HubError)
    assert told.word == "malformed"
    assert len(stage.asked) == LIMITS.pages


async def a_line_without_end(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(100):
        await response.write(b"x" * 10_000)
    await asyncio.sleep(10_000)
    return response


@pytest.mark.parametrize("answer", [MISHAPS["dripping"].answer, a_line_without_end], ids=["drip", "flood"])
async def test_a_log_without_end_is_left_by_who_has_enough(answer: Any) -> None:
    async with stage_and_client() as (stage, hub):
        stage.answer = answer
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1000):
                await follow(hub)
        assert acquired(hub) == 0


GREETINGS = {
    "hangs up": b"",
    "garbage": b"GARBAGE hf_abcdefghijklmnopqrst\r\n\r\n",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-",
    "a head without end": b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 20_000,
    "a bad length": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}",
    "bad chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
}


@pytest.mark.parametrize("greeting", GREETINGS)
async def test_every_operation_stands_a_server_that_speaks_no_http(greeting: str) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(GREETINGS[greeting])
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    told: Counter[str] = Counter()

    async with server, client(url, limits=LIMITS) as hub:
        for operation in OPERATIONS:
            result = await outcome(operation, hub, url)
            assert isinstance(result, HubError) or (operation == "healthy" and isinstance(result, bool)), operation
            told[getattr(result, "word", "no")] += 1
            assert "hf_abc" not in f"{result!r}{result}"

    assert set(told) <= {"connection", "malformed", "no"}


async def test_no_more_connections_are_open_than_the_limit_says() -> None:
    open_now = most = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await asyncio.sleep(1)
        open_now -= 1
        return await well(request)

    async with stage_and_client(limits=Limits(connections_per_host=3)) as (stage, hub):
        stage.answer = answer
        async with asyncio.TaskGroup() as tasks:
            for _ in range(20):
                tasks.create_task(hub.look(TGI))

    assert most == 3


async def test_a_call_that_is_cancelled_gives_its_connection_back() -> None:
    async with stage_and_client() as (stage, hub):
        for name in ("silent", "dripping"):
            stage.answer = MISHAPS[name].answer
            for operation, row in OPERATIONS.items():
                with pytest.raises(TimeoutError):  # noqa: PT012  # the time is the caller's own
                    async with asyncio.timeout(5):
                        await row.call(hub, stage.url)
                        raise TimeoutError  # a health route answers at once when only its body drips
                assert acquired(hub) == 0, operation


# --- mixed -----------------------------------------------------------------------------------------------------------


@dataclass
class Course:
    """What befalls the requests, one after the other; then all is well. `done` counts what was carried out."""

    mishaps: list[str]
    done: int = 0
    at: int = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        mishap = MISHAPS[self.mishaps[self.at]] if self.at < len(self.mishaps) else Mishap(well, done=True)
        self.at += 1
        self.done += mishap.done
        return await mishap.answer(request)


MIXED = sorted(set(MISHAPS) - {"too deep", "silent"} - ENDLESS_LOG)
courses = strategies.lists(strategies.sampled_from(MIXED), min_size=1, max_size=5)


async def run_course(operation: str, course: Course) -> Any:
    async with stage_and_client() as (stage, hub):
        stage.answer = course.answer
        return await outcome(operation, hub, stage.url)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(operation=strategies.sampled_from(sorted(OPERATIONS)), mishaps=courses)
async def test_mixed_faults_end_in_a_right_result_or_a_typed_error_and_no_second_write(
    operation: str, mishaps: list[str]
) -> None:
    course, row = Course(mishaps), OPERATIONS[operation]

    told = await run_course(operation, course)

    met = [MISHAPS[name] for name in mishaps[: course.at]]
    if isinstance(told, HubError):
        assert told.word in set().union(*(mishap.words for mishap in met))
    if row.writes:
        assert course.done <= 1
        assert course.at <= row.tries
        assert isinstance(told, HubError) or course.done == 1


@pytest.mark.parametrize("operation", sorted(operations_of(Writer)))
async def test_the_count_finds_a_client_that_writes_again_what_may_have_been_done(
    operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def heedless(_: Manner, trouble: Trouble, tried: int, *rest: object) -> float | None:
        return 1.0 if tried < 4 else None

    monkeypatch.setattr(Manner, "pause", heedless)
    course = Course(["reset", "500"])

    await run_course(operation, course)

    assert course.done == 3
