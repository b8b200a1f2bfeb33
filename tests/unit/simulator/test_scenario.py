"""A scenario is read strictly: its author is told where a slip of the pen lies, and what is allowed there."""

from datetime import timedelta
from pathlib import Path

import pytest

from service.simulator import Simulator
from service.simulator.document import SHORT
from service.simulator.past import PAST
from service.simulator.scenario import ScenarioError, bundled, load, stage
from service.simulator.scenario.terms import Endpoint, Shape
from tests.unit.simulator.hands import START, HandClock, Served, on_hand, statuses


def _staged(tmp_path: Path, text: str) -> tuple[Simulator, HandClock]:
    simulator, clock = on_hand()
    stage(load(_written(tmp_path, text)), simulator)
    return simulator, clock


def _written(tmp_path: Path, text: str) -> str:
    file = tmp_path / "world.toml"
    file.write_text(text)
    return str(file)


def test_every_short_name_of_an_endpoint_may_be_said() -> None:
    assert set(Shape.model_fields) == set(SHORT)
    said = set(Endpoint.model_fields) - set(Shape.model_fields)
    assert said == PAST | {"namespace", "name", "count", "actor", "document", "state", "fate", "start_seconds"}


def test_a_fleet_is_sown_under_numbered_names(tmp_path: Path) -> None:
    simulator, _ = _staged(
        tmp_path,
        """
        [[endpoints]]
        namespace = "acme"
        name = "web-{n}"
        count = 3
        state = "running"
        instance_type = "nvidia-t4"
        created_days_ago = 2
        tags = ["x"]
        """,
    )

    lives = list(simulator.truth.everything())
    assert [life.name for life in lives] == ["web-1", "web-2", "web-3"]
    assert {life.document["compute"]["instanceType"] for life in lives} == {"nvidia-t4"}
    assert all(life.created_at <= START - timedelta(days=2) for life in lives)


def test_people_act_when_the_timeline_says_so_and_again(tmp_path: Path) -> None:
    simulator, clock = _staged(
        tmp_path,
        """
        [durations]
        updating_seconds = [30, 30]
        [[endpoints]]
        namespace = "acme"
        name = "web"
        state = "running"
        [[timeline]]
        at = "1h"
        endpoint = "acme/web"
        verb = "update"
        change = { revision = "v2", max_replica = 3 }
        actor = "bob"
        [[timeline]]
        at = "2h"
        every = "6h"
        times = 2
        endpoint = "acme/*"
        verb = "pause"
        [[timeline]]
        at = "3h"
        endpoint = "acme/web"
        verb = "resume"
        fate = "ok"
        [[timeline]]
        at = "90m"
        create = { namespace = "acme", name = "late", state = "running" }
        [[timeline]]
        at = "4h"
        endpoint = "acme/none"
        verb = "pause"
        """,
    )

    clock.forward(24 * 3600)

    assert statuses(simulator, "web")[:4] == ["running", "updating", "running", "paused"]
    assert statuses(simulator, "web")[-1] == "paused"
    assert statuses(simulator, "late") == ["running", "paused"]
    edited = simulator.truth.find("acme", "web")
    assert edited is not None
    assert (edited.document["model"]["revision"], edited.document["compute"]["scaling"]["maxReplica"]) == ("v2", 3)
    paused = [one.at - START for one in simulator.history if one.name == "web" and one.new == "paused"]
    assert paused == [timedelta(hours=2), timedelta(hours=8)]
    update = next(one for one in simulator.history if one.new == "updating")
    assert (update.at - START, update.actor) == (timedelta(hours=1), "bob")
    assert [refusal.reason for refusal in simulator.refused] == ["Endpoint not found: acme/none"]


def test_faults_and_access_turn_with_the_timeline(tmp_path: Path) -> None:
    simulator, clock = _staged(
        tmp_path,
        """
        [faults]
        retry_after_seconds = 7
        [[tokens]]
        token = "hf_alice"
        organisations = ["acme"]
        [[timeline]]
        at = "10m"
        faults = { down = true }
        [[timeline]]
        at = "20m"
        faults = { down = false }
        [[timeline]]
        at = "15m"
        revoke = { token = "hf_alice", namespace = "acme" }
        [[timeline]]
        at = "25m"
        grant = { token = "hf_alice", namespace = "acme" }
        """,
    )
    seen = []

    for _ in range(6):
        simulator.now()
        seen.append((simulator.faults.down, simulator.people.may("alice", "acme")))
        clock.forward(6 * 60)

    assert seen == [(False, True), (False, True), (True, True), (True, False), (False, False), (False, True)]
    assert simulator.faults.retry_after_seconds == 7


async def test_strangers_and_names_of_tokens_are_as_the_scenario_has_them(tmp_path: Path, served: Served) -> None:
    text = """
        strangers = false
        [[tokens]]
        token = "hf_secret"
        name = "alice"
        organisations = ["acme"]
        """
    stage(load(_written(tmp_path, text)), served.simulator)

    await served.json("GET", "/api/whoami-v2", headers={"Authorization": "Bearer hf_bob"}, status=401)
    told = await served.json("GET", "/api/whoami-v2", headers={"Authorization": "Bearer hf_secret"})

    assert (told["name"], [one["name"] for one in told["orgs"]]) == ("alice", ["acme"])


