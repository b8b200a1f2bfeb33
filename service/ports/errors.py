"""How Hugging Face, or the way to it, can fail: a tree of few errors, each of which says what to do.

HubError
├── Unauthorized     the token is missing, wrong or may not do this (401, 403)
│   └── NoToken          nobody was asked, for there is none to show
├── NotFound         no such endpoint (404)
├── Refused          the API understood and said no (other 4xx, and 501); its code and words are kept
│   ├── AlreadyRunning   the one refusal that means "already so"
│   ├── Conflict         the name is in use, or another change is under way (409)
│   └── Invalid          the schema's complaints about what was sent (422)
└── Unavailable      no usable answer: time-out, connection, 429, 5xx, or a body that is not what it should be
"""


class HubError(Exception):
    """Hugging Face did not do what was asked. `word` is short and stable; the message says what to do."""

    word = "error"


class Unauthorized(HubError):
    """The token is missing, wrong, or may not do this. `code` and `body` are the answer's; None: nobody was asked."""

    word = "unauthorized"

    def __init__(self, message: str, *, code: int | None = None, body: str | None = None) -> None:
        """Keep the code, which people know by heart, and the words."""
        super().__init__(message)
        self.code = code
        self.body = body


class NoToken(Unauthorized):
    """There is no token for a namespace; `instead` is what to do about it."""

    def __init__(self, namespace: str, instead: str) -> None:
        """Say that there is none for it."""
        super().__init__(f"there is no token for {namespace!r}: {instead}")
        self.instead = instead


class NotFound(HubError):
    """There is no such endpoint. `body` is the answer's own; None: nobody was asked."""

    word = "not_found"

    def __init__(self, message: str, *, body: str | None = None) -> None:
        """Keep the words, so that they can be handed on unchanged."""
        super().__init__(message)
        self.body = body


class Refused(HubError):
    """The API understood and said no. `code` and `body` are the answer's own, scrubbed of token shapes."""

    word = "refused"

    def __init__(self, message: str, *, code: int, body: str) -> None:
        """Keep the answer, so that it can be handed on unchanged."""
        super().__init__(message)
        self.code = code
        self.body = body


class AlreadyRunning(Refused):
    """A resume was refused because the endpoint runs."""

    word = "already_running"


class Conflict(Refused):
    """The name is in use, or another change is under way: look at what is there, then decide anew."""

    word = "conflict"


class Invalid(Refused):
    """What was sent does not fit the API's schema; `complaints` are the schema's own, one each."""

    word = "invalid"

    def __init__(self, message: str, *, code: int, body: str, complaints: tuple[str, ...]) -> None:
        """Keep the complaints, so that each can be shown beside what it is about."""
        super().__init__(message, code=code, body=body)
        self.complaints = complaints


class Unsent(HubError):
    """What was to be written would do harm, or cannot be written at all; nothing was sent."""

    word = "unsent"


class Unavailable(HubError):
    """There was no usable answer; a write may or may not have had its effect.

    `word` tells which: `timeout`, `connection`, `rate_limited`, `server_error`, `malformed`; `suspected`: a 404 that
    is likelier the token's trouble than the endpoint's end. `wait_seconds`: for how long it asks to be left alone.
    """

    def __init__(self, message: str, *, word: str, wait_seconds: float = 0.0) -> None:
        """Keep the word that tells what kind of trouble it was, and the time that was asked for."""
        super().__init__(message)
        self.word = word
        self.wait_seconds = wait_seconds
