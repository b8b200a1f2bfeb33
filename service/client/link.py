"""One open session of the official library, and what is sent over it.

Sessions, headers and errors are made by `huggingface_hub`: a proxy, certificates or a session factory that somebody
set up for it hold here, too. Nothing is retried: who writes must be told what became of it.
"""

from dataclasses import dataclass
from typing import Any

from service.client.errors import InferenceEndpointUnreadable
from service.client.official import NoAnswer, build_hf_headers, hf_raise_for_status
from service.client.place import Place

Token = str | bool | None
Json = dict[str, Any]

READ_SECONDS = 60.0  # the official client waits for ever for a server that went silent
WRITE_SECONDS = 300.0  # a daemon answers a write when its effect was seen at Hugging Face
PROBE_SECONDS = 10.0
SLACK_SECONDS = 15.0  # beyond a wait, until its answer counts as lost


@dataclass(frozen=True, slots=True)
class Link:
    """Ask a place over a session."""

    session: Any  # httpx.AsyncClient up to huggingface_hub 1.x, httpx2.AsyncClient from 2.0 on
    place: Place
    daemon_token: str | None = None

    async def ask(
        self,
        method: str,
        url: str,
        *,
        token: Token,
        document: Json | None = None,
        query: dict[str, str] | None = None,
    ) -> Any:
        """Return the document of a good answer, None of an empty one; raise the official HfHubHTTPError of another.

        A redirect is followed by what reads alone.
        """
        reads = method == "GET"
        response = await self.session.request(
            method,
            url,
            headers=build_hf_headers(token=token, library_name="lamplighter"),
            json=document,
            params=query,
            timeout=READ_SECONDS if reads else WRITE_SECONDS,
            follow_redirects=reads,
        )
        if response.is_redirect and not reads:
            raise InferenceEndpointUnreadable(
                f"cannot {method} {url}: it redirects to {response.headers.get('Location')}, where a write may arrive "
                "as a read and be answered as if it were done; nothing was changed: give that address as the base_url"
            )
        hf_raise_for_status(response)
        return _document(response, f"{method} {url}")

    async def endpoint(self, namespace: str, name: str, *, token: Token, fresh: bool = False) -> Json:
        """Return one endpoint's document; a daemon that is asked for a fresh one looks upstream first."""
        query = {"fresh": "1"} if fresh else None
        return _object(await self.ask("GET", self.place.endpoint(namespace, name), token=token, query=query))

    async def write(self, method: str, namespace: str, *rest: str, token: Token, document: Json | None = None) -> Json:
        """Send a write whose answer is the endpoint's document, and return it."""
        url = self.place.endpoint(namespace, *rest)
        return _object(await self.ask(method, url, token=token, document=document))

    async def delete(self, namespace: str, name: str, *, token: Token) -> None:
        """Delete an endpoint."""
        await self.ask("DELETE", self.place.endpoint(namespace, name), token=token)

    async def probe(self, url: str, *, token: Token) -> int | None:
        """Return the code with which a health route answers, or None if it does not."""
        headers = build_hf_headers(token=token, library_name="lamplighter")
        try:
            response = await self.session.get(url, headers=headers, timeout=PROBE_SECONDS)
        except NoAnswer:
            return None
        code: int = response.status_code
        return code

    async def wait(self, namespace: str, name: str, *, seconds: float) -> Json:
        """Ask a daemon to answer when the endpoint is ready, when waiting is no use, or when the time is over.

        This is the daemon's own API: it is shown a token of the daemon, if one was given, and never Hugging Face's.
        """
        headers = build_hf_headers(token=self.daemon_token or False, library_name="lamplighter")
        response = await self.session.get(
            self.place.wait(namespace, name),
            headers=headers,
            params={"for": "ready", "timeout": f"{seconds:.3f}"},
            timeout=seconds + SLACK_SECONDS,
        )
        hf_raise_for_status(response)
        return _object(_document(response, "wait"))


def _document(response: Any, doing: str) -> Any:
    if not response.content.strip():
        return None
    try:
        return response.json()
    except (ValueError, RecursionError):
        raise InferenceEndpointUnreadable(
            f"cannot {doing}: the answer is no JSON; is something between us and the API, such as a login page?"
        ) from None


def _object(told: Any) -> Json:
    if not isinstance(told, dict):
        raise InferenceEndpointUnreadable(
            f"the answer is no endpoint's document, but {type(told).__name__}; is something between us and the API?"
        )
    return told
