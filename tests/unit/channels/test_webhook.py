"""A webhook against a real server: signed, never redirected, and told of nothing it should not know."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks
from aiohttp import web
from aiohttp.test_utils import unused_port

from service.channels.webhook import Webhook
from service.clock import LoopClock, SystemClock
from service.config import Channel, Hook
from service.hooks import Parcel
from service.subscribers.outbox.port import Rejected
from tests.unit.channels.messages import NOON, SECRET, message

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Receiver:
    """A server that keeps what it was sent and answers as it is told."""

    url: str
    secret: Path
    answer: Answer
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.StreamResponse:
        self.got.append((dict(request.headers), await request.read()))
        return await self.answer(request)

    def channel(self, **more: Any) -> Webhook:
        said: dict[str, Any] = {"url": self.url, "secret_file": self.secret} | more
        return Webhook(Channel(**said), clock=LoopClock(start=NOON))


def answering(status: int, **more: Any) -> Answer:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, **more)

    return answer


@asynccontextmanager
async def receiver(folder: Path, answer: Answer) -> AsyncIterator[Receiver]:
    secret = folder / "secret"
    secret.write_text(SECRET)
    made = Receiver(url="", secret=secret, answer=answer)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = "http://127.0.0.1:{1}/h00k".format(*runner.addresses[0])
    try:
        yield made
    finally:
        await runner.cleanup()


async def test_the_receiver_can_verify_what_it_got(tmp_path: Path) -> None:
    async with receiver(tmp_path, answering(204)) as at:
        await Webhook(Channel(url=at.url, secret_file=at.secret), clock=SystemClock()).send(message())

    ((headers, body),) = at.got
    event = standardwebhooks.Webhook(SECRET).verify(body, headers)
    assert headers["webhook-id"] == event["id"] == "5b1f"
    assert headers["Content-Type"].startswith("application/cloudevents+json")
    assert headers["User-Agent"] == "lamplighter"


async def test_a_secret_and_a_url_that_change_count_at_once(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("http://127.0.0.1:9/gone\n")
    async with receiver(tmp_path, answering(200)) as at:
        channel = at.channel(url=None, url_file=file)
        file.write_text(at.url + "\n")

        await channel.send(message())
        at.secret.write_text("whsec_" + "b3RoZXI0" * 5)
        await channel.send(message())

    first, second = (headers["webhook-signature"] for headers, _ in at.got)
    assert first != second


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("Mon, 02 Mar 2026 12:05:00 GMT", 300),
        ("soon", None),
        (None, None),
        ("9" * 5000, 10**6),
        ("Mon, 02 Mar 2026 12:05:00 +99999999999999", None),
    ],
)
async def test_a_refusal_says_what_was_answered_and_when_to_come_again(
    tmp_path: Path, header: str | None, seconds: int | None
) -> None:
    headers = {} if header is None else {"Retry-After": header}
    async with receiver(tmp_path, answering(503, text="busy, hf_abcdefghijklmnop", headers=headers)) as at:
        with pytest.raises(Rejected, match=r"^127\.0\.0\.1 answered 503: busy, <masked>$") as raised:
            await at.channel().send(message())

    wanted = None if seconds is None else timedelta(seconds=seconds)
    if wanted is None:
        assert raised.value.retry_after is None
    else:
        assert raised.value.retry_after is not None
        assert abs(raised.value.retry_after - wanted) < timedelta(seconds=5)
    assert not raised.value.gone


async def test_a_long_answer_is_cut(tmp_path: Path) -> None:
    async with receiver(tmp_path, answering(500, text="no " * 100_000)) as at:
        with pytest.raises(Rejected) as raised:
            await at.channel().send(message())

    assert len(str(raised.value)) < 600


async def test_one_that_is_gone_says_so(tmp_path: Path) -> None:
    async with receiver(tmp_path, answering(410)) as at:
        with pytest.raises(Rejected) as raised:
            await at.channel().send(message())

    assert raised.value.gone


async def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    async with receiver(tmp_path, answering(307, headers={"Location": "/elsewhere"})) as at:
        with pytest.raises(Rejected, match="redirects are not followed"):
            await at.channel().send(message())

    assert len(at.got) == 1


@pytest.mark.looptime
async def test_one_that_does_not_answer_is_left_after_its_time(tmp_path: Path) -> None:
    async def never(_: web.Request) -> web.Response:
        await asyncio.sleep(3600)
        return web.Response()

    async with receiver(tmp_path, never) as at:
        with pytest.raises(Rejected, match="did not answer within 15 s"):
            await at.channel().send(message())


async def test_one_that_is_not_there_is_a_refusal_without_the_url(tmp_path: Path) -> None:
    async with receiver(tmp_path, answering(200)) as at:
        with pytest.raises(Rejected, match=r"^cannot reach 127\.0\.0\.1: ") as raised:
            await at.channel(url=f"http://127.0.0.1:{unused_port()}/h00k").send(message())

    assert "h00k" not in str(raised.value)


async def test_a_name_that_leads_to_this_machine_is_refused_when_it_is_connected_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiver(tmp_path, answering(200)) as at:
        port = at.url.split(":")[2].split("/")[0]

        async def resolve(*_: object, **__: object) -> list[Any]:
            return [(2, 1, 6, "", ("127.0.0.1", int(port)))]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        with pytest.raises(Rejected, match=r"hooks\.example\.com is at the private address 127\.0\.0\.1"):
            await at.channel(url=f"https://hooks.example.com:{port}/h00k").send(message())

    assert at.got == []


async def test_what_goes_to_this_machine_passes_no_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{unused_port()}")
    async with receiver(tmp_path, answering(200)) as at:
        await at.channel().send(message())

    assert len(at.got) == 1


async def test_a_proxy_is_used_and_may_be_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiver(tmp_path, answering(200)) as at:
        monkeypatch.setenv("http_proxy", at.url)
        await at.channel(url="http://hooks.example.com/h00k", allow_insecure=True).send(message())
        monkeypatch.setenv("https_proxy", at.url)
        with pytest.raises(Rejected, match=r"cannot reach hooks\.example\.com: ClientHttpProxyError"):
            await at.channel(url="https://hooks.example.com/h00k").send(message())  # this one makes no tunnel

    assert len(at.got) == 1


async def test_a_channel_whose_files_are_missing_is_a_refusal(tmp_path: Path) -> None:
    async with receiver(tmp_path, answering(200)) as at:
        for more in ({"url": None, "url_file": tmp_path / "none"}, {"secret_file": tmp_path / "none"}):
            with pytest.raises(Rejected, match=r"cannot read .*none: FileNotFoundError"):
                await at.channel(**more).send(message())


@pytest.mark.parametrize(("code", "unreachable"), [(429, True), (502, True), (503, True), (504, True), (500, False)])
async def test_an_answer_tells_whether_the_message_was_looked_at(tmp_path: Path, code: int, unreachable: bool) -> None:
    async with receiver(tmp_path, answering(code)) as at:
        with pytest.raises(Rejected) as raised:
            await at.channel().send(message())

    assert raised.value.unreachable is unreachable


async def test_nobody_there_and_an_unusable_file_are_no_fault_of_the_message(tmp_path: Path) -> None:
    async with receiver(tmp_path, answering(204)) as at:
        for more in ({"url": f"http://127.0.0.1:{unused_port()}/h00k"}, {"secret_file": tmp_path / "missing"}):
            with pytest.raises(Rejected) as raised:
                await at.channel(**more).send(message())
            assert raised.value.unreachable


async def test_one_that_takes_the_message_and_never_answers_has_its_own_time(tmp_path: Path) -> None:
    async def never(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    async with receiver(tmp_path, never) as at:
        hook = Webhook(Hook(name="mine", url=at.url), clock=SystemClock(), seconds=0.2)
        with pytest.raises(Rejected, match="did not answer within 0 s") as raised:
            await hook.deliver(Parcel(id="7", body=b"{}"))

    assert not raised.value.unreachable


async def test_a_hook_without_a_secret_is_not_signed(tmp_path: Path) -> None:
    async with receiver(tmp_path, answering(204)) as at:
        await Webhook(Hook(name="mine", url=at.url), clock=SystemClock()).deliver(Parcel(id="7", body=b'{"id":"7"}'))

    ((headers, body),) = at.got
    assert body == b'{"id":"7"}'
    assert not [name for name in headers if name.lower().startswith("webhook-")]


async def test_an_answer_cannot_move_the_cursor_of_the_terminal_that_shows_it(tmp_path: Path) -> None:
    async with receiver(tmp_path, answering(400, text="not\r\n\x1b[31mred\x9b enough\n")) as at:
        with pytest.raises(Rejected, match=r"answered 400: not \[31mred enough$"):
            await at.channel().send(message())


@pytest.mark.parametrize("host", ["a" * 70 + ".example", ".."])
async def test_a_host_that_can_be_none_is_not_the_events_fault(host: str) -> None:
    with pytest.raises(Rejected, match="no host's name") as raised:
        await Webhook(Hook(name="h", url=f"https://{host}/h00k"), clock=SystemClock()).deliver(
            Parcel(id="1", body=b"{}")
        )

    assert raised.value.unreachable
    assert "h00k" not in str(raised.value)
