"""Who may call, and what for: the Host, the page that sends, and the token; nothing else is asked.

A browser on the daemon's machine reaches loopback, too, on behalf of any page that it shows. So the Host must be one
of ours (a name that was made to point here is not), a write must not come from another page, and it needs the token.
"""

import hmac
import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from service.masking import scrub
from service.web.answers import Problem
from service.web.context import parts_of

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN = frozenset({"/healthz", "/readyz"})  # for whoever keeps the daemon running
# What Hugging Face's own clients ask, by a token of Hugging Face: `hub` looks at it.
OF_HUB = ("/v2/", "/v3/", "/api/whoami-v2", "/api/organizations/", "/api/catalog/", "/api/v1/catalog/")
WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104  # recognised, not listened on
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_FOREIGN = re.compile(r"[^A-Za-z0-9._@+-]")

Place = tuple[str, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What of a request bears on access.

    `arrived_at` is the local address that its connection reached; `forwarded`: a proxy says that it passes it on.
    """

    method: str
    path: str
    hosts: tuple[str, ...]
    arrived_at: str = ""
    origin: str | None = None
    fetch_site: str | None = None
    authorization: str | None = None
    forwarded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Where the daemon listens, by which other names it is known, and the token."""

    listen: str
    token: str
    public_url: str | None = None
    allowed_hosts: tuple[str, ...] = ()


def why_refused(call: Call, rules: Rules) -> Problem | None:
    """Return why a call is refused, or None."""
    if not _names_us(call, rules):
        return Problem(
            421,
            f"this daemon is not known by the Host {_shown(call.hosts)}: ask {rules.listen}, "
            "or add the name to allowed_hosts or as public_url",
        )
    if call.method not in SAFE and _comes_from_elsewhere(call, rules):
        return Problem(403, "another page may not write here: use the command line, or a client that is no browser")
    is_open = call.path in OPEN or call.path.startswith(OF_HUB)
    if is_open or (call.method in SAFE and _is_local(call, rules)) or has_token(call, rules):
        return None
    what = "reading from beyond this machine" if call.method in SAFE else "writing"
    return Problem(
        401,
        f"{what} needs the daemon's token: send it as `Authorization: Bearer …` (a token in the address is never "
        "taken); it lies in the file that token_file names, or in tokens/ of the data directory",
        headers={"WWW-Authenticate": 'Bearer realm="lamplighter"'},
    )


def may_read(call: Call, rules: Rules) -> bool:
    """Return whether the caller may see more than that the daemon lives."""
    return _is_local(call, rules) or has_token(call, rules)


def has_token(call: Call, rules: Rules) -> bool:
    """Return whether the call carries the token; the time it takes tells nothing of where they differ."""
    scheme, _, token = (call.authorization or "").partition(" ")
    given = token.strip().encode("utf-8", "surrogateescape")
    right = hmac.compare_digest(given, rules.token.encode("utf-8", "surrogateescape"))
    return right and scheme.lower() == "bearer" and bool(rules.token)


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let through who may call."""
    refused = why_refused(_call(request), _rules(request))
    if refused is not None:
        raise refused
    return await handler(request)


def is_reader(request: web.Request) -> bool:
    """Return whether the caller may see more than that the daemon lives."""
    return may_read(_call(request), _rules(request))


def is_writer(request: web.Request) -> bool:
    """Return whether the request asks for a write, and by right."""
    return request.method not in SAFE and has_token(_call(request), _rules(request))


def actor_of(request: web.Request) -> str:
    """Return who writes, as our command line says; who holds the token may say any name."""
    said = _FOREIGN.sub("", request.headers.get("X-Lamplighter-Actor", ""))[:64]
    return f"person:{scrub(said) or 'token'}"


def _rules(request: web.Request) -> Rules:
    parts = parts_of(request)
    settings = parts.configuration.settings
    return Rules(
        listen=parts.listen,
        token=parts.token,
        public_url=settings.public_url,
        allowed_hosts=settings.allowed_hosts,
    )


def _call(request: web.Request) -> Call:
    headers = request.headers
    name = request.transport.get_extra_info("sockname") if request.transport else None
    return Call(
        method=request.method,
        path=request.path,
        hosts=tuple(headers.getall("Host", ())),
        arrived_at=str(name[0]) if isinstance(name, tuple) else "",
        origin=headers.get("Origin"),
        fetch_site=headers.get("Sec-Fetch-Site"),
        authorization=headers.get("Authorization"),
        forwarded="Forwarded" in headers or "X-Forwarded-For" in headers,
    )


def _names_us(call: Call, rules: Rules) -> bool:
    place = _place(call.hosts[0]) if len(call.hosts) == 1 else None
    if place is None:
        return False
    name, port = place
    names = {urlsplit(rules.public_url).hostname} if rules.public_url else set()
    for allowed in filter(None, map(_place, rules.allowed_hosts)):
        if allowed[1] is None:
            names.add(allowed[0])
        elif allowed == place:
            return True
    if name in names:
        return True
    listens, at = _listening(rules.listen)
    own = {call.arrived_at if listens in WILDCARDS else listens}
    if listens in WILDCARDS or _is_loopback(listens):
        own |= LOCAL_NAMES
    return name in own and (80 if port is None else port) == at


def _comes_from_elsewhere(call: Call, rules: Rules) -> bool:
    if call.fetch_site is not None and call.fetch_site not in {"same-origin", "none"}:
        return True
    if call.origin is None:
        return False
    if rules.public_url and call.origin.lower() == _origin(rules.public_url):
        return False
    scheme, _, host = call.origin.partition("://")
    return scheme not in {"http", "https"} or _place(host) is None or _place(host) != _place(call.hosts[0])


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _place(host: str) -> Place | None:
    """Return name and port of a Host header, or None if it is none."""
    if not host or set(host) & set("@/?# \t"):
        return None
    try:
        parts = urlsplit(f"//{host}")
        return (parts.hostname, parts.port) if parts.hostname else None
    except ValueError:
        return None


def _listening(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    return host.strip("[]").lower(), int(port)


def _is_local(call: Call, rules: Rules) -> bool:
    """Return whether the caller is on this machine: a proxy before us may carry the whole world's calls."""
    place = _place(call.hosts[0]) if len(call.hosts) == 1 else None
    listens, _ = _listening(rules.listen)
    return _is_loopback(listens) and place is not None and _is_loopback(place[0]) and not call.forwarded


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _shown(hosts: tuple[str, ...]) -> str:
    return repr(hosts[0][:100]) if hosts else "(none)"
