"""Changing endpoints: the port `Writer`. Built only when the configuration says `mode = "act"`."""

from collections.abc import Mapping
from pathlib import Path
from random import Random, SystemRandom
from typing import Any, Literal

import aiohttp
import msgspec

from service.clock import Clock
from service.huggingface.answers import Answer
from service.huggingface.client import HuggingFace
from service.huggingface.document import Reading
from service.huggingface.limits import Limits
from service.huggingface.paths import checked
from service.huggingface.sending import Sender
from service.huggingface.tokens import Tokens
from service.huggingface.watching import API_URL, HUB_URL
from service.masking import Masker, find_marks
from service.ports import AlreadyRunning, HubError, Item, Refused, Unsent
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

    async def create(self, namespace: str, document: Mapping[str, Any]) -> Item:
        self._check_acting(f"create an endpoint in {namespace}", namespace)
        told = document.get("name")
        name = EndpointName(namespace, checked(told if isinstance(told, str) else ""))
        doing = f"create {name}"
        url = self._api / "v2" / "endpoint" / checked(namespace)
        call = self._sender.call(doing, url, namespace)
        body = _encoded(doing, document)
        read = await self._sender.send_once(call, lambda answer: self._read_written(answer, name), body=body)
        return self._item(*read)

    async def update(self, name: EndpointName, document: Mapping[str, Any]) -> Item:
        doing = f"update {name}"
        self._check_acting(doing, name.namespace)
        call = self._sender.call(doing, self._url(name), name.namespace)
        body = _encoded(doing, document)
        read = await self._sender.send("PUT", call, lambda answer: self._read_written(answer, name), body=body)
        return self._item(*read)

    async def delete(self, name: EndpointName) -> None:
        doing = f"delete {name}"
        self._check_acting(doing, name.namespace)
        call = self._sender.call(doing, self._url(name), name.namespace)
        await self._sender.send("DELETE", call, _read_deletion)

    async def _act(self, act: Act, name: EndpointName) -> Item:
        doing = f"{act} {name}"
        self._check_acting(doing, name.namespace)
        call = self._sender.call(doing, self._url(name) / act, name.namespace)
        return self._item(*await self._sender.send("POST", call, lambda answer: self._read_written(answer, name)))

    def _read_written(self, answer: Answer, name: EndpointName) -> Reading:
        return self._read_document(answer, name)

    def _check_acting(self, doing: str, namespace: str) -> None:
        if namespace not in self._acting:
            raise ObserveOnly(
                f"cannot {doing}: the namespace {namespace!r} is only observed, and nothing was sent; "
                f'set mode = "act" in lamplighter.toml, at its top and for {namespace!r}'
            )


class SignedByCaller(ActingHuggingFace):
    """Act with a caller's own token, and keep what each write was answered with for its caller, unmasked."""

    def __init__(self, **what: Any) -> None:
        """Take what its base takes."""
        super().__init__(**what)
        self._heard: dict[EndpointName, bytes] = {}

    def heard(self, name: EndpointName) -> bytes | None:
        """Return, once, what the last write to an endpoint was answered with."""
        return self._heard.pop(name, None)

    def _read_written(self, answer: Answer, name: EndpointName) -> Reading:
        self._heard[name] = answer.body
        return super()._read_written(answer, name)


def _encoded(doing: str, document: Mapping[str, Any]) -> bytes:
    """Return the document as it is sent; refuse one that would write a mark over the value that it hides."""
    try:
        body = msgspec.json.encode(document)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        text = f"cannot {doing}: what was to be sent is no JSON ({type(error).__name__}); nothing was sent; correct it"
        raise Unsent(text) from None
    if marks := find_marks(document):
        raise Unsent(
            f"cannot {doing}: {', '.join(marks)} is masked in what was to be sent, and the mark would overwrite "
            "the true value; nothing was sent; leave it out, or give its true value"
        )
    return body


def _read_deletion(answer: Answer) -> None:
    """Believe an empty answer, or JSON: a login page with a 200 deleted nothing."""
    if answer.body.strip():
        msgspec.json.decode(answer.body)
