"""Following a daemon whose stream is cut at random bytes prints each event once."""

import json
import random
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from urllib.parse import parse_qs, urlsplit

import pytest

from service.cli.asking import Daemon
from service.cli.finding import address, find
from service.cli.following import follow
from tests.unit.cli.hands import event

CUTS = 100
LAST = 1000


class Cutting(BaseHTTPRequestHandler):
    """Tells every third event, and of the others only how far it read; cut off after a random number of bytes."""

    chance = random.Random(3)
    cuts = 0

    def do_GET(self) -> None:
        after = int(parse_qs(urlsplit(self.path).query)["after"][0])
        told = "".join(map(message, range(after + 1, LAST + 1))).encode()
        Cutting.cuts += 1
        self.send_response(200)
        self.end_headers()
        self.wfile.write(told[: self.chance.randrange(4000)] if Cutting.cuts <= CUTS else told)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def message(position: int) -> str:
    if position % 3:
        return f"id: {position}\n: ping\n\n"
    return f"id: {position}\nevent: x\ndata: {json.dumps(event(position))}\n\n"


@pytest.fixture
def cutting() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Cutting)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_each_event_is_printed_once_however_often_the_stream_is_cut(
    cutting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.cli.following.AGAIN_SECONDS", 0.0)
    found = find()

    told = follow(Daemon(address(cutting, found), found), {}, after=0)
    positions = [one["position"] for one in islice(told, LAST // 3)]

    assert positions == list(range(3, LAST + 1, 3))
    assert Cutting.cuts > CUTS / 2
