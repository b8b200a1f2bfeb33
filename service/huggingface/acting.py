"""Changing endpoints: the port `Writer`. Built only when the configuration says `mode = "act"`."""

from pathlib import Path
from random import Random, SystemRandom
from typing import Literal

import aiohttp

from service.clock import Clock
from service.huggingface.client import HuggingFace
from service.huggingface.limits import Limits
from service.huggingface.tokens import Tokens
from service.huggingface.transport import Sender
from service.huggingface.watching import API_URL, HUB_URL
from service.masking import Masker
from service.ports import AlreadyRunning, HubError, Item, Refused
from statemachine.model import EndpointName

Act = Literal["pause", "resume", "scale-to-zero"]


class ObserveOnly(HubError):
    """The namespace is only observed: nothing was sent."""

    word = "observe_only"


class ActingHuggingFace(HuggingFace):
    """Read everything, and write to the namespaces in `acting`; to no other is anything ever sent but GET."""

    def __init__(
        self,
        session: aiohttp.ClientSession | None = None,
        *,
        acting: frozenset[str],
        tokens: Tokens,
        clock: Clock,
        masker: Masker,
        api_url: str = API_URL,
        hub_url: str = HUB_URL,
        ca_file: Path | None = None,
        dice: Random | None = None,
        limits: Limits | None = None,
    ) -> None:
        dice = dice or SystemRandom()
        limits = limits or Limits()
        super().__init__(
            session,
            tokens=tokens,
            clock=clock,
            masker=masker,
            api_url=api_url,
            hub_url=hub_url,
            ca_file=ca_file,
            dice=dice,
            limits=limits,
        )
        self._acting = acting
        self._sender = Sender(session, tokens=tokens, clock=clock, dice=dice, limits=limits, ca_file=ca_file)

    async def close(self) -> None:
        """Close every connection."""
        await super().close()
        await self._sender.close()

    async def pause(self, name: EndpointName) -> Item:
        return await self._act("pause", name)

    async def resume(self, name: EndpointName) -> Item:
        try:
            return await self._act("resume", name)
        except Refused as refused:
            # The official client tells this refusal from others by these words, too: the API has no better sign.
            if refused.code == 400 and "already running" in refused.body.lower():
                raise AlreadyRunning(f"{name} runs already", code=refused.code, body=refused.body) from None
            raise

    async def scale_to_zero(self, name: EndpointName) -> Item:
        return await self._act("scale-to-zero", name)

    async def _act(self, act: Act, name: EndpointName) -> Item:
        if name.namespace not in self._acting:
            raise ObserveOnly(
                f"cannot {act} {name}: the namespace {name.namespace!r} is only observed, and nothing was sent; "
                f'set mode = "act" in lamplighter.toml, at its top and for {name.namespace!r}'
            )
        call = self._sender.call(f"{act} {name}", self._url(name) / act, name.namespace)
        return self._item(*await self._sender.post(call, lambda answer: self._read_document(answer, name)))
