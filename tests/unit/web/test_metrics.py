"""The figures can be read by Prometheus, and none is made up."""

import asyncio
from datetime import timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from events import streams
from events.catalogue.acts import Intended
from events.catalogue.incidents import Fired, Severity
from events.catalogue.namespaces import NamespaceUnreachable
from service.parts import Parts
from statemachine.model import EndpointName
from statemachine.status import Status, UnknownStatus
from tests.unit.web.hands import CREATED, START, discover, make_parts, put, served

TWO = 'mode = "observe"\n[namespaces]\nacme = {}\nbeta = {}\n'


async def figures(parts: Parts) -> dict[tuple[str, ...], float]:
    await parts.live.catch_up()
    async with served(parts) as caller, caller.http.get("/metrics") as response:
        assert response.headers["Content-Type"].startswith("text/plain; version=")
        text = await response.text()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    found = {(sample.name.removeprefix("lamplighter_"), *sample.labels.values()): sample.value for sample in samples}
    assert len(found) == len(samples)
    assert all(sample.name.startswith("lamplighter_") for sample in samples)
    return found


async def test_endpoints_are_counted_by_namespace_and_status(tmp_path: Path) -> None:
    parts = make_parts(tmp_path, text=TWO)
    for number in range(3):
        await discover(parts.log, f"acme/e-{number}")
    await discover(parts.log, "beta/one", status=Status.PAUSED)
    await discover(parts.log, "beta/odd", status=UnknownStatus('we"ird\n'))  # type: ignore[arg-type]

    found = await figures(parts)

    assert found["endpoints", "acme", "running"] == 3
    assert found["endpoints", "beta", "paused"] == 1
    assert found["endpoints", "beta", 'we"ird\n'] == 1
    assert found["log_position",] == 5
    assert found["mode", "observe"] == 1
    assert found["mode", "act"] == 0
    assert found["build_info", "0.0.1"] == 1


async def test_a_namespace_that_was_never_asked_has_no_figure_and_one_that_cannot_be_read_has_zero(
    tmp_path: Path,
) -> None:
    parts = make_parts(tmp_path, text=TWO)
    trouble = NamespaceUnreachable(since=START, error="unauthorized", detail="401")
    await put(parts.log, streams.namespace("beta"), trouble)

    found = await figures(parts)

    assert ("namespace_reachable", "acme") not in found
    assert ("namespace_seen_seconds", "acme") not in found
    assert found["namespace_reachable", "beta"] == 0


async def test_leases_and_waiters_are_counted_by_namespace_while_there_are_any(tmp_path: Path) -> None:
    parts = make_parts(tmp_path, text=TWO)
    for endpoint in ("acme/one", "acme/two", "beta/one"):
        await discover(parts.log, endpoint, status=Status.INITIALIZING)
    async with served(parts), asyncio.TaskGroup() as tasks:
        await parts.live.reach(await parts.log.head())
        for endpoint, holder in (("one", "ana"), ("one", "bo"), ("two", "ana")):
            await taken(parts, EndpointName("acme", endpoint), holder)
        names = [EndpointName("acme", endpoint) for endpoint in ("one", "one", "two")]
        waiting = [tasks.create_task(parts.readiness.wait(name, seconds=60)) for name in names]
        await asyncio.sleep(0)  # they begin
        during = await figures(parts)
        for task in waiting:
            task.cancel()
    after = await figures(parts)

    assert [during[name, "acme"] for name in ("leases", "leased_endpoints", "waiters")] == [3, 2, 3]
    assert [during[name, "beta"] for name in ("leases", "leased_endpoints", "waiters")] == [0, 0, 0]
    assert [after[name, "acme"] for name in ("leases", "leased_endpoints", "waiters")] == [3, 2, 0]


async def taken(parts: Parts, name: EndpointName, holder: str) -> None:
    await parts.leases.take(name, holder=holder, key=holder, reason="", span=timedelta(minutes=5), pause_after=False)


async def test_what_is_open_is_counted(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    name = EndpointName("acme", "one")
    await discover(parts.log, "acme/one")
    intended = Intended(
        intent="i1",
        command="pause",
        life=CREATED,
        version=1,
        evidence=(1,),
        reason="too old",
        deadline=START + timedelta(minutes=5),
    )
    await put(parts.log, streams.acts(name), intended, actor="policy:old")
    fired = Fired(incident="n1", rule="failed", severity=Severity.CRITICAL, reason="it failed", evidence=1, at=START)
    await put(parts.log, streams.incident("failed", streams.Subject("acme", "one")), fired, actor="alerts")

    found = await figures(parts)

    assert found["open_intents",] == 1
    assert found["open_incidents", "critical"] == 1
    assert found["open_incidents", "warning"] == 0
    assert found["undelivered_notifications",] == 0
