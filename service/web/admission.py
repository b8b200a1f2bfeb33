"""Who may call, and what for: the Host, the page that sends, the token, and what it was granted; nothing else is asked.

A browser on the daemon's machine reaches loopback, too, on behalf of any page that it shows. So the Host must be one
of ours (a name that was made to point here is not), a write must not come from another page, and it needs a token.
Pure: what a request says, and the rules, are arguments.
"""

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from events.streams import Subject
from service.access import ANYBODY, NOBODY, OWNER, Caller, Role
from service.masking import scrub
from service.web.answers import NO_NAME, Problem, never_seen
from service.web.permissions import Need, Where

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104  # recognised, not listened on
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
HOW = (
    "send it as `Authorization: Bearer …` (a token in the address is never taken); the daemon's own lies in the file "
    "that token_file names, or in tokens/ of the data directory"
)
_FOREIGN = re.compile(r"[^A-Za-z0-9._@+-]")

Place = tuple[str, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What of a request bears on access.

    `arrived_at` is the local address that its connection reached; `forwarded`: a proxy says that it passes it on.
    `speaks_for` is who asks, as the caller says.
    """

    method: str
    hosts: tuple[str, ...]
    arrived_at: str = ""
    origin: str | None = None
    fetch_site: str | None = None
    authorization: str | None = None
    forwarded: bool = False
    speaks_for: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Where the daemon listens, by which other names it is known, its own token, and who bears which other."""

    listen: str
    token: str
    bearer_of: Callable[[str], Caller | None] = lambda _secret: None
    public_url: str | None = None
    allowed_hosts: tuple[str, ...] = ()


class WrongToken(Problem):
    """A token was shown, and it is none: a guess, or one that was revoked or has expired."""


def why_elsewhere(call: Call, rules: Rules) -> Problem | None:
    """Return why a call is refused for the name by which it came, or the page that sent it; or None."""
    if not _names_us(call, rules):
        return Problem(
            421,
            f"this daemon is not known by the Host {_shown(call.hosts)}: ask {rules.listen}, "
            "or add the name to allowed_hosts or as public_url",
        )
    if call.method not in SAFE and _comes_from_elsewhere(call, rules):
        return Problem(403, "another page may not write here: use the command line, or a client that is no browser")
    return None


def who_calls(call: Call, rules: Rules) -> Caller:
    """Return who calls: the bearer of the token, or without one whoever is on this machine. Raises WrongToken.

    Only who has the daemon's own token may say who asks: every other bearer is known by the name of the token.
    """
    if not call.authorization:
        return ANYBODY if _is_local(call, rules) else NOBODY
    scheme, _, secret = call.authorization.partition(" ")
    secret = secret.strip() if scheme.lower() == "bearer" else ""
    if _is_own(secret, rules):
        said = scrub(_FOREIGN.sub("", call.speaks_for)[:64])
        return replace(OWNER, actor=f"person:{said or 'token'}")
    bearer = rules.bearer_of(secret) if secret else None
    if bearer is None:
        raise WrongToken(
            401,
            "this token opens nothing: it was revoked, or has expired, or is not of this daemon; an admin makes "
            "another with `lamplighter token create`",
            headers=challenge("invalid_token"),
        )
    return bearer


def why_refused(caller: Caller, need: Need, about: Subject, *, method: str = "GET") -> Problem | None:
    """Return why what an address takes is more than the caller was granted, or None.

    `about` is what the address names; an address of a namespace that names none is refused to everybody.
    """
    if not caller.grants:
        what = "reading from beyond this machine" if method in SAFE else "writing"
        return Problem(
            401,
            f"{what} needs a token: {HOW}",
            headers=challenge(),
        )
    if need.where is Where.NAMESPACE and about.namespace is not None:
        return _why_not_in(caller, need.role, about, about.namespace, method=method)
    if need.where is Where.EVERYWHERE:
        return None if caller.everywhere(need.role) else _too_little(caller, need, method=method)
    if not caller.somewhere(need.role):
        return _too_little(caller, need, method=method)
    return Problem(404, NO_NAME) if need.where is Where.NAMESPACE else None


def _why_not_in(caller: Caller, role: Role, about: Subject, namespace: str, *, method: str) -> Problem | None:
    if caller.may(role, namespace):
        return None
    if not caller.may(Role.READ, namespace):
        return never_seen(about)
    return _too_little(caller, Need(role=role, where=Where.NAMESPACE), method=method, where=f"in {namespace}")


def _too_little(caller: Caller, need: Need, *, method: str, where: str | None = None) -> Problem:
    """Say what is missing: to who showed no token, that one is needed; to who did, that another is."""
    where = where or ("in every namespace (`*`)" if need.where is Where.EVERYWHERE else "in some namespace")
    if caller is ANYBODY:
        return Problem(
            401,
            f"{'this' if method in SAFE else 'writing'} needs a token with the role {need.role.word} {where}: {HOW}",
            headers=challenge(),
        )
    return Problem(
        403,
        f"{caller.actor} may not do this: it takes the role {need.role.word} {where}; an admin makes a token for it "
        "with `lamplighter token create`",
    )


def challenge(error: str | None = None) -> dict[str, str]:
    """Return the header that says how to authorize: RFC 6750."""
    said = f', error="{error}"' if error else ""
    return {"WWW-Authenticate": f'Bearer realm="lamplighter"{said}'}


def _is_own(secret: str, rules: Rules) -> bool:
    """Return whether it is the daemon's own token; the time it takes tells nothing of where they differ."""
    given, own = (text.encode("utf-8", "surrogateescape") for text in (secret, rules.token))
    return hmac.compare_digest(given, own) and bool(own)


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


@lru_cache(maxsize=64)
def _place(host: str) -> Place | None:
    """Return name and port of a Host header, or None if it is none."""
    if not host or set(host) & set("@/?# \t"):
        return None
    try:
        parts = urlsplit(f"//{host}")
        return (parts.hostname, parts.port) if parts.hostname else None
    except ValueError:
        return None


@lru_cache(maxsize=64)
def _listening(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    return host.strip("[]").lower(), int(port)


def _is_local(call: Call, rules: Rules) -> bool:
    """Return whether the caller is on this machine: a proxy before us may carry the whole world's calls."""
    place = _place(call.hosts[0]) if len(call.hosts) == 1 else None
    listens, _ = _listening(rules.listen)
    return _is_loopback(listens) and place is not None and _is_loopback(place[0]) and not call.forwarded


@lru_cache(maxsize=64)
def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _shown(hosts: tuple[str, ...]) -> str:
    return repr(hosts[0][:100]) if hosts else "(none)"
