"""How the network is reached: certificates, proxies and the bounds of the connection pool.

The proxy variables are read here and not by aiohttp (`trust_env`): it asks for them in a thread at every request, which
costs more than the request's own work and breaks virtual time, and it would take credentials from a .netrc.
"""

import os
import ssl
import urllib.request
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import aiohttp
from yarl import URL

from service.huggingface.limits import Limits
from service.ports import HubError, Unavailable


def open_session(limits: Limits, ca_file: Path | None, *, reuse: bool = True) -> aiohttp.ClientSession:
    """Open a session: no cookies, no credentials but those of the request, gzip, and our name.

    Without `reuse` every request has a connection of its own.
    """
    certificates = str(ca_file) if ca_file else os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=limits.connections,
            limit_per_host=limits.connections_per_host,
            ssl=_trust(certificates),
            force_close=not reuse,
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": user_agent(), "Accept": "application/json"},
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=limits.connect_seconds),
    )


def user_agent() -> str:
    """Return how we introduce ourselves."""
    try:
        return f"lamplighter/{version('lamplighter')}"
    except PackageNotFoundError:
        return "lamplighter"


@cache
def _trust(certificates: str | None) -> ssl.SSLContext:
    """Return the context that trusts a file or folder of certificates, or what the machine trusts.

    Made once for each: reading the certificates takes longer than most requests.
    """
    if not certificates:
        return ssl.create_default_context()
    try:
        if Path(certificates).is_dir():
            return ssl.create_default_context(capath=certificates)
        return ssl.create_default_context(cafile=certificates)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise HubError(
            f"the certificates {certificates!r} cannot be read ({why}): correct ca_file, REQUESTS_CA_BUNDLE or "
            "SSL_CERT_FILE"
        ) from None


class Proxies:
    """By which proxy a URL is reached, as http_proxy, https_proxy and no_proxy say when first asked.

    Raises HubError for a proxy that cannot be used: to go straight in its place would pass by what somebody set up.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], URL | None] = {}

    def __call__(self, url: URL) -> URL | None:
        """Return the proxy for a URL, or None for the straight way."""
        place = (url.scheme, url.host or "")
        if place not in self._known:
            self._known[place] = self._ask(*place)
        return self._known[place]

    @staticmethod
    def _ask(scheme: str, host: str) -> URL | None:
        proxy = urllib.request.getproxies().get(scheme)
        if not proxy or urllib.request.proxy_bypass(host):
            return None
        try:
            url = URL(proxy if "://" in proxy else f"http://{proxy}")
        except ValueError:
            url = URL()
        if url.scheme not in {"http", "https"} or not url.host:  # what it says may hold a password
            text = (
                f"{scheme}_proxy is not the URL of an HTTP proxy, and no other kind is known: correct it, or unset it"
            )
            raise Unavailable(text, word="connection")
        return url
