"""What a log cannot do: the one tree of its errors, whichever log it is.

A LogError is the base of them all. What is refused by the rules is no error but a result: see `unit`.
"""


class LogError(Exception):
    """The log cannot do what was asked; the message says what to do."""


class LogHeld(LogError):
    """Another process holds this log."""


class LogUnusable(LogError):
    """The store cannot be opened, read or written."""


class Misfit(LogError):
    """Events of a copy do not continue this log; nothing of them was taken. `position` is that of the first one."""

    def __init__(self, position: int, why: str) -> None:
        """Keep what does not fit, and why."""
        super().__init__(f"position {position} does not continue the log: {why}")
        self.position = position
        self.why = why
