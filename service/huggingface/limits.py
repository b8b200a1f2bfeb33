"""How long, how often and how much: every bound on talking to Hugging Face, in one place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds. Together they say that every call ends, whatever the other side does."""

    connect_seconds: float = 10  # until a connection stands, within the try
    try_seconds: float = 30  # one request, from asking for a connection to the last byte of its answer
    call_seconds: float = 90  # one call: all its tries and the waits between them
    sweep_seconds: float = 300  # one sweep: all its pages
    health_seconds: float = 10  # one look at a health route, never repeated
    tries: int = 4  # of what changes nothing
    write_tries: int = 2  # of a write, and only where the first try cannot have been carried out
    first_pause_seconds: float = 0.5  # the upper end of the first random pause between tries; it doubles,
    longest_pause_seconds: float = 15  # up to this
    longest_wait_seconds: float = 60  # that an answer may ask for (Retry-After); a longer one ends the call
    body_bytes: int = 64 * 1024 * 1024  # of an answer, unpacked
    text_bytes: int = 8 * 1024 * 1024  # of logs and metrics, unpacked
    line_bytes: int = 64 * 1024  # of one line of a log, before it is cut
    page_items: int = 100
    pages: int = 1000
    known_answers: int = 2000  # that are remembered for as long as the server says that nothing changed; 0: no document
    connections: int = 32
    connections_per_host: int = 16
