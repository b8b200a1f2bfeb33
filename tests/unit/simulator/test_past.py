"""What is sown has a past that documents and counts tell, and of which history and bill know nothing."""

from datetime import UTC, datetime, timedelta
from math import nan
from typing import Any

import pytest

from service.simulator import State
from service.simulator.errors import Invalid, SimulatorError
from tests.unit.simulator.hands import START, Served, on_hand

DAY = 86_400


async def _counts(served: Served, name: str, *, days: int, status: int = 200) -> Any:
    until = int(served.simulator.now().timestamp())
    asked = {"from": until - days * DAY, "to": until, "step": 3600}
    return await served.json("POST", f"/v2/endpoint/acme/{name}/metrics/request-count", json=asked, status=status)


def _sum(series: Any) -> int:
    return sum(count for one in series for _, count in one["values"])


async def test_a_past_is_told_by_the_document(served: Served) -> None:
    served.simulator.create(
        "acme", "old", state="running", actor="audio-bot", created_days_ago=40, edited_days_ago=23.5, edited_by="dana"
    )

    status = (await served.json("GET", "/v2/endpoint/acme/old"))["status"]

    assert datetime.fromisoformat(status["createdAt"]).date() == (START - timedelta(days=40)).date()
    assert datetime.fromisoformat(status["updatedAt"]).date() == (START - timedelta(days=23.5)).date()
    assert (status["createdBy"]["name"], status["updatedBy"]["name"]) == ("audio-bot", "dana")


def test_what_was_up_in_its_past_has_all_its_replicas_and_answers_at_once() -> None:
    simulator, _ = on_hand()

    simulator.create("acme", "old", state="running", created_days_ago=1, min_replica=3, max_replica=3)

    life = simulator.truth.find("acme", "old")
    assert life is not None
    assert life.ready_replicas(simulator.now()) == 3
    assert life.answers(simulator.now())


def test_the_history_begins_with_the_sowing_and_claims_nobody_did_it() -> None:
    simulator, _ = on_hand()

    created_at = simulator.create("acme", "old", state="failed", created_days_ago=9)

    (sown,) = simulator.history
    assert (sown.at, sown.cause, sown.actor, sown.old, sown.new) == (START, "sow", None, State.ABSENT, State.FAILED)
    assert sown.created_at == created_at < START


async def test_requests_of_the_past_are_counted_where_they_were(served: Served) -> None:
    served.simulator.create("acme", "steady", state="running", requests_per_day=480, requests_days=20)
    served.simulator.create("acme", "rare", state="running", requests_days_ago=[9, 10.5, 13])
    served.simulator.create("acme", "none", state="running", created_days_ago=30)

    assert _sum(await _counts(served, "steady", days=14)) == pytest.approx(480 * 14, abs=1)
    assert _sum(await _counts(served, "rare", days=14)) == 3
    assert _sum(await _counts(served, "rare", days=8)) == 0
    assert _sum(await _counts(served, "none", days=14)) == 0
    until = int(served.simulator.now().timestamp())
    (last_hour,) = await served.json(
        "POST", "/v2/endpoint/acme/steady/metrics/request-count", json={"from": until - 3600, "to": until}
    )
    assert sum(count for _, count in last_hour["values"]) == 20


def test_an_instant_may_be_said_as_text() -> None:
    simulator, _ = on_hand()

    created_at = simulator.create("acme", "old", created_at="2026-01-02T03:04:05Z")

    assert created_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"created_at": "2026-07-02T00:00:00Z"}, "future"),
        ({"created_at": "yesterday"}, "no instant"),
        ({"created_at": datetime(2026, 1, 1)}, "time zone"),  # noqa: DTZ001
        ({"created_at": "2026-01-02", "created_days_ago": 3}, "one of them"),
        ({"created_days_ago": 3, "edited_days_ago": 4}, "before it was created"),
        ({"edited_days_ago": -1}, "is from 0"),
        ({"requests_days_ago": [3, -1]}, "is from 0"),
        ({"created_days_ago": 1e9}, "to 36525 days"),
        ({"requests_per_day": 1e9}, "one each second"),
        ({"requests_per_day": nan}, "one each second"),
        ({"requests_per_day": 8e4, "requests_days": 3e4}, "more than 10000000 requests"),
        ({"create_days_ago": 3}, "create_days_ago.*known are.*created_days_ago.*min_replica"),
    ],
)
def test_a_past_that_cannot_have_been_is_refused(said: dict[str, Any], complaint: str) -> None:
    simulator, _ = on_hand()

    with pytest.raises(Invalid, match=complaint):
        simulator.create("acme", "old", **said)

    assert simulator.history == []


