"""From flags or a configuration to clients that only read, for the commands that reach Hugging Face themselves."""

import os
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from service.cli.exits import Exit, Stop
from service.clock import SystemClock
from service.huggingface import API_URL, HUB_URL, HuggingFace, Tokens
from service.masking import Masker, token_shaped
from service.ports import HubError, NoToken
from service.survey import Source, Survey, gather
from service.survey.findings import serves
from service.survey.gather import Wanted

if TYPE_CHECKING:
    from service.config import Configuration


async def look_around(
    hub_url: str | None, token_files: Sequence[Path], namespaces: Sequence[str], *, bare: bool = False
) -> Survey:
    """Survey with each of these tokens, or with HF_TOKEN or the saved login; Stop if no token can be asked at all.

    A `bare` survey tells what is there, and nothing of costs and requests.
    """
    url = checked_url(hub_url)
    check_token_files(token_files)
    with _told():
        async with AsyncExitStack() as stack:
            sources = [
                Source(hub=await stack.enter_async_context(reader(Tokens(every=path), url)), token_file=path)
                for path in (*token_files,) or (None,)
            ]
            wanted = (lambda _: False) if bare else serves
            return await gather(sources, now=SystemClock().now(), namespaces=namespaces, wanted=wanted, bare=bare)


async def look_at_configured(configuration: "Configuration", *, wanted: Wanted) -> Survey:
    """Survey every namespace of a configuration, each with its own token."""
    names = configuration.settings.namespaces
    tokens = Tokens({key: own.token_file for key, own in names.items() if own.token_file is not None})
    with _told():
        async with reader(tokens, configuration.settings.hub_url) as hub:
            sources = [Source(hub=hub, token_file=own.token_file, only=name) for name, own in names.items()]
            return await gather(sources, now=SystemClock().now(), namespaces=list(names), wanted=wanted, bare=True)


def reader(tokens: Tokens, hub_url: str | None) -> HuggingFace:
    """Return a client that has no method that writes."""
    return HuggingFace(
        tokens=tokens,
        clock=SystemClock(),
        masker=Masker(),
        api_url=hub_url or API_URL,
        hub_url=hub_url or HUB_URL,
    )


def check_token_files(paths: Sequence[Path]) -> None:
    """Stop if a token was given where its file should be named: it would be repeated in what is printed."""
    if any(token_shaped(str(path)) and not path.exists() for path in paths):
        sentence = "--token-file names a file that holds a token, and is not the token itself: write it into a file"
        raise Stop(sentence, Exit.USAGE)


@contextmanager
def _told() -> Iterator[None]:
    """Turn what keeps every namespace from being asked (certificates, tokens) into one sentence."""
    try:
        yield
    except NoToken as error:
        raise Stop(f"there is no token: {error.instead}", Exit.USAGE) from error
    except HubError as error:
        raise Stop(str(error)) from error


def checked_url(given: str | None) -> str | None:
    """Return the URL that was given, or that LAMPLIGHTER_HUB_URL says; or Stop with what is wrong with it."""
    from pydantic import ValidationError

    from service.config import Settings

    try:
        return Settings(hub_url=given or os.environ.get("LAMPLIGHTER_HUB_URL") or None).hub_url
    except ValidationError as error:
        said = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise Stop(f"{'--hub-url' if given else 'LAMPLIGHTER_HUB_URL'}: {said}", Exit.USAGE) from error
