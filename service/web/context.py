"""What every handler reaches: the daemon's parts and the answers that last, by typed keys of the app."""

from aiohttp import web

from service.access import Failures
from service.parts import Parts
from service.web.lasting import Lasting

PARTS = web.AppKey("parts", Parts)
LASTING = web.AppKey("lasting", Lasting)
FAILURES = web.AppKey("failures", Failures)


def parts_of(request: web.Request) -> Parts:
    """Return the parts; what a new configuration replaces must be read from them at each request."""
    return request.app[PARTS]


def failures_of(request: web.Request) -> Failures:
    """Return the wrong tokens that were shown lately."""
    return request.app[FAILURES]


def lasting_of(request: web.Request) -> Lasting:
    """Return the answers that last."""
    return request.app[LASTING]
