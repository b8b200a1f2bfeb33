"""Asking: which namespaces each token sees, what is in them, what it costs, and who was called how often.

Whatever cannot be asked for is told as unknown; nothing that fails in one place hides another.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from service.ports import Hardware, HubError, Identity, Inspector, NoToken, Offer, Refused, Sweep, Unauthorized
from service.survey.findings import Closed, Found, Survey, serves
from service.survey.reading import read_item, read_requests

STEP = timedelta(hours=1)
AT_ONCE = 16  # questions under way: enough to be quick, few enough to be polite

T = TypeVar("T")
Wanted = Callable[[Found], bool]


@dataclass(frozen=True, slots=True)
class Source:
    """One token: the client that bears it, the file that it is from, and whose it is, if that could be asked.

    Without a file it is HF_TOKEN or the saved login. `only` is the one namespace that it is for, if it is not for all.
    """

    hub: Inspector
    token_file: Path | None = None
    only: str | None = None
    identity: Identity | None = None

    def names(self, namespace: str) -> bool | None:
        """Return whether the token's owner is known to belong to a namespace; None if nobody could tell."""
        return None if self.identity is None else namespace in self.identity.namespaces

    def may_read(self, namespace: str, *, named: bool) -> bool:
        """Return whether to try this token on a namespace, which somebody named, or a token."""
        return namespace == self.only if self.only is not None else named or self.names(namespace) is True


@dataclass(slots=True)
class _Notes:
    found: list[Found] = field(default_factory=list)
    closed: list[Closed] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    read: dict[str, Path | None] = field(default_factory=dict)
    tokenless: list[NoToken] = field(default_factory=list)


async def gather(
    sources: Sequence[Source],
    *,
    now: datetime,
    days: int = 14,
    namespaces: Sequence[str] = (),
    wanted: Wanted = serves,
    bare: bool = False,
) -> Survey:
    """Return everything that these tokens see, or what is in the named namespaces alone.

    `wanted` says of which endpoints the requests of the last `days` are asked for. A `bare` survey asks for neither
    prices nor members: what something costs, and who has left, is not known then. A namespace is read with the first
    token that can. Raises NoToken if there is none for all namespaces; else HubError only if no token can be asked for
    its namespaces, and none is named.
    """
    notes, limit = _Notes(), asyncio.Semaphore(AT_ONCE)
    since = now - timedelta(days=days)
    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(_introduced(source, notes), name="whose token it is") for source in sources]
    known = [task.result() for task in asked]
    if len(notes.tokenless) == len(sources) > 0:
        raise notes.tokenless[0]
    names = list(dict.fromkeys(namespaces)) or _seen_by(known, notes)
    async with asyncio.TaskGroup() as tasks:
        for name in names:
            readers = [source for source in known if source.may_read(name, named=bool(namespaces))]
            tasks.create_task(
                _Namespace(name, readers, notes, limit, bare).read(since=since, until=now, wanted=wanted),
                name=f"survey of {name}",
            )
    return Survey(
        at=now,
        since=since,
        namespaces=dict(sorted(notes.read.items())),
        found=tuple(sorted(notes.found, key=lambda found: found.name)),
        closed=tuple(sorted(notes.closed, key=lambda closed: closed.namespace)),
        remarks=tuple(sorted(notes.remarks)),
    )


async def _introduced(source: Source, notes: _Notes) -> Source:
    """Ask whose token it is; one that cannot be asked may still read what is named."""
    try:
        return replace(source, identity=await source.hub.whoami(source.only or "this survey"))
    except HubError as error:
        if isinstance(error, NoToken) and source.only is None:
            notes.tokenless.append(error)
        origin = f"the token in {source.token_file}" if source.token_file else "HF_TOKEN or the saved login"
        notes.remarks.append(f"{origin}: {error}")
        return source


def _seen_by(sources: Sequence[Source], notes: _Notes) -> list[str]:
    """Return every namespace that any token names; raise HubError if not one token could be asked."""
    identities = [source.identity for source in sources if source.identity is not None]
    if not identities:
        why = "\n  ".join(notes.remarks)
        raise HubError(f"no token could be asked which namespaces it sees; name them, or mend this:\n  {why}")
    return list(dict.fromkeys(name for identity in identities for name in identity.namespaces))


@dataclass(frozen=True, slots=True)
class _Namespace:
    """The reading of one namespace."""

    name: str
    sources: Sequence[Source]
    notes: _Notes
    limit: asyncio.Semaphore
    bare: bool

    async def read(self, *, since: datetime, until: datetime, wanted: Wanted) -> None:
        """Read it with the first token that can, and note what was found, or why nothing was."""
        refusal: HubError | None = None
        for source in self.sources:
            try:
                sweep = await self._limited(source.hub.sweep(self.name))
            except HubError as error:
                # A token that may not look is the usual trouble; the next one's may not hide it.
                refusal = refusal if isinstance(refusal, Unauthorized) else error
                continue
            if not sweep.items and not sweep.nameless and source.names(self.name) is False:
                refusal = refusal or Unauthorized(
                    f"{self.name} gives an empty list to a token that does not name it: is it spelt right, and may "
                    "this token read it?"
                )
                continue
            await self._take(source, sweep, since=since, until=until, wanted=wanted)
            return
        if refusal is not None:
            self.notes.closed.append(Closed(namespace=self.name, sign=_sign(refusal), error=str(refusal)))

    async def _take(self, source: Source, sweep: Sweep, *, since: datetime, until: datetime, wanted: Wanted) -> None:
        self.notes.read[self.name] = source.token_file
        if sweep.nameless:
            self.notes.remarks.append(
                f"{self.name}: {sweep.nameless} documents without a readable name are not counted"
            )
        if not sweep.items:
            return
        offers, members = (None, None) if self.bare else (await self._offers(source), await self._members(source))
        found = [read_item(item, offers=offers, members=members) for item in sweep.items.values()]
        async with asyncio.TaskGroup() as tasks:
            asked = [
                tasks.create_task(self._requests(source, one, since=since, until=until), name=f"requests of {one.name}")
                for one in found
                if wanted(one)
            ]
        self.notes.found += [one for one in found if not wanted(one)]
        self.notes.found += [task.result() for task in asked]

    async def _offers(self, source: Source) -> Mapping[Hardware, Offer] | None:
        try:
            return await self._limited(source.hub.prices(self.name))
        except HubError as error:
            self.notes.remarks.append(f"{self.name}: no prices, so no cost is known: {error}")
            return None

    async def _members(self, source: Source) -> frozenset[str] | None:
        """Return who belongs to the organisation; None if it is a person's own namespace, or nobody tells."""
        if source.identity is not None and source.identity.name == self.name:
            return None
        try:
            return await self._limited(source.hub.members(self.name))
        except HubError:
            return None  # nobody is said to have left, then: that is all it is for

    async def _requests(self, source: Source, found: Found, *, since: datetime, until: datetime) -> Found:
        try:
            told = await self._limited(source.hub.request_counts(found.name, since=since, until=until, step=STEP))
        except HubError as error:
            return replace(found, requests_unknown=str(error))
        requests = read_requests(told)
        return replace(found, requests=requests, requests_unknown=None if requests else "no data of late")

    async def _limited(self, answer: Awaitable[T]) -> T:
        async with self.limit:
            return await answer


def _sign(error: HubError) -> str:
    code = error.code if isinstance(error, Unauthorized | Refused) else None
    return error.word if code is None else str(code)
