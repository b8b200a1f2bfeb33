"""The line of a request: what was never answered is not told as a failure."""

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from structlog.testing import capture_logs

from service.web.accesslog import log_access


async def breaks_off(_request: web.Request) -> web.StreamResponse:
    raise asyncio.CancelledError


async def fails(_request: web.Request) -> web.StreamResponse:
    return web.Response(status=500)


async def test_a_request_that_is_broken_off_was_answered_nothing() -> None:
    with capture_logs() as lines, pytest.raises(asyncio.CancelledError):
        await log_access(make_mocked_request("GET", "/api/endpoints"), breaks_off)

    assert [(line["event"], line["status"]) for line in lines] == [("request", None)]


async def test_a_request_that_failed_is_told_as_one() -> None:
    with capture_logs() as lines:
        await log_access(make_mocked_request("GET", "/api/endpoints"), fails)

    assert [(line["event"], line["status"]) for line in lines] == [("request", 500)]
