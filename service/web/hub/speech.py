"""How a caller of Hugging Face's own API is heard and answered: who it is, what may be named, and each error as there.

What the other side answered is handed on as it came, code and body; a sentence of ours stands only where it said none.
"""

import re
from collections.abc import Awaitable, Callable

from aiohttp import web

from service.callers import Caller, TooManyRefused
from service.gate import NoRoom
from service.masking import NAME
from service.ports import HubError, NotFound, Refused, Unauthorized
from service.web.access import showed_token
from service.web.answers import Problem
from service.web.context import failures_of, parts_of
from statemachine.model import EndpointName

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

BETWEEN = (
    "the daemon is between two configurations, or cannot write its log; what was sent may have its effect: "
    "look, then ask again"
)
_TOKEN = re.compile(r"(?!ll_)[\x21-\x7e]{1,1024}")


class Said(Exception):
    """The answer, as Hugging Face would give it."""

    def __init__(self, code: int, sentence: str, **headers: str) -> None:
        """Keep code and sentence."""
        super().__init__(sentence)
        self.code = code
        self.headers = headers


def spoken(handler: Callable[[web.Request, Caller], Awaitable[web.StreamResponse]]) -> Handler:
    """Return a handler that knows who calls, and answers errors as Hugging Face does."""

    async def handle(request: web.Request) -> web.StreamResponse:
        callers, address = parts_of(request).callers, request.remote or ""
        try:
            async with callers.calling(_token(request), address=address, failures=failures_of(request)) as caller:
                return await handler(request, caller)
        except TooManyRefused as refused:
            return _error(429, str(refused), {"Retry-After": str(refused.seconds)})
        except NoRoom as full:
            return _error(429 if full.own else 503, str(full), {"Retry-After": str(full.seconds)})
        except TimeoutError:
            return _error(503, BETWEEN, {"Retry-After": "1"})
        except Said as said:
            return _error(said.code, str(said), said.headers)
        except Problem as problem:
            return _error(problem.code, problem.sentence, dict(problem.headers))
        except HubError as error:
            return _failed(error)

    return handle


def _failed(error: HubError) -> web.Response:
    """Return what the other side answered; where it gave no answer, or none that may be told, what was wrong."""
    match error:
        case Refused(code=code, body=body) if body:
            return as_it_came(code, body)
        case Refused(code=code):
            return _error(code, str(error))
        case Unauthorized(code=code, body=body):
            return as_it_came(code or 401, body) if body else _error(code or 401, str(error))
        case NotFound(body=body):
            return as_it_came(404, body) if body else _error(404, str(error))
        case _:
            return _error(502, str(error))


def _token(request: web.Request) -> str:
    """Return the token that is shown, if it can be one of Hugging Face: our own are told to nobody else."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or _TOKEN.fullmatch(token.strip()) is None or showed_token(request):
        raise Said(401, "Unauthorized: send your Hugging Face token as `Authorization: Bearer hf_…`")
    return token.strip()


def as_it_came(code: int, body: str) -> web.Response:
    """Return an answer of the other side."""
    is_json = body.lstrip().startswith(("{", "["))
    return web.Response(status=code, text=body, content_type="application/json" if is_json else "text/plain")


def _error(code: int, sentence: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": sentence}, status=code, headers=headers)


def namespace_of(request: web.Request, caller: Caller, *, writes: bool = False) -> str:
    """Return the namespace that the address names; one that the token does not name is told to nobody.

    What nobody watches here may be read, upstream with the caller's own token. Who `writes` needs it watched, and a
    token of which nothing is told that forbids it: what would come to nothing leaves no intent in the log.
    """
    namespace = request.match_info["namespace"]
    if NAME.fullmatch(namespace) is None or not caller.may(namespace):
        raise Said(403, f"Forbidden: {caller.known.name} has no access to {namespace[:96]!r}")
    if writes and not caller.may_write(namespace):
        raise Said(403, f"Forbidden: whoami says that {caller.known.name} may only read {namespace} with this token")
    if writes and namespace not in parts_of(request).watch.watchers:
        raise Said(
            404,
            f"Not Found: this Lamplighter does not watch {namespace}: add it under [namespaces], "
            "or ask Hugging Face itself",
        )
    return namespace


def endpoint_of(request: web.Request, caller: Caller, *, writes: bool = False) -> EndpointName:
    """Return the endpoint that the address names, with what `namespace_of` promises."""
    namespace, name = namespace_of(request, caller, writes=writes), request.match_info["name"]
    if NAME.fullmatch(name) is None:
        raise Said(404, f"Endpoint not found: {namespace}/{name[:96]}")
    return EndpointName(namespace, name)
