"""Clients that take a whole log, in every form in which it is handed out; each yields the position of every event.

They count on nothing but what the documents promise: the header `Link` that names the next page, the ids of a stream,
an event a line. A form of `/api/events` that is not read here yet is a KeyError, not a form that goes unmeasured.
"""

import csv
import re
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from http.client import HTTPConnection
from typing import BinaryIO

import msgspec

from service.web import formats, stream
from service.web.reading import MOST_ITEMS
from tests.e2e.daemons import Daemon
from tests.e2e.processes import LAMPLIGHTER

PATIENCE_SECONDS = 60.0
ONE = "cloudevents"  # a page that is one event: nobody takes a log by those

Positions = Iterator[int]
Taker = Callable[[Daemon], Positions]


class Shown(msgspec.Struct):
    """An event as the API shows it, or as a CloudEvent."""

    position: int | None = None
    sequence: str | None = None

    @property
    def place(self) -> int:
        """Return its position."""
        return int(self.sequence or 0) if self.position is None else self.position


class Page(msgspec.Struct):
    """A page of `/api/events`."""

    items: list[Shown]


shown = msgspec.json.Decoder(Shown).decode


def _lines(body: bytes) -> Positions:
    return (shown(line).place for line in body.splitlines())


def _table(body: bytes) -> Positions:
    header, *rows = csv.reader(body.decode().splitlines())
    place = header.index("position")
    return (int(row[place]) for row in rows)


READ: Mapping[str, Callable[[bytes], Positions]] = {
    "json": lambda body: (event.place for event in msgspec.json.decode(body, type=Page).items),
    "jsonl": _lines,
    "csv": _table,
    "cloudevents-batch": lambda body: (event.place for event in msgspec.json.decode(body, type=list[Shown])),
}


def over_http() -> Mapping[str, Taker]:
    """Return those who ask the daemon itself, by the name of what they take."""
    of_pages = {f"pages, {form}": partial(pages, form=form) for form in formats.FORMATS if form != ONE}
    of_streams = {f"stream, {form}": partial(streamed, form=form) for form in stream.FORMATS}
    return {**of_pages, **of_streams}


def pages(daemon: Daemon, form: str) -> Positions:
    """Take page after page, on one connection."""
    read, path = READ[form], f"/api/events?after=0&limit={MOST_ITEMS}&format={form}"
    with closing(HTTPConnection("127.0.0.1", daemon.port, timeout=PATIENCE_SECONDS)) as connection:
        while path:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
            if response.status != 200:
                raise RuntimeError(f"{path} was answered with {response.status}: {body[:300]!r}")
            yield from read(body)
            following = re.fullmatch(r'<(\?.+)>; rel="next"', response.getheader("Link") or "")
            path = f"/api/events{following[1]}" if following else ""


def streamed(daemon: Daemon, form: str) -> Positions:
    """Take what the stream sends, from the beginning of the log."""
    with asked(daemon, f"/api/events/stream?after=0&format={form}") as connection, connection.makefile("rb") as said:
        _require_ok(said)
        told = 0
        for line in said:
            if line.startswith(b"id: "):
                told = int(line[4:])
            elif line.startswith(b"data: "):
                place = shown(line[6:]).place
                if place != told:
                    raise RuntimeError(f"the stream calls the event at {place} the one at {told}")
                yield place


def _require_ok(said: BinaryIO) -> None:
    status = said.readline()
    if status.split()[1:2] != [b"200"]:
        raise RuntimeError(f"the stream was answered with {status!r}")


@contextmanager
def asked(daemon: Daemon, path: str, *, window: int | None = None) -> Iterator[socket.socket]:
    """Ask as HTTP 1.0 does, where the body is all that follows the head; `window`: take no more bytes than that ahead.

    A connection that is closed before its end is for the daemon a caller who has left.
    """
    with socket.socket() as connection:
        connection.settimeout(PATIENCE_SECONDS)
        if window is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        connection.connect(("127.0.0.1", daemon.port))
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{daemon.port}\r\n\r\n".encode())
        yield connection


@contextmanager
def command(daemon: Daemon, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command of the command line that prints events, one a line."""
    environment = daemon.machine.environment({"LAMPLIGHTER_CONFIG": str(daemon.file), "LAMPLIGHTER_URL": daemon.url})
    with subprocess.Popen([LAMPLIGHTER, *words], env=environment, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def printed(process: subprocess.Popen[bytes]) -> Positions:
    """Take the lines of such a command, but for the heading of a copy."""
    assert process.stdout is not None
    for line in process.stdout:
        place = shown(line).place
        if place:
            yield place
