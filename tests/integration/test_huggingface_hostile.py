"""The client against servers that do what the real one should not: scripted, in one loop and in virtual time."""

import asyncio
import traceback
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from service.clock import LoopClock
from service.huggingface import HuggingFace, Limits, Tokens
from service.masking import Masker
from service.ports import HubError, Unavailable
from statemachine.model import Missing
from tests.integration.hostile import TGI, TOKEN, Stage, client, served
from tests.unit.huggingface.documents import document, encoded

pytestmark = pytest.mark.looptime


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with served() as one:
        yield one


async def test_a_cursor_that_repeats_does_not_go_on_for_ever(stage: Stage) -> None:
    stage.says('{"items": [], "nextCursor": "again"}')

    async with client(stage.url) as hub:
        with pytest.raises(Unavailable, match="its pages do not end") as raised:
            await hub.sweep("acme")

    assert raised.value.word == "malformed"
    assert [request.query.get("cursor") for request in stage.asked] == [None, "again"]
    assert {request.query["limit"] for request in stage.asked} == {"100"}


async def test_cursors_that_never_end_are_given_up(stage: Stage) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response({"items": [], "nextCursor": f"next&+ {len(stage.asked)}"})

    stage.answer = answer

    async with client(stage.url, limits=Limits(pages=5)) as hub:
        with pytest.raises(Unavailable, match="its pages do not end"):
            await hub.sweep("acme")

    assert [request.query.get("cursor") for request in stage.asked][:3] == [None, "next&+ 1", "next&+ 2"]
    assert len(stage.asked) == 5


async def test_of_two_looks_at_one_name_on_shifting_pages_the_later_counts(stage: Stage) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        last = "cursor" in request.query
        return web.json_response(
            {"items": [document(state="paused" if last else "running")], "nextCursor": None if last else "2"}
        )

    stage.answer = answer

    async with client(stage.url) as hub:
        sweep = await hub.sweep("acme")

    assert "PAUSED" in repr(sweep.items[TGI].observation)


@pytest.mark.parametrize(
    "body", ["", "[]", "null", '{"items": 5}', '{"items": [', "<html>", '{"nextCursor": null}', b"\xff", "[" * 100_000]
)
async def test_a_page_that_is_none_is_malformed(stage: Stage, body: bytes | str) -> None:
    stage.says(body)

    async with client(stage.url) as hub:
        with pytest.raises(Unavailable) as raised:
            await hub.sweep("acme")

    assert raised.value.word == "malformed"
    assert len(stage.asked) == 4


async def test_items_that_are_no_endpoints_are_counted(stage: Stage) -> None:
    stage.says(b'{"items": [1, null, "x", {}, [], {"name": "a/b"}, %s]}' % encoded(document()))

    async with client(stage.url) as hub:
        sweep = await hub.sweep("acme")

    assert sweep.nameless == 6
    assert list(sweep.items) == [TGI]


async def test_an_answer_without_end_is_cut_off(stage: Stage) -> None:
    stage.says(b"x" * 50_000)

    async with client(stage.url, limits=Limits(body_bytes=10_000)) as hub:
        with pytest.raises(Unavailable, match="longer than 10000 bytes") as raised:
            await hub.look(TGI)

    assert raised.value.word == "malformed"


async def test_a_packed_answer_is_unpacked(stage: Stage) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.Response(body=b'{"items": [%s]}' % encoded(document()))
        response.enable_compression(web.ContentCoding.gzip)
        return response

    stage.answer = answer

    async with client(stage.url) as hub:
        assert list((await hub.sweep("acme")).items) == [TGI]

    assert "gzip" in stage.asked[0].headers["Accept-Encoding"]
    assert stage.asked[0].headers["User-Agent"].startswith("lamplighter")


@pytest.mark.parametrize("code", [301, 302, 307, 308])
async def test_the_token_does_not_follow_a_redirect(stage: Stage, code: int) -> None:
    async with served() as other:
        stage.says(status=code, Location=f"{other.url}/v2/endpoint/acme")

        async with client(stage.url) as hub:
            for call in (hub.sweep("acme"), hub.look(TGI), hub.pause(TGI)):
                with pytest.raises(Unavailable, match="redirects are not followed"):
                    await call
            assert not await hub.healthy(stage.url, "/health", "acme")

    assert other.asked == []
    assert len(stage.asked) == 4


