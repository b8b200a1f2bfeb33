"""Whatever is asked of the simulator over HTTP, it answers; nonsense is refused with a sentence that says why."""

from typing import Any

import pytest

from tests.unit.simulator.hands import Served

ENDPOINT = {
    "name": "odd",
    "type": "public",
    "provider": {"vendor": "aws", "region": "us-east-1"},
    "compute": {"accelerator": "gpu", "instanceType": "nvidia-l4", "instanceSize": "x1"},
    "model": {"repository": "gpt2", "image": {"huggingface": {}}},
}
TGI = {"namespace": "acme", "name": "tgi"}
NINES = "9" * 5000


def scaled(**scaling: Any) -> dict[str, Any]:
    return {
        **ENDPOINT,
        "compute": {"accelerator": "gpu", "instanceType": "l4", "instanceSize": "x1", "scaling": scaling},
    }


@pytest.mark.parametrize(
    ("document", "status", "said"),
    [
        (scaled(measure="often"), 422, "`compute.scaling.measure`"),
        (scaled(measure={"hardwareUsage": "often"}), 422, "expected a number above 0"),
        (scaled(scaleToZeroTimeout=10**15), 400, "scaleToZeroTimeout"),
        (scaled(minReplica=10**9, maxReplica=10**9), 400, "at most 1000"),
        ({**ENDPOINT, "healthRoute": 5}, 422, "`healthRoute`"),
        ({**ENDPOINT, "tags": [{}]}, 422, "`tags`"),
    ],
)
async def test_a_document_that_could_not_live_is_refused_and_the_others_live_on(
    served: Served, document: dict[str, Any], status: int, said: str
) -> None:
    refused = await served.json("POST", "/v2/endpoint/acme", json=document, status=status)

    assert said in refused["error"]
    served.clock.forward(86_400)
    assert (await served.json("GET", "/v2/endpoint/acme"))["items"] == []


@pytest.mark.parametrize(
    "path",
    [
        f"/v2/endpoint/acme?limit={NINES}",
        "/v2/endpoint/acme?cursor=eyJwYWdlIjogSW5maW5pdHksICJwbGFjZSI6MCwiYWZ0ZXIiOjAsImJhY2siOmZhbHNlfQ==",
        f"/v2/endpoint/acme/tgi/logs?tail={NINES}",
        f"/v3/endpoint/acme/tgi/logs?since={NINES}",
        f"/v2/audit-logs/acme?cursor={NINES}",
    ],
)
async def test_a_number_that_is_none_is_a_bad_request(served: Served, path: str) -> None:
    served.simulator.create("acme", "tgi")

    assert "Bad Request" in (await served.json("GET", path, status=400))["error"]


@pytest.mark.parametrize("span", ['{"from": 1e999, "to": 1}', '{"from": 1, "to": 1e300}', '{"from": 1}', "7"])
async def test_a_span_that_is_none_is_a_bad_request(served: Served, span: str) -> None:
    served.simulator.create("acme", "tgi")

    await served.json("POST", "/v2/endpoint/acme/tgi/metrics/request-count", data=span, status=400)


async def test_nobody_is_held_up_for_ages(served: Served) -> None:
    served.simulator.create("acme", "tgi", type="public")
    held = {"X-Scale-Up-Timeout": "9" * 30}

    refused = await served.json("GET", "/serve/acme/tgi/health", headers=held, status=400)

    assert "number of seconds" in refused["error"]


async def test_a_search_is_looked_for_as_it_is_commas_and_all(served: Served) -> None:
    served.simulator.create("acme", "tgi")

    assert (await served.json("GET", "/v2/endpoint/acme?search=x,tgi"))["items"] == []


@pytest.mark.parametrize(
    ("route", "body", "said"),
    [
        ("grant", {"token": "hf_x", "namespaces": "acme"}, "namespaces: "),
        ("grant", {"token": 5, "namespaces": ["acme"]}, "token: "),
        ("revoke", {"token": [], "namespace": "acme"}, "token: "),
        ("refuse", {"token": "hf_x", "namespace": "acme", "code": []}, "code: Input should be 401 or 403"),
        ("refuse", {"token": "hf_x", "namespace": "acme"}, "code: Field required"),
        ("credits", {"namespace": "acme", "credits_usd": float("inf")}, "credits_usd: "),
        ("credits", {"namespace": "acme", "credits_usd": "5"}, "credits_usd: "),
        ("act", {**TGI, "verb": "stop"}, "verb: 'stop' is none of"),
        ("act", {**TGI, "verb": "stop", "in_seconds": 5}, "verb: 'stop' is none of"),
        ("act", {**TGI, "verb": "pause", "in_seconds": "soon"}, "in_seconds: "),
        ("act", {**TGI, "verb": "pause", "in_seconds": 1e300}, "in_seconds: "),
        ("act", {**TGI, "verb": "pause", "fate": "odd"}, "fate: "),
        ("act", {**TGI, "verb": "pause", "when": 1}, "when: there is no such key; known are namespace, name, verb"),
        ("act", {**TGI, "verb": "update", "document": [1]}, "document: "),
        ("act", {**TGI, "verb": "update", "document": {"provider": None}}, "invalid type for `provider`"),
        ("create", {"namespace": "acme", "name": "odd", "fate": "odd"}, "fate: "),
        ("create", {"namespace": "acme", "name": "odd", "start_seconds": -5}, "start_seconds: "),
        ("create", {"namespace": "acme", "name": "odd", "created_days_ago": 1e300}, "36525 days"),
        ("create", {"namespace": "a/b", "name": "odd"}, "namespace: "),
        ("create", [], "the body: "),
        ("faults", [], "the body: "),
    ],
)
async def test_a_judge_who_is_told_nonsense_says_what_is_wrong_and_changes_nothing(
    served: Served, route: str, body: object, said: str
) -> None:
    served.simulator.create("acme", "tgi", state="running")
    before = await served.json("GET", "/_simulator/endpoints")

    refused = await served.json("POST", f"/_simulator/{route}", json=body, status=422)

    assert said in refused["error"]
    assert await served.json("GET", "/_simulator/endpoints") == before
    assert [one.new for one in served.simulator.history] == ["running"]


@pytest.mark.parametrize("knobs", ['{"latency_seconds": {"a": 1}}', '{"fail_page": ["a", 1e999]}', '{"unreadable": 5}'])
async def test_a_knob_that_cannot_be_turned_so_is_refused(served: Served, knobs: str) -> None:
    assert "cannot be" in (await served.json("POST", "/_simulator/faults", data=knobs, status=400))["error"]


async def test_json_without_a_bottom_is_refused(served: Served) -> None:
    for path in ("/_simulator/faults", "/_simulator/act", "/v2/endpoint/acme"):
        assert "JSON" in (await served.json("POST", path, data="[" * 100_000, status=422))["error"]


async def test_a_fleet_is_created_by_one_request(served: Served) -> None:
    fleet = {"namespace": "acme", "name": "n-{n}", "count": 3, "created_at": "2026-01-02T03:04:05Z"}

    told = await served.json("POST", "/_simulator/create", json=fleet)

    assert told == {"created_at": "2026-01-02T03:04:05+00:00"}
    assert [life.name for life in served.simulator.truth.everything()] == ["n-1", "n-2", "n-3"]


async def test_the_log_of_requests_names_who_the_token_is_said_to_be(served: Served) -> None:
    served.simulator.people.introduce("hf_alice", "ann")

    await served.json("GET", "/v2/endpoint/acme")

    assert [one.user for one in served.simulator.requests] == ["ann"]
