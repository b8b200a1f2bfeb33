"""Lists that come page by page: all of them, or an error; within the time of a sweep, and never for ever."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from yarl import URL

from service.huggingface.limits import Limits
from service.ports import Unavailable
from statemachine.model import Look

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page, and where the next one is."""

    items: tuple[T, ...]
    following: URL | None


async def every_page(
    doing: str, first: URL, ask: Callable[[URL], Awaitable[tuple[Page[T], Look]]], limits: Limits
) -> list[tuple[Page[T], Look]]:
    """Return every page, each with its look. A page that was there before, or one too many, is the API's fault."""
    pages: dict[URL, tuple[Page[T], Look]] = {}
    following: URL | None = first
    try:
        async with asyncio.timeout(limits.sweep_seconds):
            while following is not None:
                if following in pages or len(pages) == limits.pages:
                    raise Unavailable(
                        f"cannot {doing}: its pages do not end (the cursor repeats, or there are more than "
                        f"{limits.pages}); this is the API's fault: report it",
                        word="malformed",
                    )
                page, look = await ask(following)
                pages[following] = (page, look)
                following = page.following
    except TimeoutError:
        text = f"cannot {doing}: not every page came within {limits.sweep_seconds:g} s; check the network"
        raise Unavailable(text, word="timeout") from None
    return list(pages.values())
