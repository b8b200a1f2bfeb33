from typing import Any

import pytest

from tests.unit.simulator.hands import Served

NEW: dict[str, Any] = {
    "name": "tgi",
    "type": "public",
    "provider": {"vendor": "aws", "region": "us-east-1"},
    "compute": {
        "accelerator": "gpu",
        "instanceType": "nvidia-l4",
        "instanceSize": "x1",
        "scaling": {"minReplica": 0, "maxReplica": 2, "scaleToZeroTimeout": 15},
    },
    "model": {
        "repository": "gpt2",
        "framework": "pytorch",
        "revision": None,
        "image": {"custom": {"url": "img", "healthRoute": "/up"}},
        "secrets": {"KEY": "marker-1"},
    },
    "unheardOf": {"kept": ["as", "sent"]},
}


async def test_what_is_created_is_told_back_as_it_was_sent(served: Served) -> None:
    created = await served.json("POST", "/v2/endpoint/acme", json=NEW, status=202)

    assert created["status"]["state"] == "pending"
    assert created["status"]["createdBy"]["name"] == created["status"]["updatedBy"]["name"] == "alice"
    assert created["healthRoute"] == "/up"
    assert created["unheardOf"] == NEW["unheardOf"]
    assert created["model"]["secrets"] == {"KEY": "marker-1"}
    assert created["model"]["revision"]
    assert await served.json("GET", "/v2/endpoint/acme/tgi") == created


async def test_a_name_in_use_is_a_conflict(served: Served) -> None:
    await served.json("POST", "/v2/endpoint/acme", json=NEW, status=202)

    refusal = await served.json("POST", "/v2/endpoint/acme", json=NEW, status=409)

    assert "already exists" in refusal["error"]


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"name": "Under_score"}, 400, "1 to 32"),
        ({"name": "a" * 33}, 400, "1 to 32"),
        ({"name": ""}, 400, "1 to 32"),
        ({"type": "secret"}, 422, "unknown variant"),
        ({"compute": None}, 422, "`compute`"),
        ({"model": {"repository": 7, "image": {}}}, 422, "model.repository"),
        ({"tags": "not-a-list"}, 422, "tags"),
        ({"model": NEW["model"] | {"task": None}}, 422, "model.task"),
        ({"model": NEW["model"] | {"image": {}}}, 422, "exactly one variant"),
        ({"model": NEW["model"] | {"image": {"huggingface": {}, "custom": {"url": "x"}}}}, 422, "exactly one variant"),
        ({"model": NEW["model"] | {"image": {"vLLM": {"port": 80}}}}, 422, "model.image.vLLM.url"),
        ({"model": NEW["model"] | {"image": {"tei": "x"}}}, 422, "model.image.tei"),
        ({"compute": NEW["compute"] | {"scaling": {"minReplica": 3, "maxReplica": 1}}}, 400, "minReplica"),
    ],
)
async def test_a_bad_document_is_refused_with_a_sentence(
    served: Served, change: dict[str, Any], status: int, said: str
) -> None:
    refusal = await served.json("POST", "/v2/endpoint/acme", json=NEW | change, status=status)

    assert said in refusal["error"]
    assert served.simulator.history == []


async def test_missing_fields_are_named_all_at_once(served: Served) -> None:
    refusal = await served.json("POST", "/v2/endpoint/acme", json={"name": "x"}, status=422)

    assert all(f"`{field}`" in refusal["error"] for field in ("compute", "model", "provider", "type"))


async def test_no_json_is_refused(served: Served) -> None:
    await served.json("POST", "/v2/endpoint/acme", data=b"{", status=422)
    await served.json("PUT", "/v2/endpoint/acme/tgi", data=b"{", status=404)


async def test_an_update_is_partial_and_moves_updated_by(served: Served) -> None:
    served.simulator.create("acme", "tgi", document=NEW, state="running")
    served.clock.forward(60)

    document = {"compute": {"scaling": {"maxReplica": 5}}, "model": {"image": {"vLLM": {"url": "x"}}}}
    told = await served.json("PUT", "/v2/endpoint/acme/tgi", json=document, headers={"Authorization": "Bearer hf_bob"})

    assert told["compute"]["scaling"] == {"minReplica": 0, "maxReplica": 5, "scaleToZeroTimeout": 15}
    assert told["model"]["image"] == {"vLLM": {"url": "x"}}
    assert (told["healthRoute"], told["model"]["repository"]) == ("/up", "gpt2")
    assert (told["status"]["state"], told["status"]["updatedBy"]["name"]) == ("updating", "bob")
    assert told["status"]["updatedAt"] > told["status"]["createdAt"]


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({"name": "other"}, 400),
        ([], 422),
        ({"compute": 1}, 422),
        ({"type": "secret"}, 422),
        ({"model": {"image": {"custom": {}}}}, 422),
    ],
)
async def test_a_bad_update_changes_nothing(served: Served, document: Any, status: int) -> None:
    served.simulator.create("acme", "tgi", document=NEW, state="running")
    before = await served.json("GET", "/v2/endpoint/acme/tgi")

    await served.json("PUT", "/v2/endpoint/acme/tgi", json=document, status=status)

    assert await served.json("GET", "/v2/endpoint/acme/tgi") == before


