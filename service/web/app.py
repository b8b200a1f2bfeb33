"""The aiohttp application, and what runs it."""

from aiohttp import web

from service.access import Failures
from service.parts import Parts
from service.web import openapi
from service.web.access import guard
from service.web.accesslog import log_access, server_log
from service.web.answers import BODY_BYTES, set_headers, tell_errors
from service.web.context import FAILURES, LASTING, PARTS
from service.web.hub import HUB_ROUTES
from service.web.keys import KEYS, Keys, one_body_a_key
from service.web.lasting import Lasting
from service.web.routes import ROUTES

SHUTDOWN_SECONDS = 1.0  # waits and streams end at once, commands after half of it; then whatever is left is cut


def create_app(parts: Parts) -> web.Application:
    """Return the app; it reads the parts anew at each request, since a new configuration replaces some."""
    app = web.Application(middlewares=(log_access, tell_errors, guard), client_max_size=BODY_BYTES)
    app[PARTS] = parts
    app[KEYS] = Keys()
    app[FAILURES] = Failures()
    app[LASTING] = lasting = Lasting()
    app.on_response_prepare.append(set_headers)
    app.on_shutdown.append(lasting.end)
    for route in ROUTES:
        if route.method == "GET":
            app.router.add_get(route.path, route.handler, allow_head=not route.lasting)
        else:
            app.router.add_route(route.method, route.path, one_body_a_key(route.handler))
    for method, path, handler in HUB_ROUTES:
        app.router.add_route(method, path, handler)
    app.router.add_get(openapi.PATH, openapi.openapi)
    return app


def create_runner(parts: Parts) -> web.AppRunner:
    """Return what serves the app: set it up, give it a site, and clean it up while the log can still be read.

    Cleaning up ends every answer within two seconds.
    """
    return web.AppRunner(create_app(parts), access_log=None, logger=server_log(), shutdown_timeout=SHUTDOWN_SECONDS)