async def test_a_404_page_of_a_proxy_is_not_a_deletion(stage: Stage) -> None:
    async with client(stage.url) as hub:
        stage.says("<html>not found</html>", status=404)
        with pytest.raises(Unavailable, match="web page"):
            await hub.look(TGI)

        for body in ('{"error": "Not Found"}', "", "Not Found"):
            stage.says(body, status=404)
            assert isinstance(await hub.look(TGI), Missing)


@pytest.mark.parametrize(
    "headers, seconds",
    [
        ({"Retry_After": "20"}, 20),
        ({"Retry_After": "Mon, 02 Mar 2026 00:00:30 GMT"}, 30),
        ({"RateLimit": "r=0;t=9"}, 9),
    ],
)
async def test_the_next_try_waits_as_long_as_it_was_told(stage: Stage, headers: dict[str, str], seconds: float) -> None:
    times: list[float] = []
    clock = LoopClock(start=datetime(2026, 3, 2, tzinfo=UTC))

    async def answer(request: web.Request) -> web.StreamResponse:
        times.append(clock.monotonic())
        told = {key.replace("_", "-"): value for key, value in headers.items()}
        return web.Response(status=429, headers=told) if len(times) == 1 else web.json_response({"items": []})

    stage.answer = answer

    async with client(stage.url, clock=clock) as hub:
        await hub.sweep("acme")

    assert seconds <= times[1] - times[0] <= seconds + 0.5


async def test_a_wait_that_is_too_long_is_not_waited_for(stage: Stage) -> None:
    stage.says(status=429, Retry_After="86400")

    async with client(stage.url) as hub:
        with pytest.raises(Unavailable) as raised:
            await hub.sweep("acme")

    assert raised.value.word == "rate_limited"
    assert len(stage.asked) == 1


async def test_without_a_server_there_is_a_typed_error_that_says_what_to_check() -> None:
    async with client(f"http://127.0.0.1:{unused_port()}") as hub:
        for call in (hub.sweep("acme"), hub.look(TGI), hub.pause(TGI), hub.whoami("acme")):
            with pytest.raises(Unavailable, match="check the network, the proxy variables and hub_url") as raised:
                await call
            assert raised.value.word == "connection"
        assert not await hub.healthy(f"http://127.0.0.1:{unused_port()}", "/health", "acme")


async def test_a_write_whose_connection_was_refused_is_tried_again() -> None:
    port = unused_port()
    clock = LoopClock(start=datetime(2026, 3, 2, tzinfo=UTC))
    app = web.Application()

    async def pause(request: web.Request) -> web.StreamResponse:
        return web.json_response(document(state="paused"))

    app.router.add_post("/v2/endpoint/acme/tgi/pause", pause)
    runner = web.AppRunner(app)
    await runner.setup()

    class Starting(LoopClock):
        """A clock during whose first sleep the server comes up."""

        async def sleep(self, seconds: float) -> None:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            await super().sleep(seconds)

    async with client(f"http://127.0.0.1:{port}", clock=Starting(start=clock.now())) as hub:
        item = await hub.pause(TGI)
    await runner.cleanup()

    assert "PAUSED" in repr(item.observation)


async def test_the_token_goes_to_the_platform_and_to_nobody_else(stage: Stage) -> None:
    async with served() as other, client(stage.url) as hub:
        await hub.healthy(stage.url, "/health", "acme")
        await hub.healthy(other.url, "/health", "acme")
        await hub.healthy(other.url, "@huggingface.co/health", "acme")
        await hub.healthy(other.url, "//huggingface.co/health", "acme")

        assert stage.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"
        assert [request.headers.get("Authorization") for request in other.asked] == [None] * 3


