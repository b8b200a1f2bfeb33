from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, strategies as st

from service.cli.exits import Stop
from service.cli.spelling import ago, away, is_span, parse_span, status, window
from service.config import parse_duration

NOW = datetime(2026, 7, 2, 12, 0, tzinfo=UTC)


@given(st.from_regex(r"(\d{1,3}[dhms]){0,5}", fullmatch=True) | st.text(max_size=6))
@example("")
@example("1h30m")
@example("30m1h")
def test_a_span_is_read_as_the_configuration_reads_it(text: str) -> None:
    try:
        expected = parse_duration(text)
    except ValueError:
        assert not is_span(text)
        with pytest.raises(Stop):
            parse_span(text)
    else:
        assert is_span(text)
        assert parse_span(text) == expected


def test_a_window_over_midnight_shows_both_days() -> None:
    data = {"not_before": "2026-07-01T23:59:00Z", "seen_at": "2026-07-02T00:01:00Z", "gap": True}

    told = window(data)

    assert told == "2026-07-01 23:59:00\N{EN DASH}2026-07-02 00:01:00, nobody could look in between"
    assert window(None) == "unknown"


def test_what_was_never_seen_is_not_told_as_a_moment_ago() -> None:
    assert ago(None) == "never"
    assert ago(0) == "0 s ago"


def test_what_is_due_is_now_and_what_has_no_time_has_none() -> None:
    assert away(NOW + timedelta(minutes=15), NOW) == "+15 min"
    assert away(NOW - timedelta(minutes=15), NOW) == "now"
    assert away(None, NOW) == ""


def test_a_status_that_is_not_known_is_kept_as_it_came() -> None:
    assert status({"raw": "hibernating"}) == "hibernating (not a known status)"
