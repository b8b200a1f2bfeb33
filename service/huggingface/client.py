"""Asking Hugging Face: the port `Inspector`, over HTTP. It watches, and can ask for more; it cannot change anything."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from yarl import URL

from service.huggingface.account import read_identity
from service.huggingface.answers import Answer, Call, Malformed, is_page
from service.huggingface.entries import read_audit, read_entries, read_members
from service.huggingface.lines import Lines, cut, read_lines
from service.huggingface.metrics import MetricQuestion, count_requests, read_samples, read_series
from service.huggingface.paths import checked
from service.huggingface.verdicts import malformed, told_date
from service.huggingface.watching import Watching, as_item
from service.ports import Document, Item, RequestCounts, Sample, Series
from statemachine.model import EndpointName

T = TypeVar("T")
SLOW = timedelta(seconds=10)  # an answer that took longer tells no time: it may be that of any moment on its way


class HuggingFace(Watching):
    """Read endpoints, identity, prices and activity; every namespace with its own token."""

    async def find(self, namespace: str, *, tags: tuple[str, ...] = (), search: str | None = None) -> tuple[Item, ...]:
        filters: dict[str, str | tuple[str, ...]] = {}
        if tags:
            filters["tags"] = tags
        if search:
            filters["search"] = search
        pages = await self._listed(f"find endpoints of {namespace}", namespace, filters)
        readings = {one.reading.name: (one.reading, look) for page, look in pages for one in page.items if one.reading}
        return tuple(as_item(*seen) for seen in readings.values())

    async def members(self, organisation: str) -> frozenset[str]:
        url = self._hub / "api" / "organizations" / checked(organisation) / "members"
        doing = f"ask who the members of {organisation} are"
        pages = await self._every_page(doing, url, organisation, read_members)
        return frozenset(name for page, _ in pages for name in page.items)

    async def clock_ahead(self, namespace: str) -> timedelta | None:
        call = self._transport.call("ask what time it is", self._hub / "api" / "whoami-v2", namespace)
        theirs, look = await self._transport.get(call, _told_time)
        took = look.answered_at - look.asked_at
        return None if theirs is None or took > SLOW else look.asked_at + took / 2 - theirs

    async def request_counts(
        self, name: EndpointName, *, since: datetime, until: datetime, step: timedelta
    ) -> RequestCounts:
        question = MetricQuestion(endpoint=name, metric="request-count", since=since, until=until, step=step)
        return await self._transport.ask(
            question, self._api, lambda answer: count_requests(read_series(answer.body, question), question)
        )

    async def metric(
        self, name: EndpointName, metric: str, *, since: datetime, until: datetime, step: timedelta
    ) -> tuple[Series, ...]:
        question = MetricQuestion(endpoint=name, metric=metric, since=since, until=until, step=step)
        return await self._transport.ask(question, self._api, lambda answer: read_series(answer.body, question))

    async def open_metrics(self, name: EndpointName) -> tuple[Sample, ...]:
        call = self._call(f"ask the OpenMetrics of {name}", self._url(name) / "open-metrics", name)
        text, _ = await self._transport.get(call, lambda answer: answer.body.decode())
        try:
            return await _aside(lambda: read_samples(text))
        except Malformed as error:
            raise malformed(call, str(error)).error from None

    async def replicas(self, name: EndpointName) -> tuple[Document, ...]:
        call = self._call(f"ask the replicas of {name}", self._url(name) / "replica", name)
        return (await self._transport.get(call, lambda answer: read_entries(answer.body, self._masker)))[0]

    async def logs(
        self, name: EndpointName, *, replica: str | None = None, tail: int = 100, line_max_length: int = 2000
    ) -> tuple[str, ...]:
        query = _query(replica=replica, tail=tail, line_max_length=line_max_length)
        call = self._call(f"read the logs of {name}", (self._url(name) / "logs").with_query(query), name)
        body, _ = await self._transport.get(call, _read_log)
        lines = await _aside(lambda: read_lines(body, line_bytes=self._transport.limits.line_bytes))
        return tuple(cut(line, line_max_length) for line in lines[-tail:])

    async def follow_logs(
        self, name: EndpointName, *, replica: str | None = None, tail: int = 100, line_max_length: int = 2000
    ) -> AsyncGenerator[str, None]:
        query = _query(replica=replica, follow="true", tail=tail, line_max_length=line_max_length)
        call = self._call(f"follow the logs of {name}", (self._url(name) / "logs").with_query(query), name)
        lines = Lines(line_bytes=self._transport.limits.line_bytes)
        async with aclosing(self._transport.stream(call)) as chunks:
            async for chunk in chunks:
                for line in lines.feed(chunk):
                    yield cut(line, line_max_length)
        for line in lines.end():
            yield cut(line, line_max_length)

    async def search_logs(
        self,
        name: EndpointName,
        *,
        replica: str | None = None,
        level: str | None = None,
        search: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        tail: int | None = None,
        limit: int | None = None,
    ) -> tuple[Document, ...]:
        url = self._api / "v3" / "endpoint" / checked(name.namespace) / checked(name.name) / "logs"
        query = _query(
            replica=replica, level=level, search=search, since=_told(since), until=_told(until), tail=tail, limit=limit
        )
        call = self._call(f"search the logs of {name}", url.with_query(query), name)
        return (await self._transport.get(call, lambda answer: read_entries(answer.body, self._masker)))[0]

    async def audit_log(
        self, namespace: str, *, endpoint: str | None = None, username: str | None = None
    ) -> tuple[Document, ...]:
        query = _query(endpoint=endpoint, username=username, limit=self._transport.limits.page_items)
        url = (self._api / "v2" / "audit-logs" / checked(namespace)).with_query(query)
        doing = f"read the audit log of {namespace}"
        pages = await self._every_page(doing, url, namespace, lambda told, asked: read_audit(told, asked, self._masker))
        return tuple(entry for page, _ in pages for entry in page.items)

    def _call(self, doing: str, url: URL, name: EndpointName) -> Call:
        """Describe a request whose answer is text, or short."""
        return self._transport.call(doing, url, name.namespace, most_bytes=self._transport.limits.text_bytes)


def _told_time(answer: Answer) -> datetime | None:
    """Return the time that an answer tells; refuse one that is not whoami's: a proxy has a clock of its own."""
    read_identity(answer.body)
    return told_date(answer.headers)


async def _aside(work: Callable[[], T]) -> T:
    """Do what may take long beside the loop, which goes on meanwhile."""
    return await asyncio.get_running_loop().run_in_executor(None, work)


def _read_log(answer: Answer) -> bytes:
    if is_page(answer.headers):
        raise Malformed("a web page, which is no log")
    return answer.body


def _query(**parameters: str | int | None) -> dict[str, str]:
    return {key: str(value) for key, value in parameters.items() if value is not None}


def _told(at: datetime | None) -> str | None:
    """Return a time as RFC 3339."""
    if at is None:
        return None
    if at.tzinfo is None:
        raise ValueError(f"{at} needs a time zone")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
