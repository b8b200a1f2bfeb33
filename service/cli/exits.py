"""How a command ends: the exit codes that scripts rely on, and the one way to end early."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any


class Exit(IntEnum):
    """The exit codes; their numbers never change."""

    OK = 0
    FAILED = 1
    USAGE = 2  # or a configuration that cannot be used
    TIMED_OUT = 3
    NOT_ALLOWED = 4
    REACHED_FAILED = 5
    NOT_REACHED = 6
    PAUSED = 7
    GONE = 8
    INTERRUPTED = 130
    UNREAD = 141  # whoever read closed the pipe: what a shell says of others, which SIGPIPE ends


class With(IntEnum):
    """How `lamplighter with` ends by itself; every other exit code is the command's own. Their numbers never change."""

    NOT_REACHED = 120  # the daemon, before the command was started
    NOT_ALLOWED = 121  # the token, the role, or observe mode
    FAILED = 122  # the endpoint failed, or Hugging Face would not resume it
    NOT_THERE = 123  # the endpoint is gone, or was paused by somebody
    TIMED_OUT = 124
    NOT_STARTED = 125  # there is no such command, or anything else


# What is said beside the status of an HTTP answer that is an error.
OF_HTTP: Mapping[int, Exit] = {
    400: Exit.USAGE,
    401: Exit.NOT_ALLOWED,
    403: Exit.NOT_ALLOWED,
    404: Exit.GONE,
    422: Exit.USAGE,
}


class Stop(Exception):  # it ends a command, be it an error or not
    """End the command: one clear sentence for standard error, the exit code, and what `--json` prints instead.

    Without a document, `--json` prints the sentence as `error`.
    """

    def __init__(
        self, sentence: str, code: Exit | With = Exit.FAILED, *, document: Mapping[str, Any] | None = None
    ) -> None:
        """Keep what is to be said."""
        super().__init__(sentence)
        self.code = code
        self.document = document if document is not None else {"error": sentence}
