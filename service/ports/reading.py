"""The reading ports: `Reader` for who watches, `Inspector` for who asks more.

Nothing that satisfies them can change anything.
"""

from collections.abc import AsyncGenerator, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from service.ports.activity import RequestCounts, Sample, Series
from service.ports.endpoints import Hardware, Identity, Item, Offer, Sweep
from statemachine.model import EndpointName, Missing

# A document whose schema is not established: what is not known to be harmless in it is masked.
Document = Mapping[str, Any]


class Reader(Protocol):
    """Look at Hugging Face. Every call ends within its time limit, by an answer or by a HubError."""

    async def sweep(self, namespace: str) -> Sweep:
        """Return every endpoint of a namespace, every page; all or a HubError, never a part."""
        ...

    async def look(self, name: EndpointName) -> Item | Missing:
        """Return one endpoint as it is now, or Missing on a 404."""
        ...

    async def whoami(self, namespace: str) -> Identity:
        """Return whose token serves this namespace."""
        ...

    async def prices(self, namespace: str) -> Mapping[Hardware, Offer]:
        """Return what the hardware that this namespace can use costs."""
        ...

    async def healthy(self, url: str, health_route: str, namespace: str) -> bool:
        """Return whether the endpoint's health route answers 200. Ask only while its status is running."""
        ...


class Inspector(Reader, Protocol):
    """Ask Hugging Face for more than watching needs. Every call but `follow_logs` ends within its time limit, too."""

    async def find(self, namespace: str, *, tags: tuple[str, ...] = (), search: str | None = None) -> tuple[Item, ...]:
        """Return the endpoints that have all these tags and match the search: every page.

        Unlike a sweep it tells nothing about the endpoints that are not in it.
        """
        ...

    async def members(self, organisation: str) -> frozenset[str]:
        """Return the names of all members that the token may see: every page, or a HubError."""
        ...

    async def clock_ahead(self, namespace: str) -> timedelta | None:
        """Return by how much our clock is ahead of Hugging Face's, right to some seconds; None if nobody tells."""
        ...

    async def request_counts(
        self, name: EndpointName, *, since: datetime, until: datetime, step: timedelta
    ) -> RequestCounts:
        """Return how many requests an endpoint got. No data gives no counts, and never zeros."""
        ...

    async def metric(
        self, name: EndpointName, metric: str, *, since: datetime, until: datetime, step: timedelta
    ) -> tuple[Series, ...]:
        """Return the series of one metric, by its name in the API (`request-count`)."""
        ...

    async def open_metrics(self, name: EndpointName) -> tuple[Sample, ...]:
        """Return an endpoint's OpenMetrics as they are now. Ask at most every 15 seconds."""
        ...

    async def replicas(self, name: EndpointName) -> tuple[Document, ...]:
        """Return what the API tells of each replica, masked."""
        ...

    async def logs(
        self, name: EndpointName, *, replica: str | None = None, tail: int = 100, line_max_length: int = 2000
    ) -> tuple[str, ...]:
        """Return the last lines that the container wrote, scrubbed."""
        ...

    def follow_logs(
        self, name: EndpointName, *, replica: str | None = None, tail: int = 100, line_max_length: int = 2000
    ) -> AsyncGenerator[str, None]:
        """Return the container's lines, scrubbed, as they are written, until either side ends it.

        Only the first answer has a time limit: a container may be silent for hours. Close the iterator to end it.
        """
        ...

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
        """Return the log entries that match, masked and scrubbed; Refused with 501 where there is no log search."""
        ...

    async def audit_log(
        self, namespace: str, *, endpoint: str | None = None, username: str | None = None
    ) -> tuple[Document, ...]:
        """Return who did what in a namespace, masked: every page."""
        ...