async def test_pages_are_of_20_unless_asked_and_all_are_reached_by_the_cursor(served: Served) -> None:
    for number in range(250):
        served.simulator.create("acme", f"e-{number}", state="paused")

    first = await served.json("GET", "/v2/endpoint/acme")
    seen: list[str] = []
    page: dict[str, Any] = {"nextCursor": ""}
    pages = 0
    while (cursor := page["nextCursor"]) is not None:
        query = {"limit": "100"} | ({"cursor": cursor} if cursor else {})
        page = await served.json("GET", "/v2/endpoint/acme", params=query)
        seen += [item["name"] for item in page["items"]]
        pages += 1
    back = await served.json("GET", "/v2/endpoint/acme", params={"limit": "100", "cursor": page["prevCursor"]})

    assert (len(first["items"]), first["prevCursor"]) == (20, None)
    assert (seen, pages) == ([f"e-{number}" for number in range(250)], 3)
    assert [item["name"] for item in back["items"]] == seen[100:200]


@pytest.mark.parametrize(("shifts", "second"), [(False, ["e-2", "e-3"]), (True, ["e-3", "e-4"])])
async def test_a_page_shifts_under_deletions_only_if_asked_to(served: Served, shifts: bool, second: list[str]) -> None:
    served.simulator.faults.shifting_pages = shifts
    for number in range(6):
        served.simulator.create("acme", f"e-{number}")
    first = await served.json("GET", "/v2/endpoint/acme?limit=2")
    served.simulator.act("acme", "e-0", "delete")
    served.clock.forward(1)

    page = await served.json("GET", "/v2/endpoint/acme", params={"limit": "2", "cursor": first["nextCursor"]})

    assert [item["name"] for item in page["items"]] == second


async def test_a_list_can_be_searched_and_filtered_by_tags(served: Served) -> None:
    served.simulator.create("acme", "chat-a", tags=["prod", "eu"])
    served.simulator.create("acme", "chat-b", tags=["prod"])
    served.simulator.create("acme", "other", tags=["eu"])

    async def names(query: str) -> list[str]:
        page = await served.json("GET", f"/v2/endpoint/acme?{query}")
        return [item["name"] for item in page["items"]]

    assert await names("search=chat") == ["chat-a", "chat-b"]
    assert await names("tags=prod,eu") == await names("tags=prod&tags=eu") == ["chat-a"]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "cursor=garbage", "cursor=bm90IGpzb24="])
async def test_a_bad_page_is_refused(served: Served, query: str) -> None:
    await served.json("GET", f"/v2/endpoint/acme?{query}", status=400)


async def test_commands_answer_the_endpoint_and_their_refusals_say_why(served: Served) -> None:
    served.simulator.create("acme", "tgi", state="running")

    running = await served.json("POST", "/v2/endpoint/acme/tgi/resume", status=400)
    paused = await served.json("POST", "/v2/endpoint/acme/tgi/pause")
    again = await served.json("POST", "/v2/endpoint/acme/tgi/pause")
    asleep = await served.json("POST", "/v2/endpoint/acme/tgi/scale-to-zero", status=400)

    assert "already running" in running["error"]
    assert (paused["status"]["state"], paused["status"]["url"]) == ("paused", None)
    assert again == paused
    assert "Invalid state" in asleep["error"]
    assert [request.write for request in served.simulator.requests] == [True] * 4
    assert [request.status for request in served.simulator.requests] == [400, 200, 200, 400]


async def test_a_deletion_takes_a_moment(served: Served) -> None:
    served.simulator.create("acme", "tgi")

    async with served.http.delete("/v2/endpoint/acme/tgi") as response:
        assert (response.status, await response.read()) == (200, b"")

    await served.json("GET", "/v2/endpoint/acme/tgi")
    served.clock.forward(1)
    await served.json("GET", "/v2/endpoint/acme/tgi", status=404)


async def test_without_a_good_token_nothing_is_answered(served: Served) -> None:
    served.simulator.create("acme", "tgi")
    served.simulator.faults.bad_tokens.add("hf_mallory")

    for path in ("/v2/endpoint/acme", "/v2/endpoint/acme/tgi", "/v2/provider/acme", "/api/whoami-v2"):
        await served.json("GET", path, headers={"Authorization": ""}, status=401)
        await served.json("GET", path, headers={"Authorization": "Bearer hf_mallory"}, status=401)


