"""What came is understood, and what is missing never becomes a zero."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st

from service.burn import replicas_now
from service.ports import Hardware, Item, Offer, RequestCounts
from service.survey.findings import Requests
from service.survey.reading import read_item, read_requests
from statemachine.model import EndpointName, Look, Seen, Sighting, Unreadable
from statemachine.status import AnyStatus, Status, UnknownStatus

NOW = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
SINCE = NOW - timedelta(days=14)
L40S = Hardware("aws", "us-east-1", "nvidia-l40s", "x1")
OFFERS = {L40S: Offer(usd_per_hour=1.8, status="low_availability")}
LOOK = Look(asked_at=NOW, answered_at=NOW, asked=0.0, answered=0.1)
DOCUMENT: Mapping[str, Any] = {
    "provider": {"vendor": "aws", "region": "us-east-1"},
    "compute": {"instanceType": "nvidia-l40s", "instanceSize": "x1"},
    "tags": ["audio", 7],
    "status": {"createdBy": {"id": "1", "name": "audio-bot"}, "updatedBy": {"id": "2", "name": None}},
}


def told(*points: tuple[int, int], step: timedelta = HOUR) -> RequestCounts:
    """Points by how many steps ago they began."""
    whole = NOW.replace(minute=0)
    counts = tuple(sorted((whole - step * ago, count) for ago, count in points))
    return RequestCounts(since=SINCE, until=NOW, step=step, counts=counts)


def sighting(status: AnyStatus = Status.RUNNING, ready: int | None = 1, target: int | None = 2) -> Sighting:
    return Sighting(status=status, created_at=SINCE, updated_at=NOW, ready_replicas=ready, target_replicas=target)


def item(what: Sighting, document: Mapping[str, Any] = DOCUMENT) -> Item:
    name = EndpointName("acme", "whisper")
    return Item(name=name, observation=Seen(look=LOOK, sighting=what), document=msgspec.json.encode(document))


def test_no_points_prove_nothing() -> None:
    assert read_requests(told()) is None


def test_zeros_up_to_now_prove_that_there_was_no_request() -> None:
    found = read_requests(told(*((ago, 0) for ago in range(24 * 14))))

    assert found is not None
    assert (found.count, found.last_at) == (0, None)
    assert found.since <= SINCE + HOUR


def test_requests_are_summed_and_the_last_one_came_no_later_than_the_end_of_its_step() -> None:
    found = read_requests(told(*((ago, {100: 2, 220: 1}.get(ago, 0)) for ago in range(24 * 14))))

    assert found == Requests(
        since=found.since if found else SINCE, count=3, last_at=NOW.replace(minute=0) - HOUR * 100 + HOUR
    )


def test_counts_that_end_before_now_prove_nothing() -> None:
    assert read_requests(told(*((ago, 0) for ago in range(5, 300)))) is None


def test_only_the_time_since_the_last_hole_counts() -> None:
    found = read_requests(told(*((ago, 0) for ago in range(48)), *((ago, 5) for ago in range(60, 300))))

    assert found == Requests(since=NOW.replace(minute=0) - HOUR * 47, count=0, last_at=None)


@given(st.sets(st.integers(0, 200)), st.integers(0, 200))
def test_whatever_is_missing_the_span_that_is_claimed_has_no_hole(known: set[int], hole: int) -> None:
    found = read_requests(told(*((ago, 0) for ago in known - {hole, hole + 1, hole + 2})))

    if found is not None:
        claimed = int((NOW.replace(minute=0) - found.since) / HOUR)
        assert claimed in known
        assert not {hole, hole + 1, hole + 2} & set(range(claimed))


@pytest.mark.parametrize("status", [*(one for one in Status if one is not Status.ABSENT), UnknownStatus("warming")])
def test_what_is_not_billed_costs_nothing_and_what_is_unknown_costs_nobody_knows_what(status: AnyStatus) -> None:
    found = read_item(item(sighting(status)), offers=OFFERS, members=None)

    match status:
        case Status.PENDING | Status.FAILED | Status.SCALED_TO_ZERO | Status.PAUSED:
            assert (found.replicas, found.usd_per_hour) == (0, 0.0)
        case UnknownStatus():
            assert (found.replicas, found.usd_per_hour) == (None, None)
        case _:
            assert (found.replicas, found.usd_per_hour) == (2, 3.6)


@pytest.mark.parametrize(
    ("ready", "target", "paid"), [(1, 2, 2), (3, 1, 3), (None, 1, 1), (1, None, 1), (None, None, None)]
)
def test_the_replicas_that_are_paid_are_those_wanted_or_those_there(
    ready: int | None, target: int | None, paid: int | None
) -> None:
    assert replicas_now(sighting(ready=ready, target=target)) == paid


@pytest.mark.parametrize("offers", [None, {}])
def test_without_a_price_the_cost_is_unknown(offers: Mapping[Hardware, Offer] | None) -> None:
    found = read_item(item(sighting()), offers=offers, members=None)

    assert (found.usd_per_hour, found.availability, found.hardware) == (None, None, L40S)


def test_people_are_named_where_there_is_a_name_and_nobody_left_who_cannot_be_looked_up() -> None:
    found = read_item(item(sighting()), offers=OFFERS, members=None)

    assert (found.created_by, found.edited_by, found.editor_left) == ("audio-bot", "2", None)
    assert found.tags == {"audio"}


@pytest.mark.parametrize(("members", "left"), [(frozenset({"dana"}), False), (frozenset({"eve"}), True), (None, None)])
def test_who_is_no_member_any_more_has_left(members: frozenset[str] | None, left: bool | None) -> None:
    document = {**DOCUMENT, "status": {"updatedBy": {"name": "dana"}}}

    assert read_item(item(sighting(), document), offers=None, members=members).editor_left is left


@pytest.mark.parametrize(("editor", "name"), [({"id": "5f0c"}, "5f0c"), ({"name": "<masked>"}, None), ({}, None)])
def test_who_is_not_known_by_name_is_not_said_to_have_left(editor: dict[str, str], name: str | None) -> None:
    document = {**DOCUMENT, "status": {"updatedBy": editor}}

    found = read_item(item(sighting(), document), offers=None, members=frozenset({"dana"}))

    assert (found.edited_by, found.editor_left) == (name, None)


def test_a_document_that_cannot_be_understood_is_found_all_the_same() -> None:
    name = EndpointName("acme", "whisper")
    unreadable = Item(name=name, observation=Unreadable(look=LOOK, reason="no state"), document=b"{}")

    found = read_item(unreadable, offers=OFFERS, members=None)

    assert (found.name, found.status, found.unreadable, found.usd_per_hour) == (name, None, "no state", None)


@pytest.mark.parametrize("document", [{}, {"provider": [], "compute": 3, "status": "x", "tags": {}}])
def test_odd_documents_give_unknowns(document: Mapping[str, Any]) -> None:
    found = read_item(item(sighting(), document), offers=OFFERS, members=frozenset())

    assert (found.hardware, found.usd_per_hour, found.edited_by, found.editor_left) == (None, None, None, None)
