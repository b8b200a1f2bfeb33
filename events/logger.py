"""Loggers that are made at their first word: structlog takes a fifth of a second to import.

Whoever only reads a log, as many commands do, says none.
"""

from typing import Any


class LateLogger:
    """A logger of structlog's, by its name."""

    def __init__(self, name: str) -> None:
        """Import nothing yet."""
        self._name = name

    def __getattr__(self, method: str) -> Any:
        """Return `info`, `warning` or any other method of the logger."""
        import structlog  # noqa: PLC0415  # that is what this is for

        return getattr(structlog.get_logger(self._name), method)