async def test_a_token_that_loses_its_organisation_sees_an_empty_page_and_404(served: Served) -> None:
    served.simulator.create("acme", "tgi")
    named = await served.json("GET", "/api/whoami-v2")

    served.simulator.revoke("hf_alice", "acme")

    assert [org["name"] for org in named["orgs"]] == ["acme"]
    assert (await served.json("GET", "/api/whoami-v2"))["orgs"] == []
    assert (await served.json("GET", "/v2/endpoint/acme"))["items"] == []
    await served.json("GET", "/v2/endpoint/acme/tgi", status=404)
    await served.json("POST", "/v2/endpoint/acme/tgi/pause", status=404)
    await served.json("POST", "/v2/endpoint/acme", json=NEW, status=403)
    await served.json("GET", "/v2/provider/acme", status=403)


async def test_a_granted_token_is_held_to_what_was_granted_and_its_own(served: Served) -> None:
    served.simulator.create("acme", "tgi")
    served.simulator.create("alice", "mine")

    served.simulator.grant("hf_alice", "other")

    assert [org["name"] for org in (await served.json("GET", "/api/whoami-v2"))["orgs"]] == ["other"]
    assert (await served.json("GET", "/v2/endpoint/acme"))["items"] == []
    assert len((await served.json("GET", "/v2/endpoint/alice"))["items"]) == 1


async def test_prices_join_with_documents_and_the_quota_counts_what_holds_machines(served: Served) -> None:
    place: dict[str, Any] = {"instance_type": "nvidia-a100", "instance_size": "x4"}
    served.simulator.create("acme", "tgi", state="running", min_replica=2, max_replica=2, **place)
    served.simulator.create("acme", "off", state="paused", **place)

    told = await served.json("GET", "/v2/provider/acme")

    [quota] = [
        (compute["pricePerHour"], compute["quota"]["usedAccelerators"])
        for vendor in told["vendors"]
        for region in vendor["regions"]
        for compute in region["computes"]
        if (vendor["name"], region["name"], compute["id"]) == ("aws", "us-east-1", "aws-us-east-1-nvidia-a100-x4")
    ]
    assert quota == (10.0, 8)


async def test_an_endpoint_answers_only_when_its_replica_does(served: Served) -> None:
    served.simulator.durations.answer_lag_seconds = (10.0, 10.0)
    served.simulator.create("acme", "tgi", document=NEW, start_seconds=100)
    served.clock.forward(100)
    told = await served.json("GET", "/v2/endpoint/acme/tgi")
    assert (told["status"]["state"], told["status"]["readyReplica"]) == ("running", 1)

    await served.json("GET", told["status"]["url"] + "/up", status=503)
    served.clock.forward(10)
    await served.json("GET", told["status"]["url"] + "/up")
    await served.json("POST", told["status"]["url"], json={"inputs": "hello"})

    served.simulator.act("acme", "tgi", "mute")
    await served.json("GET", told["status"]["url"] + "/up", status=503)


async def test_only_what_is_public_answers_without_a_token(served: Served) -> None:
    served.simulator.create("acme", "open", state="running", type="public")
    served.simulator.create("acme", "closed", state="running")
    served.clock.forward(60)

    await served.json("GET", "/serve/acme/open/health", headers={"Authorization": ""})
    await served.json("GET", "/serve/acme/closed/health", headers={"Authorization": ""}, status=401)
    await served.json("GET", "/serve/acme/closed/health")
    served.simulator.revoke("hf_alice", "acme")
    await served.json("GET", "/serve/acme/closed/health", status=401)
    await served.json("GET", "/serve/acme/nothing/health", status=404)


async def test_any_look_wakes_what_is_scaled_to_zero_and_none_wakes_what_is_paused(served: Served) -> None:
    served.simulator.create("acme", "asleep", state="scaledToZero", type="public")
    served.simulator.create("acme", "off", state="paused", type="public")

    await served.json("GET", "/serve/acme/asleep/health", status=503)
    refusal = await served.json("GET", "/serve/acme/off/health", status=400)

    assert served.simulator.status("acme", "asleep") in {"pending", "initializing"}
    assert refusal["error"] == "Bad Request: Invalid state"
    assert served.simulator.status("acme", "off") == "paused"
    assert not any(request.write for request in served.simulator.requests)


async def test_looks_at_health_do_not_keep_an_endpoint_awake(served: Served) -> None:
    served.simulator.create("acme", "tgi", state="running", type="public", scale_to_zero_timeout=15)

    for _ in range(20):
        served.clock.forward(60)
        async with served.http.get("/serve/acme/tgi/health") as response:
            await response.read()

    assert "scaledToZero" in {happening.new.value for happening in served.simulator.history}