@pytest.mark.parametrize(
    "url, trusted",
    [
        ("https://abc.us-east-1.aws.endpoints.huggingface.cloud/health", True),
        ("https://api.endpoints.huggingface.cloud", True),
        ("https://huggingface.co/x", True),
        ("http://abc.us-east-1.aws.endpoints.huggingface.cloud/health", False),
        ("https://endpoints.huggingface.cloud.evil.com", False),
        ("https://evilendpoints.huggingface.cloud", False),
        ("https://huggingface.co.evil.com", False),
        ("https://huggingface.co:8443", False),
        ("http://huggingface.co", False),
        ("https://llm.example.com", False),
    ],
)
def test_what_the_platform_is(url: str, trusted: bool) -> None:
    from yarl import URL

    clock = LoopClock(start=datetime(2026, 3, 2, tzinfo=UTC))
    hub = HuggingFace(tokens=Tokens(default=lambda: TOKEN), clock=clock, masker=Masker())

    assert hub._is_platform(URL(url)) is trusted


@pytest.mark.parametrize("url", ["", "h", "ftp://x/", "http://[", "http://", "javascript:alert(1)"])
async def test_what_is_no_url_is_not_healthy(stage: Stage, url: str) -> None:
    async with client(stage.url) as hub:
        assert not await hub.healthy(url, "/health", "acme")


async def test_a_health_route_that_hangs_is_not_healthy(stage: Stage) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(10_000)
        return web.Response()

    stage.answer = answer
    loop = asyncio.get_running_loop()

    async with client(stage.url) as hub:
        before = loop.time()
        assert not await hub.healthy(stage.url, "/health", "acme")
        assert loop.time() - before == pytest.approx(10, abs=0.1)


async def test_an_answer_that_drips_for_ever_is_given_up(stage: Stage) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(1)

    stage.answer = answer
    loop = asyncio.get_running_loop()

    async with client(stage.url) as hub:
        before = loop.time()
        with pytest.raises(Unavailable) as raised:
            await hub.sweep("acme")

    assert raised.value.word == "timeout"
    assert loop.time() - before <= 90.1


async def test_a_whole_sweep_has_a_limit_of_its_own(stage: Stage) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(20)
        return web.json_response({"items": [], "nextCursor": str(len(stage.asked))})

    stage.answer = answer

    async with client(stage.url) as hub:
        with pytest.raises(Unavailable, match="within 300 s") as raised:
            await hub.sweep("acme")

    assert raised.value.word == "timeout"
    assert len(stage.asked) == 15


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 409, 422, 429, 500])
@pytest.mark.parametrize(
    "body", [TOKEN, f'{{"error": "{TOKEN}"}}', f'{{"{TOKEN}": "{TOKEN}"}}', f'{{"items": "{TOKEN}"}}', f"<p>{TOKEN}"]
)
async def test_no_error_of_the_client_tells_a_token(stage: Stage, status: int, body: str) -> None:
    stage.says(body, status=status, Location=f"https://{TOKEN}.com", Retry_After="86400")

    async with client(stage.url) as hub:
        for call in (hub.sweep("acme"), hub.pause(TGI), hub.whoami("acme"), hub.prices("acme")):
            try:
                told = repr(await call)
            except HubError as error:
                told = "".join(traceback.format_exception(error)) + repr(vars(error))
            assert TOKEN not in told


async def test_a_status_line_that_is_garbage_is_not_quoted() -> None:
    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"GARBAGE {TOKEN}\r\n\r\n".encode())
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(garbage, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async with server, client(f"http://127.0.0.1:{port}") as hub:
        with pytest.raises(Unavailable) as raised:
            await hub.sweep("acme")

    assert raised.value.word == "connection"
    assert TOKEN not in "".join(traceback.format_exception(raised.value))


async def test_a_proxy_is_used(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", stage.url.replace("://", "://joe:pw@"))

    async with client("http://hub.invalid") as hub:
        assert (await hub.sweep("acme")).items == {}

    assert stage.asked[0].headers["Host"] == "hub.invalid"
    assert stage.asked[0].headers["Proxy-Authorization"].startswith("Basic ")


async def test_a_session_that_was_given_stays_open(stage: Stage, tmp_path: Path) -> None:
    import aiohttp

    async with aiohttp.ClientSession() as session:
        hub = HuggingFace(
            session,
            tokens=Tokens(default=lambda: TOKEN),
            clock=LoopClock(start=datetime(2026, 3, 2, tzinfo=UTC)),
            masker=Masker(),
            api_url=f"{stage.url}/v2/",
        )
        await hub.sweep("acme")
        await hub.close()
        assert not session.closed

    assert stage.asked[0].path == "/v2/endpoint/acme"
