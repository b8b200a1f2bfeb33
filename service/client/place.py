"""Where the management API is: Hugging Face's own, or a daemon that serves the same under its own address."""

import os
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from huggingface_hub import constants

API_URL = "https://api.endpoints.huggingface.cloud"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Addresses without a slash at their end. `daemon`: there may be a daemon, which can be asked to wait."""

    api: str
    hub: str
    daemon: bool

    def endpoint(self, namespace: str, *rest: str) -> str:
        """Return the address of a namespace's endpoints, of one of them, or of something of it."""
        return "/".join(
            (f"{self.api}/v2/endpoint", _part(namespace, "namespace"), *(_part(one, "name") for one in rest))
        )

    def wait(self, namespace: str, name: str) -> str:
        """Return where a daemon lets wait for an endpoint."""
        return f"{self.api}/api/endpoints/{_part(namespace, 'namespace')}/{_part(name, 'name')}/wait"


def find_place(base_url: str | None, *, hub_url: str | None, daemon: bool | None) -> Place:
    """Return the place that is meant: `base_url`, or LAMPLIGHTER_URL, or Hugging Face itself.

    Whoever else serves the API also says whose token it is, and may be a daemon, unless told.
    """
    given = base_url or os.environ.get("LAMPLIGHTER_URL") or API_URL
    address = _address(given)
    official = address == API_URL
    hub = _address(hub_url) if hub_url else constants.ENDPOINT if official else address
    return Place(api=address, hub=hub, daemon=not official if daemon is None else daemon)


def _address(url: str) -> str:
    """Return a URL as others are built on it; the `/v2` of the official constant may stand at its end."""
    parts = urlsplit(url if "//" in url else f"http://{url}")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{url!r} is not the URL of an API: write it like {API_URL} or http://127.0.0.1:8787")
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/").removesuffix("/v2")


def _part(text: str, what: str) -> str:
    """Return one part of a path; an empty one would make it the path of something else, such as all endpoints."""
    if not text or text in {".", ".."}:
        raise ValueError(f"{text!r} is not the {what} of an endpoint")
    return quote(text, safe="")
