from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from yarl import URL

from service.huggingface.answers import Malformed
from service.huggingface.metrics import MetricQuestion, count_requests, read_samples, read_series
from service.ports import NotFound, RequestCounts
from statemachine.model import EndpointName

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
TGI = EndpointName("acme", "tgi")
QUESTION = MetricQuestion(endpoint=TGI, metric="request-count", since=SINCE, until=SINCE + 4 * HOUR, step=HOUR)


def at(hours: float) -> int:
    return int((SINCE + hours * HOUR).timestamp())


def series(*values: Any, **labels: Any) -> dict[str, Any]:
    return {"labels": labels, "values": [list(value) for value in values]}


def counted(*told: Any) -> RequestCounts:
    return count_requests(read_series(msgspec.json.encode(told), QUESTION), QUESTION)


def by_hour(counts: RequestCounts) -> dict[float, int]:
    return {(moment - SINCE) / HOUR: count for moment, count in counts.counts}


def test_the_counts_are_the_sum_over_all_series_in_order() -> None:
    ok = series((at(1), 5), (at(0), 2), code="200")
    bad = series((at(0), 1), (at(2), 0), code="500")

    assert by_hour(counted(ok, bad)) == {0: 3, 1: 5, 2: 0}


@pytest.mark.parametrize("told", [[], [series()], [series((at(0), None))], [series((at(0), "NaN"))]])
def test_no_data_is_empty_and_never_zero(told: list[Any]) -> None:
    counts = counted(*told)

    assert counts.counts == ()
    assert (counts.total, counts.last_request_at, counts.known_from, counts.known_until) == (None, None, None, None)
    assert not counts.covered


def test_a_step_that_one_series_does_not_know_counts_only_if_another_saw_requests() -> None:
    ok = series((at(0), 0), (at(1), 4), (at(2), 0))
    bad = series((at(0), None), (at(1), None), (at(2), 0))

    assert by_hour(counted(ok, bad)) == {1: 4, 2: 0}


@pytest.mark.parametrize("told, count", [(3, 3), ("3", 3), (2.0, 2), (0.2, 1), ("0", 0), (0.0, 0)])
def test_numbers_may_be_texts_and_a_part_of_a_request_is_one(told: Any, count: int) -> None:
    assert by_hour(counted(series((at(0), told)))) == {0: count}


@pytest.mark.parametrize(
    "hours, covered",
    [
        ((0, 1, 2, 3), True),  # each point names the begin of its step
        ((1, 2, 3, 4), True),  # or its end
        ((0, 1, 2, 3, 4), True),
        ((0.5, 1.5, 2.5, 3.5), True),  # or the API aligns them
        ((0, 1, 3), False),
        ((2, 3, 4), False),
        ((0, 1, 2), False),
        ((), False),
    ],
)
def test_it_is_told_whether_the_whole_span_is_known(hours: tuple[float, ...], covered: bool) -> None:
    assert counted(series(*((at(hour), 0) for hour in hours))).covered is covered


def test_the_last_request_is_the_last_step_that_had_one() -> None:
    counts = counted(series((at(0), 2), (at(1), 3), (at(2), 0)))

    assert counts.total == 5
    assert counts.last_request_at == SINCE + HOUR
    assert (counts.known_from, counts.known_until) == (SINCE, SINCE + 2 * HOUR)


@pytest.mark.parametrize(
    "told",
    [
        [series((at(0), -1))],
        [series((at(0), "inf"))],
        [series((at(0), "many"))],
        [series((at(0) * 1000, 1))],  # in milliseconds
        [series((at(6), 1))],
        [series(("yesterday", 1))],
    ],
)
def test_nonsense_in_a_series_is_malformed_and_not_left_out(told: Any) -> None:
    with pytest.raises(Malformed):
        counted(*told)


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"[1]", b'[{"values": 5}]', b'[{"values": [[1]]}]', b"[{}]"])
def test_what_is_no_series_is_malformed(body: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        read_series(body, QUESTION)


def test_a_label_tells_no_token() -> None:
    (one,) = read_series(msgspec.json.encode([series(code="hf_abcdefghijklmnopqrst", other=200)]), QUESTION)

    assert one.labels == {"code": "<masked>", "other": "200"}


def test_the_question_has_an_address_of_its_own_and_whole_seconds() -> None:
    api = URL("https://api.example.com")

    assert str(QUESTION.url(api)) == "https://api.example.com/v2/endpoint/acme/tgi/metrics/request-count"
    assert msgspec.json.decode(QUESTION.body()) == {"from": at(0), "to": at(4), "step": 3600}


@pytest.mark.parametrize("metric", ["", "..", "../pause", "a/b", "a?b", "../../tgi/pause"])
def test_no_metric_leads_to_another_address(metric: str) -> None:
    question = MetricQuestion(endpoint=TGI, metric=metric, since=SINCE, until=SINCE, step=HOUR)

    with pytest.raises(NotFound):
        question.url(URL("https://api.example.com"))


@pytest.mark.parametrize(
    "since, until, step",
    [
        (SINCE, SINCE - HOUR, HOUR),
        (SINCE, SINCE, timedelta(0)),
        (SINCE.replace(tzinfo=None), SINCE.replace(tzinfo=None), HOUR),
    ],
)
def test_a_question_that_makes_no_sense_is_not_asked(since: datetime, until: datetime, step: timedelta) -> None:
    with pytest.raises(ValueError, match=r"time zone|nothing lies between"):
        MetricQuestion(endpoint=TGI, metric="request-count", since=since, until=until, step=step)


def test_open_metrics_are_read_by_name_and_label() -> None:
    text = (
        "# TYPE http_requests counter\n"
        'http_requests_total{replica_id="r-1",status_code="200"} 12\n'
        'http_requests_total{replica_id="hf_abcdefghijklmnopqrst",status_code="500"} 1.0\n'
        "# TYPE latency gauge\nlatency 0.5\n# EOF\n"
    )

    samples = read_samples(text)

    assert [(sample.name, sample.value) for sample in samples] == [
        ("http_requests_total", 12),
        ("http_requests_total", 1),
        ("latency", 0.5),
    ]
    assert samples[0].labels == {"replica_id": "r-1", "status_code": "200"}
    assert samples[1].labels["replica_id"] == "<masked>"


@pytest.mark.parametrize(
    "text", ["", "<html>", "a 1", "a{ 1\n# EOF\n", "a b c d\n# EOF\n", '{"a": 1}', "# EOF\nmore 1\n"]
)
def test_what_is_no_open_metrics_is_malformed(text: str) -> None:
    with pytest.raises(Malformed, match="OpenMetrics"):
        read_samples(text)
