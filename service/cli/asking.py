"""Asking the daemon over HTTP, with the standard library alone: such a command must start at once.

A refusal becomes a `Stop` with the daemon's own sentence and the exit code that belongs to it.
"""

import http.client
import json
import os
import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from service.cli.exits import OF_HTTP, Exit, Stop
from service.cli.finding import Address, Found, actor, token, token_path
from service.failures import told_why

READ_SECONDS = 30.0  # for an answer that the daemon has at hand
ACT_SECONDS = 300.0  # for one that tells an effect seen at Hugging Face
QUIET_SECONDS = 60.0  # after which a silent stream is asked for anew

# What answers at an address that a refusal of the daemon points to, for who sits at a terminal.
LISTS = {"endpoints": "lamplighter list", "leases": "lamplighter leases", "tokens": "lamplighter token list"}
_LISTED = re.compile(rf"GET /api/({'|'.join(LISTS)}) lists")

Query = Mapping[str, str | int | list[str] | None]


class NotReached(Stop):
    """Nobody answers where the daemon should be; `lost`: somebody was there, and went away before the answer."""

    def __init__(
        self, at: Address, why: str, *, lost: bool = False, more: str = "", document: Mapping[str, Any] | None = None
    ) -> None:
        """Say what it means that nobody is there."""
        sentence = f"daemon not reached at {at}. While it is down nothing is paused; alerts and resumes wait."
        told = {"reached": False, "url": f"{at.scheme}://{at}", "error": f"daemon not reached at {at}: {why}"}
        super().__init__(f"{sentence}{more}", Exit.NOT_REACHED, document={**told, **(document or {})})
        self.at = at
        self.why = why
        self.lost = lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the daemon answered."""

    code: int
    document: Any

    @property
    def error(self) -> str:
        """Return the daemon's own sentence, where it gave one; it names commands in place of addresses."""
        if isinstance(self.document, dict) and isinstance(self.document.get("error"), str):
            return _LISTED.sub(lambda found: f"`{LISTS[found[1]]}` lists", str(self.document["error"]))
        return f"the daemon answered {self.code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a stream carried: an event, or (no document) only how far the log was read."""

    position: int | None
    document: Any


class Daemon:
    """The daemon at an address. `key` makes everything this process asks for one and the same request."""

    def __init__(self, at: Address, found: Found) -> None:
        """Reach nobody yet."""
        self.at = at
        self.found = found
        self.key = os.urandom(16).hex()

    def get(self, path: str, query: Query | None = None, *, seconds: float = READ_SECONDS) -> Any:
        """Return what stands there."""
        return self.checked(self.ask("GET", path, query=query, seconds=seconds))

    def pages(self, path: str, query: Query | None = None, *, seconds: float = READ_SECONDS) -> Iterator[Any]:
        """Yield the items of every page of a list."""
        after: str | int | None = None
        while True:
            page = self.get(path, {**(query or {}), "after": after}, seconds=seconds)
            yield from page["items"]
            after = page["next"]
            if after is None:
                return

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Mapping[str, Any] | None = None,
        seconds: float = READ_SECONDS,
    ) -> Reply:
        """Return the answer, whatever its status; raise NotReached when there is none."""
        connection = self._send(method, path, query=query, body=body, seconds=seconds)
        try:
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise NotReached(self.at, f"the connection was lost: {told_why(error)}", lost=True) from error
        finally:
            connection.close()
        return Reply(code=response.status, document=self._decoded(text))

    def checked(self, reply: Reply) -> Any:
        """Return the document of a good answer; raise Stop with the sentence of another."""
        if reply.code < 400:
            return reply.document
        sentence = reply.error
        if reply.code == 401:
            sentence += f". {self._where_tokens_are()}"
        if reply.code == 404:
            from service.cli.nearby import hint  # what it imports, nobody else pays for

            sentence += hint(self, reply.document)
        raise Stop(sentence, OF_HTTP.get(reply.code, Exit.FAILED))

    def stream(self, path: str, query: Query | None = None) -> Iterator[Message]:
        """Yield what a stream of server-sent events carries, until it ends or falls silent."""
        connection = self._send("GET", path, query=query, seconds=QUIET_SECONDS, accept="text/event-stream")
        try:
            response = connection.getresponse()
            if response.status >= 400:
                self.checked(Reply(code=response.status, document=self._decoded(response.read())))
            data: list[str] = []
            position: int | None = None
            while (line := response.readline()).endswith(b"\n"):  # a last line that was cut off tells nothing
                text = line.decode("utf-8").rstrip("\r\n")
                if text.startswith("data:"):
                    data.append(text.removeprefix("data:").removeprefix(" "))
                elif text.startswith("id:"):
                    position = int(text.removeprefix("id:"))
                elif not text and (data or position is not None):
                    yield Message(position=position, document=json.loads("\n".join(data)) if data else None)
                    data, position = [], None
        except (OSError, http.client.HTTPException) as error:
            raise NotReached(self.at, f"the stream broke: {told_why(error)}", lost=True) from error
        finally:
            connection.close()

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Query | None,
        seconds: float,
        body: Mapping[str, Any] | None = None,
        accept: str = "application/json",
    ) -> http.client.HTTPConnection:
        given = {key: value for key, value in (query or {}).items() if value not in (None, [])}
        try:
            target = f"{self.at.prefix}{path}{'?' if given else ''}{urlencode(given, doseq=True)}"
        except UnicodeEncodeError as error:
            raise Stop(f"{error.object[:60]!r} is no text that can be asked for: it is not UTF-8", Exit.USAGE) from None
        connection = self._connection(seconds)
        try:
            text, headers = None if body is None else json.dumps(body), {**self._headers(method), "Accept": accept}
            connection.request(method, target, body=text, headers=headers)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise NotReached(self.at, told_why(error)) from error
        return connection

    def _connection(self, seconds: float) -> http.client.HTTPConnection:
        if self.at.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self.at.host, self.at.port, timeout=seconds, context=context)
        return http.client.HTTPConnection(self.at.host, self.at.port, timeout=seconds)

    def _headers(self, method: str) -> dict[str, str]:
        headers = {"X-Lamplighter-Actor": actor()}
        if (secret := token(self.at, self.found)) is not None:
            headers["Authorization"] = f"Bearer {secret}"
        if method != "GET":
            headers |= {"Content-Type": "application/json", "Idempotency-Key": self.key}
        return headers

    def _decoded(self, text: bytes) -> Any:
        try:
            return json.loads(text) if text else None
        except ValueError:
            sentence = f"{self.at} answers, but not as Lamplighter does. Name the daemon with --url or LAMPLIGHTER_URL"
            raise Stop(sentence, Exit.FAILED) from None

    def _where_tokens_are(self) -> str:
        return (
            f"The token is taken from LAMPLIGHTER_TOKEN, from the file LAMPLIGHTER_TOKEN_FILE, from token_file in the "
            f"configuration, or from {token_path(self.at)}, where the daemon's own user can read it"
        )


def endpoint_path(endpoint: str, *rest: str) -> str:
    """Return the path of an endpoint, or of something of it, in the API."""
    return "/".join(["/api/endpoints", *(quote(part, safe="") for part in endpoint.split("/")), *rest])