async def test_requests_are_counted_by_the_minute(served: Served) -> None:
    served.simulator.create("acme", "tgi", state="running", type="public")
    served.clock.forward(60)
    since = int(served.simulator.now().timestamp()) // 60 * 60
    for _ in range(3):
        await served.json("POST", "/serve/acme/tgi", json={"inputs": "hello"})
    served.clock.forward(60)
    await served.json("POST", "/serve/acme/tgi", json={"inputs": "hello"})

    asked = {"from": since, "to": since + 120, "step": 60}
    [series] = await served.json("POST", "/v2/endpoint/acme/tgi/metrics/request-count", json=asked)

    assert series["values"] == [[since, 3], [since + 60, 1], [since + 120, 0]]
    assert not any(request.write for request in served.simulator.requests)
    await served.json("POST", "/v2/endpoint/acme/tgi/metrics/request-count", json={}, status=400)


@pytest.mark.parametrize("path", ["/", "/v2", "/v2/endpoint/acme/tgi/unheard-of", "/api/agent-harnesses"])
async def test_all_else_is_not_found(served: Served, path: str) -> None:
    assert "Not Found" in (await served.json("GET", path, status=404))["error"]


async def test_timestamps_have_0_3_or_9_digits_and_tell_the_identity(served: Served) -> None:
    digits = set()
    for number in range(12):
        created_at = served.simulator.create("acme", f"e-{number}")
        text = (await served.json("GET", f"/v2/endpoint/acme/e-{number}"))["status"]["createdAt"]
        fraction = text.removesuffix("Z").partition(".")[2]
        digits.add(len(fraction))
        assert created_at.microsecond == int(f"{fraction:0<6}"[:6])

    assert digits == {0, 3, 9}


async def test_a_process_can_be_driven_by_http(served: Served) -> None:
    await served.json("POST", "/_simulator/create", json={"namespace": "acme", "name": "tgi", "state": "running"})
    acted = {"namespace": "acme", "name": "tgi", "verb": "pause", "actor": "bob"}
    assert await served.json("POST", "/_simulator/act", json=acted) == {"status": "paused"}
    later = {"namespace": "acme", "name": "tgi", "verb": "resume", "in_seconds": 60}
    assert await served.json("POST", "/_simulator/act", json=later) == {"status": "paused"}
    served.clock.forward(60)

    history = await served.json("GET", "/_simulator/history")
    [endpoint] = await served.json("GET", "/_simulator/endpoints")
    await served.json("GET", "/v2/endpoint/acme")
    [request] = await served.json("GET", "/_simulator/requests")

    assert [(one["old"], one["new"], one["actor"]) for one in history][:2] == [
        ("absent", "running", "alice"),
        ("running", "paused", "bob"),
    ]
    assert endpoint["status"] in {"pending", "initializing"}
    assert (request["path"], request["user"], request["status"], request["write"]) == (
        "/v2/endpoint/acme",
        "alice",
        200,
        False,
    )


async def test_knobs_are_turned_by_http_all_or_none(served: Served) -> None:
    knobs = {"p_429": 1, "unreadable": ["acme/tgi"], "latency_seconds": [1, 2], "fail_page": ["acme", 1], "down": True}
    told = await served.json("POST", "/_simulator/faults", json=knobs)

    assert {name: told[name] for name in knobs} == knobs
    assert served.simulator.faults.unreadable == {("acme", "tgi")}
    for bad in ({"p_429": "often"}, {"down": 1}, {"unheard": 1}, {"fail_page": 3}, {"p_5xx": 1, "unreadable": ["x"]}):
        await served.json("POST", "/_simulator/faults", json=bad, status=400)
    assert served.simulator.faults.p_5xx == 0


async def test_grants_are_given_and_taken_by_http(served: Served) -> None:
    served.simulator.create("acme", "tgi")
    await served.json("POST", "/_simulator/grant", json={"token": "hf_alice", "namespaces": ["acme"]})
    assert len((await served.json("GET", "/v2/endpoint/acme"))["items"]) == 1

    await served.json("POST", "/_simulator/revoke", json={"token": "hf_alice", "namespace": "acme"})
    assert (await served.json("GET", "/v2/endpoint/acme"))["items"] == []

    await served.json("POST", "/_simulator/revoke", json=[], status=422)
    await served.json("POST", "/_simulator/act", json={"namespace": "a", "name": "b", "verb": "pause"}, status=404)
    await served.json("POST", "/_simulator/create", json={"namespace": "a", "name": "b", "state": "odd"}, status=422)
