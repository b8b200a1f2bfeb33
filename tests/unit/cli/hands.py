"""A daemon that says what a test lets it say, and a terminal to ask it from."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, as the daemon saw it."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any


@dataclass(slots=True, kw_only=True)
class Told:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@dataclass(slots=True, kw_only=True)
class SaidDaemon:
    """`answers` by method and path: one answer, or several, one after the other, the last for ever.

    A text is sent as it is, as a stream of events; any other document as JSON.
    """

    url: str
    answers: dict[tuple[str, str], list[Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def says(self, method: str, path: str, *answers: Answer) -> None:
        self.answers[method, path] = list(answers)

    def next(self, method: str, path: str) -> Answer:
        left = self.answers.get((method, path))
        if not left:
            return 404, {"error": f"there is nothing at {path}"}
        return left.pop(0) if len(left) > 1 else left[0]


@contextmanager
def said_daemon() -> Iterator[SaidDaemon]:
    """Serve on a free port of loopback, in a thread."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    daemon = SaidDaemon(url=f"http://127.0.0.1:{server.server_address[1]}")
    server.RequestHandlerClass = _handler(daemon)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield daemon
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(daemon: SaidDaemon) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            daemon.asked.append(
                Asked(
                    method=self.command,
                    path=parts.path,
                    query=parse_qs(parts.query),
                    headers=dict(self.headers.items()),
                    body=json.loads(body) if body else None,
                )
            )
            code, said = daemon.next(self.command, parts.path)
            data = said.encode() if isinstance(said, str) else json.dumps(said).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815  # the names are http.server's

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return Handler


Run = Callable[..., Told]


def event(position: int, type_: str = "endpoint.status_changed", **data: Any) -> dict[str, Any]:
    """Return an event as the daemon shows it; a pause of acme/tgi, if nothing else is said."""
    seen = f"2026-07-02T12:03:{position % 60:02d}Z"
    window = {"not_before": "2026-07-02T12:02:00Z", "seen_at": seen, "gap": False}
    return {
        "id": f"{position:032x}",
        "position": position,
        "stream": "endpoint/acme/tgi/2026-01-01T00:00:00.000000Z",
        "version": position,
        "namespace": "acme",
        "endpoint": "acme/tgi",
        "type": type_,
        "schema": 1,
        "time": seen,
        "actor": "watcher",
        "data": data or {"window": window, "old": "running", "new": "paused", "kind": "direct", "via": []},
    }
