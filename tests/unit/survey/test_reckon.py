"""What counts as forgotten, and how it adds up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.survey.findings import Found, Requests, Survey
from service.survey.reckon import is_quiet, reckon
from statemachine.model import EndpointName
from statemachine.status import Status, UnknownStatus

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
IDLE = timedelta(days=3)
LONG_AGO = NOW - timedelta(days=40)
SILENT = Requests(since=NOW - timedelta(days=14), count=0, last_at=None)
FORGOTTEN = Found(
    name=EndpointName("acme", "forgotten"),
    status=Status.RUNNING,
    created_at=LONG_AGO,
    edited_at=LONG_AGO,
    usd_per_hour=2.5,
    requests=SILENT,
)


def survey(*found: Found) -> Survey:
    return Survey(at=NOW, since=NOW - timedelta(days=14), namespaces={"acme": None}, found=found, closed=())


def test_what_runs_and_was_not_called_is_quiet() -> None:
    assert is_quiet(FORGOTTEN, NOW, IDLE)


@pytest.mark.parametrize(
    "change",
    [
        {"requests": None},
        {"requests": replace(SILENT, since=NOW - timedelta(days=2))},
        {"requests": replace(SILENT, count=1, last_at=NOW - timedelta(hours=5))},
        {"edited_at": NOW - timedelta(hours=1)},
        {"edited_at": None},
        {"created_at": NOW - timedelta(hours=1)},
        {"created_at": None},
        {"status": Status.PAUSED},
        {"status": Status.SCALED_TO_ZERO},
        {"status": Status.FAILED},
        {"status": Status.PENDING},
        {"status": UnknownStatus("warming")},
        {"status": None},
        {"replicas": 0},
    ],
)
def test_what_is_needed_asleep_or_unknown_is_not_quiet(change: dict[str, object]) -> None:
    assert not is_quiet(replace(FORGOTTEN, **change), NOW, IDLE)  # type: ignore[arg-type]


@pytest.mark.parametrize(("hours", "quiet"), [(2, False), (23, False), (25, True)])
def test_a_start_that_goes_on_for_a_day_is_worth_a_look_without_any_request_data(hours: int, quiet: bool) -> None:
    starting = replace(FORGOTTEN, status=Status.INITIALIZING, requests=None, edited_at=NOW - timedelta(hours=hours))

    assert is_quiet(starting, NOW, IDLE) is quiet


def test_the_dearest_comes_first_and_unknown_rates_are_counted_and_not_added() -> None:
    cheap = replace(FORGOTTEN, name=EndpointName("acme", "cheap"), usd_per_hour=0.5)
    busy = replace(FORGOTTEN, name=EndpointName("acme", "busy"), requests=replace(SILENT, count=9, last_at=NOW))
    blind = replace(FORGOTTEN, name=EndpointName("acme", "blind"), requests=None)
    unpriced = replace(FORGOTTEN, name=EndpointName("acme", "unpriced"), usd_per_hour=None)
    asleep = replace(FORGOTTEN, name=EndpointName("acme", "asleep"), status=Status.PAUSED, usd_per_hour=0.0)

    report = reckon(survey(cheap, busy, blind, unpriced, asleep, FORGOTTEN), idle=IDLE)

    assert [found.name.name for found in report.quiet] == ["forgotten", "cheap", "unpriced"]
    assert (report.usd_per_hour, report.unpriced, report.blind) == (8.0, 1, 1)
    assert report.quiet_usd_per_hour == 3.0
    assert report.by_status == {"running": 5, "paused": 1}


def test_a_sum_of_unknown_rates_alone_is_unknown_and_not_nothing() -> None:
    unpriced = replace(FORGOTTEN, usd_per_hour=None)
    asleep = replace(FORGOTTEN, name=EndpointName("acme", "asleep"), status=Status.PAUSED, usd_per_hour=0.0)

    report = reckon(survey(unpriced, asleep), idle=IDLE)

    assert (report.usd_per_hour, report.quiet_usd_per_hour, report.unpriced) == (None, None, 1)
    assert reckon(survey(asleep), idle=IDLE).usd_per_hour == 0.0


def test_a_survey_of_nothing_adds_up_to_nothing() -> None:
    report = reckon(survey(), idle=IDLE)

    assert (report.usd_per_hour, report.unpriced, report.quiet, report.blind) == (0.0, 0, (), 0)
