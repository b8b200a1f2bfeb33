"""Instants as people write them, and those that are refused because they name none, or two."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from service.when import NotUnderstood, parse_when, parse_zone, spell

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2026-11-20T15:30:00"),
        ("2h", "2026-11-20T13:30:00"),
        ("2h ago", "2026-11-20T13:30:00"),
        ("1h30m", "2026-11-20T14:00:00"),
        ("1 hour 30 minutes ago", "2026-11-20T14:00:00"),
        ("3 days ago", "2026-11-17T15:30:00"),
        (" 2 Weeks ago ", "2026-11-06T15:30:00"),
        ("today", "2026-11-19T23:00:00"),
        ("today 9:00", "2026-11-20T08:00:00"),
        ("Yesterday 14:00", "2026-11-19T13:00:00"),
        ("yesterday 14:00:05 America/New_York", "2026-11-19T19:00:05"),
        ("2026-07-02", "2026-07-01T22:00:00"),
        ("2026-07-02 14:00", "2026-07-02T12:00:00"),
        ("2026-07-02T14:00", "2026-07-02T12:00:00"),
        ("2026-07-02 14:00 UTC", "2026-07-02T14:00:00"),
        ("2026-07-02T14:00:00Z", "2026-07-02T14:00:00"),
        ("2026-07-02t14:00:00z", "2026-07-02T14:00:00"),
        ("2026-07-02T14:00:00-02:30", "2026-07-02T16:30:00"),
        ("2026-07-02T14:00:00.123456789Z", "2026-07-02T14:00:00.123456"),
    ],
)
def test_what_people_write_is_understood_in_the_zone_that_is_meant(text: str, expected: str) -> None:
    assert parse_when(text, now=NOW, zone=BERLIN).isoformat() == f"{expected}+00:00"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "yesterday 14:00"),
        ("tomorrow", "yesterday 14:00"),
        ("may", "yesterday 14:00"),
        ("14:00", "yesterday 14:00"),
        ("2", "yesterday 14:00"),
        ("3 months ago", "yesterday 14:00"),
        ("20261120", "yesterday 14:00"),
        ("2026-11-31", "day is out of range"),
        ("2026-11-20 25:00", "hour must be in 0..23"),
        ("2026-11-20T14:00:60Z", "second must be in 0..59"),
        ("2026-11-20T14:00:00+25:00", "+02:00"),
        ("2026-11-20 14:00 Europe/Atlantis", "Europe/Berlin"),
        ("999999999 weeks ago", "beyond all calendars"),
        ("0001-01-01T00:00:00+14:00", "beyond all calendars"),
        ("9" * 5000 + "h", "yesterday 14:00"),
    ],
)
def test_what_names_no_instant_is_refused_with_what_to_write(text: str, said: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        parse_when(text, now=NOW, zone=BERLIN)

    assert said in str(refused.value)
    assert len(str(refused.value)) < 300


def test_a_time_that_the_clocks_showed_twice_is_refused_with_both_that_it_may_mean() -> None:
    with pytest.raises(NotUnderstood) as refused:
        parse_when("2026-10-25 02:30", now=NOW, zone=BERLIN)

    assert str(refused.value) == (
        "the clocks of Europe/Berlin showed 2026-10-25 02:30 twice: "
        "write 2026-10-25T02:30:00+02:00 or 2026-10-25T02:30:00+01:00"
    )


def test_a_time_that_the_clocks_never_showed_is_refused_with_the_one_after() -> None:
    with pytest.raises(NotUnderstood) as refused:
        parse_when("2026-03-29 02:30", now=NOW, zone=BERLIN)

    assert str(refused.value) == (
        "the clocks of Europe/Berlin showed 2026-03-29 02:30 never, they were put forward then: "
        "write 2026-03-29T03:30:00+02:00"
    )


def test_a_day_begins_at_its_first_instant_where_midnight_is_skipped_or_comes_twice() -> None:
    skipped = parse_when("2018-11-04", now=NOW, zone=ZoneInfo("America/Sao_Paulo"))
    twice = parse_when("2026-11-01", now=NOW, zone=ZoneInfo("America/Havana"))

    assert skipped == datetime(2018, 11, 4, 3, tzinfo=UTC)
    assert twice == datetime(2026, 11, 1, 4, tzinfo=UTC)


def test_a_zone_that_is_no_zone_is_refused() -> None:
    for name in ("Europe", "../passwd", "", "Nowhere/Land", "\ud800"):
        with pytest.raises(NotUnderstood, match="Europe/Berlin"):
            parse_zone(name)


def test_an_instant_is_spelt_with_its_zone() -> None:
    assert spell(NOW, BERLIN) == "2026-11-20 16:30:00+01:00 (Europe/Berlin)"
    assert spell(NOW, parse_zone("utc")) == "2026-11-20 15:30:00 UTC"


@given(minutes=st.integers(0, 40 * 366 * 24 * 60), name=ZONES)
def test_whatever_clocks_show_means_that_instant_or_is_refused_with_it_among_what_to_write(
    minutes: int, name: str
) -> None:
    zone = ZoneInfo(name)
    at = datetime(1995, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    there = at.astimezone(zone)

    assert there.isoformat() in said_or_meant(f"{there:%Y-%m-%d %H:%M}", zone)
    assert parse_when(there.isoformat(), now=NOW, zone=BERLIN) == at


def said_or_meant(text: str, zone: ZoneInfo) -> str:
    try:
        return parse_when(text, now=NOW, zone=zone).astimezone(zone).isoformat()
    except NotUnderstood as refused:
        return str(refused)
