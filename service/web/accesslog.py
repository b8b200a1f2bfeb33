"""One line for each request, without its query and headers: people put tokens there."""

import asyncio
import logging
from typing import Any

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from service.web.access import actor_of, showed_token
from service.web.answers import shown_path

QUIET = frozenset({"/healthz", "/readyz", "/metrics"})  # asked every few seconds by machines
_logger: Any = structlog.get_logger()


@web.middleware
async def log_access(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell of each write, and of what was refused or failed, when it is over; reading well is not worth a word.

    What is broken off, since the daemon ends, was answered nothing: its status is None.
    """
    loop = asyncio.get_running_loop()
    started = loop.time()
    status: int | None = None
    try:
        response = await handler(request)
        status = response.status
        return response
    finally:
        read_well = status is not None and status < 400 and request.method in {"GET", "HEAD"}
        if not read_well and status != 429 and request.path not in QUIET:  # of 429 there is no end
            who = {"actor": actor_of(request)} if showed_token(request) else {}
            seconds = round(loop.time() - started, 3)
            path = shown_path(request)
            _logger.info("request", method=request.method, path=path, status=status, seconds=seconds, **who)


def server_log() -> logging.Logger:
    """Return where aiohttp tells of what no middleware sees; its own log quotes what it cannot read, tokens and all."""
    logger = logging.Logger("aiohttp.server", logging.WARNING)  # noqa: LOG001  # the common one would be changed for all
    logger.addHandler(_Server())
    return logger


class _Server(logging.Handler):
    """Hands on what happened, and of a request that is no HTTP only that there was one."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError):
            _logger.info("request_not_understood", error=type(error).__name__)
        else:
            _logger.error("server_failed", exc_info=error)
