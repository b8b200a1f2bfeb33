"""A command of one's own: gets the event on its standard input; exit code 0 means taken, 75 that it can take none now.

No shell, hardly any environment (and never a token), its own process group, which is killed when its time is over.
Its input is a file and not a pipe: a command that does not read holds up nobody. Of its complaints the end is kept.
"""

import asyncio
import os
import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import IO

from service.channels import cloudevent
from service.channels.complaints import Complaints
from service.failures import told_why
from service.hooks.port import Parcel
from service.masking import one_line, scrub
from service.subscribers.outbox.port import Outgoing, Rejected

SECONDS = 30.0
NOT_NOW = os.EX_TEMPFAIL
TAIL = 500  # characters of its complaints that an error may show
READ = 8192  # bytes of them that are scrubbed first: a token cut in two would not be known for one
# Enough to find programs and to reach the network as whoever runs the daemon does.
KEPT = (
    *("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
)


class Command:
    """One command, given as its words."""

    def __init__(self, words: Sequence[str], *, seconds: float = SECONDS) -> None:
        """`seconds` of real time are what it may take."""
        self._words = tuple(words)
        self._seconds = seconds

    async def send(self, message: Outgoing) -> None:
        await self.deliver(Parcel(id=message.id, body=cloudevent.render(message), variables=_told(message)))

    async def deliver(self, parcel: Parcel) -> None:
        with self._ready(parcel.body) as (event, complaints):
            code = await self._run(event, complaints, _environment(parcel.variables))
            if code != 0:
                raise Rejected(f"{self._words[0]} ended with {code}{_said(complaints)}", unreachable=code == NOT_NOW)

    @contextmanager
    def _ready(self, body: bytes) -> Iterator[tuple[IO[bytes], Complaints]]:
        """Lay the event ready. That a disk is full is no fault of the event: it was not looked at."""
        with ExitStack() as opened:
            try:
                event = opened.enter_context(tempfile.TemporaryFile(buffering=0))
                whole = event.write(body) == len(body)
                event.seek(0)
                complaints = opened.enter_context(Complaints(READ))
            except OSError as error:
                raise self._not_ready(told_why(error)) from error
            if not whole:
                raise self._not_ready("the disk is full")
            yield event, complaints

    def _not_ready(self, why: str) -> Rejected:
        return Rejected(f"cannot lay an event ready for {self._words[0]}: {why}", unreachable=True)

    async def _run(self, event: IO[bytes], complaints: Complaints, environment: Mapping[str, str]) -> int:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._words,
                stdin=event,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=complaints.writing,
                env=environment,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise Rejected(f"cannot start {self._words[0]}: {told_why(error)}", unreachable=True) from error
        try:
            async with asyncio.timeout(self._seconds):
                return await process.wait()
        except TimeoutError as error:
            raise Rejected(f"{self._words[0]} was killed after {self._seconds:.0f} s{_said(complaints)}") from error
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()


def _environment(told: Mapping[str, str]) -> dict[str, str]:
    """Return what the command sees: the few variables that it needs, and in short what it gets."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {name: value.replace("\0", "") for name, value in told.items()}


def _told(message: Outgoing) -> dict[str, str]:
    return {
        "LAMPLIGHTER_ID": message.id,
        "LAMPLIGHTER_MESSAGE": message.message.value,
        "LAMPLIGHTER_SUBJECT": message.subject,
        "LAMPLIGHTER_TITLE": message.title[:1000],
        "LAMPLIGHTER_RULE": message.rule or "",
        "LAMPLIGHTER_SEVERITY": message.severity or "",
    }


def _said(complaints: Complaints) -> str:
    """Return the end of what the command wrote to its standard error, as one line."""
    said = one_line(scrub(complaints.said().decode(errors="replace")))
    return f": {said[-TAIL:].strip()}" if said else ""
