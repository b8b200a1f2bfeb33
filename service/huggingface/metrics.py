"""From the bytes of the metrics routes to series, request counts and samples.

Assumed, since nothing tells, and held here alone: a metric is a list of labelled series of `[unix seconds, value]`;
values may come as text; null and "NaN" mean that there is none.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from yarl import URL

from service.huggingface.answers import Malformed
from service.huggingface.paths import checked
from service.masking import scrub
from service.ports import RequestCounts, Sample, Series
from statemachine.model import EndpointName


class _Series(msgspec.Struct):
    values: list[tuple[float | str, float | str | None]]
    labels: dict[str, Any] = {}


_told = msgspec.json.Decoder(list[_Series])


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricQuestion:
    """What an endpoint's metric was, from when to when: the one POST that changes nothing.

    Its address is put together here, from checked parts, and always ends in `/metrics/` and the metric's name.
    """

    endpoint: EndpointName
    metric: str
    since: datetime
    until: datetime
    step: timedelta

    def __post_init__(self) -> None:
        """Refuse a time without a zone, a step that is none, and a span that ends before it begins."""
        if self.since.tzinfo is None or self.until.tzinfo is None:
            raise ValueError(f"since and until need a time zone: {self.since} to {self.until}")
        if self.step < timedelta(seconds=1) or self.until < self.since:
            raise ValueError(f"nothing lies between {self.since} and {self.until} in steps of {self.step}")

    @property
    def doing(self) -> str:
        """Return what is asked, for people."""
        return f"ask the {self.metric} of {self.endpoint}"

    def url(self, api: URL) -> URL:
        """Return where it is asked."""
        return _address(api, self.endpoint, self.metric)

    def body(self) -> bytes:
        """Return the question as the API wants it, in whole unix seconds."""
        since, until = int(self.since.timestamp()), int(self.until.timestamp())
        return msgspec.json.encode({"from": since, "to": until, "step": int(self.step.total_seconds())})


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedQuestion:
    """Somebody else's question about a metric, whose text and query are handed on as they came.

    Its address is put together as that of a question of our own is: whatever they say, it is asked nowhere else.
    """

    endpoint: EndpointName
    metric: str
    text: bytes
    query: str = ""

    @property
    def doing(self) -> str:
        """Return what is asked, for people."""
        return f"hand on what is asked of the {self.metric} of {self.endpoint}"

    def url(self, api: URL) -> URL:
        """Return where it is asked."""
        url = _address(api, self.endpoint, self.metric)
        return URL(f"{url}?{self.query}", encoded=True) if self.query else url


def _address(api: URL, endpoint: EndpointName, metric: str) -> URL:
    namespace, name = checked(endpoint.namespace), checked(endpoint.name)
    return api / "v2" / "endpoint" / namespace / name / "metrics" / checked(metric)


def read_series(body: bytes, question: MetricQuestion) -> tuple[Series, ...]:
    """Return the series that answer a question; one with a time that was not asked for is malformed, as a whole."""
    return tuple(
        Series(
            labels={scrub(key): scrub(str(value)) for key, value in told.labels.items()},
            points=tuple(sorted(((_instant(at, question), _value(value)) for at, value in told.values), key=_time)),
        )
        for told in _told.decode(body)
    )


def count_requests(series: Iterable[Series], question: MetricQuestion) -> RequestCounts:
    """Return the sum over all series, step by step.

    A step that one series does not know counts if the others saw requests then, and is unknown if they saw none:
    somebody called, or nobody can tell. A part of a request, as rates give it, is a request.
    """
    sums: dict[datetime, float] = {}
    unknown: set[datetime] = set()
    for at, value in (point for one in series for point in one.points):
        if value is None:
            unknown.add(at)
        elif not 0 <= value < 1e15:
            raise Malformed("a count of requests below zero, or beyond all reason")
        else:
            sums[at] = sums.get(at, 0.0) + value
    counts = tuple((at, math.ceil(sums[at])) for at in sorted(sums) if sums[at] or at not in unknown)
    return RequestCounts(since=question.since, until=question.until, step=question.step, counts=counts)


def read_samples(text: str) -> tuple[Sample, ...]:
    """Return the samples of an OpenMetrics text; raise Malformed for what is none."""
    try:
        families = list(text_string_to_metric_families(text))  # type: ignore[no-untyped-call]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
        raise Malformed(f"the answer is not the OpenMetrics text that it should be ({type(error).__name__})") from None
    return tuple(
        Sample(
            name=sample.name,
            labels={key: scrub(value) for key, value in sample.labels.items()},
            value=float(sample.value),
        )
        for family in families
        for sample in family.samples
    )


def _instant(told: float | str, question: MetricQuestion) -> datetime:
    """Return a point's time; a step more on either side is allowed, since the API may align its steps."""
    seconds = _number(told)
    begin, end = (question.since - question.step).timestamp(), (question.until + question.step).timestamp()
    if not begin <= seconds <= end:
        raise Malformed("a time that was not asked for")
    return datetime.fromtimestamp(seconds, tz=UTC)


def _value(told: float | str | None) -> float | None:
    value = math.nan if told is None else _number(told)
    return None if math.isnan(value) else value


def _number(told: float | str) -> float:
    try:
        return float(told)
    except ValueError:
        raise Malformed("a text where a number should be") from None


def _time(point: tuple[datetime, float | None]) -> datetime:
    return point[0]