@pytest.mark.parametrize("kind", ["404", "501"])
async def test_metrics_may_be_refused_for_one_endpoint(served: Served, kind: str) -> None:
    for name in ("dark", "light"):
        served.simulator.create("acme", name, state="running", requests_per_day=24)
    served.simulator.faults.turn({"no_metrics": {"acme/dark": kind}})

    assert "error" in await _counts(served, "dark", days=2, status=int(kind))
    assert _sum(await _counts(served, "light", days=2)) == 48


async def test_metrics_may_be_missing_in_whole_or_in_part(served: Served) -> None:
    served.simulator.create("acme", "dark", state="running", requests_per_day=24)

    served.simulator.faults.turn({"no_metrics": {"acme/dark": "empty"}})
    assert await _counts(served, "dark", days=2) == []

    served.simulator.faults.turn({"no_metrics": {"acme/dark": "partial"}})
    (half,) = await _counts(served, "dark", days=2)
    assert len(half["values"]) == 25
    assert half["values"][-1][0] == int(served.simulator.now().timestamp())


def test_a_kind_of_missing_metrics_that_there_is_not_is_refused() -> None:
    simulator, _ = on_hand()

    with pytest.raises(SimulatorError, match="'gone' is none of 404, 501, empty, partial"):
        simulator.faults.turn({"no_metrics": {"acme/dark": "gone"}})


@pytest.mark.parametrize("code", [401, 403])
async def test_a_namespace_may_refuse_a_token_that_whoami_says_belongs_to_it(served: Served, code: int) -> None:
    served.simulator.create("acme", "tgi", state="running")
    served.simulator.refuse("hf_alice", "acme", code)

    for method, path in (("GET", "/v2/endpoint/acme"), ("GET", "/v2/provider/acme"), ("PUT", "/v2/endpoint/acme/tgi")):
        assert "acme" in (await served.json(method, path, json={}, status=code))["error"]
    organisations = (await served.json("GET", "/api/whoami-v2"))["orgs"]
    others = await served.json("GET", "/v2/endpoint/acme", headers={"Authorization": "Bearer hf_bob"})

    assert [one["name"] for one in organisations] == ["acme"]
    assert len(others["items"]) == 1
    served.simulator.refuse("hf_alice", "acme", None)
    assert len((await served.json("GET", "/v2/endpoint/acme"))["items"]) == 1


async def test_a_refused_token_does_not_reach_the_endpoints_themselves(served: Served) -> None:
    served.simulator.create("acme", "tgi", state="running", created_days_ago=1)
    served.simulator.refuse("hf_alice", "acme", 403)

    await served.json("GET", "/serve/acme/tgi/", status=401)


def test_a_refusal_is_401_or_403() -> None:
    simulator, _ = on_hand()

    with pytest.raises(Invalid, match="one of \\[401, 403\\]"):
        simulator.refuse("hf_alice", "acme", 418)


def test_members_are_those_that_were_said_or_else_everyone_who_is_known() -> None:
    simulator, _ = on_hand()
    simulator.grant("hf_platform", "acme", "lab")

    simulator.people.enrol("acme", ["carol"])

    assert simulator.people.members("acme", ["dana"]) == ["carol", "platform"]
    assert simulator.people.members("lab", ["dana"]) == ["dana", "platform"]