def test_traffic_goes_on_from_a_past_and_wakes_what_sleeps(tmp_path: Path) -> None:
    simulator, clock = _staged(
        tmp_path,
        """
        [[endpoints]]
        namespace = "acme"
        name = "web"
        state = "running"
        created_days_ago = 30
        [[endpoints]]
        namespace = "acme"
        name = "young"
        state = "scaledToZero"
        created_days_ago = 1
        [[traffic]]
        match = ["acme/*"]
        per_day = 96
        past_days = 7
        """,
    )
    web, young = (simulator.truth.find("acme", name) for name in ("web", "young"))
    assert web is not None
    assert young is not None
    assert (web.requests.total(), young.requests.total()) == (7 * 96, 96)

    clock.forward(2 * 86_400)
    simulator.now()

    assert web.requests.total() - 7 * 96 == pytest.approx(2 * 96, rel=0.15)
    assert young.state == "running"
    assert simulator.refused == []


ONE = '[[endpoints]]\nnamespace = "a"\nname = "b"'
HOUR = '[[timeline]]\nat = "1h"'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fleets = []", "fleets: there is no such key; known are description, strangers, tokens"),
        (ONE + "\nreplica = 2", r"endpoints\[0\]\.replica: there is no such key; .*min_rep"),
        (ONE + '\nstate = "runing"', r"endpoints\[0\]\.state: .*'running'.*, not 'runing'"),
        (ONE + '\nmin_replica = "2"', r"endpoints\[0\]\.min_replica: .*integer, not '2'"),
        (ONE + "\ncount = 2", r"endpoints\[0\]: 2 endpoints need as many names"),
        ('[[endpoints]]\nnamespace = "a"\nname = "B"', r"endpoints\[0\]: .*invalid name 'B'"),
        ('[[endpoints]]\nname = "b"', r"endpoints\[0\]\.namespace: Field required"),
        (ONE + "\nmin_replica = 3", r"endpoints\[0\], a/b: .*minReplica 3"),
        ((ONE + "\n") * 2, r"endpoints\[1\], a/b: .*already exists"),
        ("[faults]\nslow = 1", "faults: unknown faults .'slow'.; known are"),
        ("[faults]\ndown = 1", "faults: fault 'down' cannot be 1"),
        ("[durations]\npending = [1, 2]", "durations: there is no 'pending'; known are pending_seconds"),
        ("[durations]\npending_seconds = [2, 1]", "durations: pending_seconds is a range"),
        ('[[timeline]]\nat = "soon"\nfaults = {}', r"timeline\[0\]\.at: 'soon' is not a duration: write it like"),
        (HOUR, r"timeline\[0\]: say one of verb, create"),
        (HOUR + '\nverb = "pause"', r"timeline\[0\]: verb and endpoint belong together"),
        (HOUR + '\nverb = "stop"\nendpoint = "a/b"', r"timeline\[0\]\.verb: 'stop' is none of delete, fail"),
        (HOUR + "\ntimes = 3\nfaults = {}", r"timeline\[0\]: times needs every"),
        (HOUR + '\nverb = "pause"\nendpoint = "b"', r"timeline\[0\]\.endpoint: "),
        ('[[tokens]]\ntoken = "hf_x"\nrefused = { a = 404 }', r"tokens\[0\]\.refused\.a: Input should be 401 or 403"),
        ('[[traffic]]\nmatch = ["a/*"]\nper_day = 5', r"traffic\[0\]: no endpoint of this scenario matches a/\*"),
        ("[faults]\nretry_after_seconds = inf", "faults: fault 'retry_after_seconds' cannot be inf"),
        ("[faults]\nclock_skew_seconds = 1e300", "faults: .*clock_skew_seconds.*at most"),
        ("[faults]\nlatency_seconds = [2, 1]", "faults: .*latency_seconds.*from 0 on"),
        ("[durations]\npending_seconds = [0, inf]", r"durations\.pending_seconds\[1\]: .*finite"),
        ("[organisations.a]\ncredits_usd = inf", r"organisations\.a\.credits_usd: .*finite"),
        (ONE + "\nstart_seconds = 1e300", r"endpoints\[0\]\.start_seconds: .*less than"),
        (ONE + "\ncreated_at = 9990-01-01T00:00:00Z", r"endpoints\[0\], a/b: .*lies in the future"),
        (ONE + '\ndocument = { provider = "x" }', r"endpoints\[0\], a/b: invalid type for `provider`"),
        (ONE + "\nmax_replica = 1_000_000", r"endpoints\[0\], a/b: .*at most 1000"),
        (ONE + "\nscale_to_zero_timeout = 1_000_000", r"endpoints\[0\], a/b: .*minutes"),
        (ONE + "\nmeasure = { hardwareUsage = -1.0 }", r"endpoints\[0\], a/b: .*`compute.scaling.measure`"),
        (ONE + '\n[[traffic]]\nmatch = ["a/*"]\nper_day = 5\npast_days = 1e9', r"traffic\[0\]: an age or a span"),
        ("[[", "not TOML"),
    ],
)
def test_a_slip_of_the_pen_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        load(_written(tmp_path, text))


def test_a_scenario_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ScenarioError, match="no scenario 'acne' comes along: give a path, or one of acme"):
        load("acne")
    with pytest.raises(ScenarioError, match="cannot read the scenario nowhere"):
        load("nowhere.toml")


def test_every_bundled_scenario_says_what_it_is() -> None:
    assert "acme" in bundled()
    assert all(bundled().values())
