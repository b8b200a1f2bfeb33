"""The first minutes of a platform engineer: survey, init, a configuration, and what it comes to. Nothing is written."""

import csv
import io
import re
from pathlib import Path

import pytest

from tests.e2e.hub import Hub
from tests.e2e.processes import Ended, Machine

PLATFORM = "hf_platform"
DAY_ONE = """
mode = "observe"
hub_url = "HUB"
[namespaces]
acme-prod     = { token_file = "TOKENS/prod", mode = "observe" }
acme-staging  = { token_file = "TOKENS/staging" }
acme-research = { token_file = "TOKENS/research" }
acme-labs     = { token_file = "TOKENS/labs" }
acme-demo     = { token_file = "TOKENS/demo" }
[groups.production]
match = ["acme-prod/*", "acme-demo/booth-*"]
protected = true
managed_by = "terraform"
actors = ["terraform-ci"]
[groups.experiments]
match = ["acme-research/*", "acme-labs/*", "acme-staging/*", "acme-demo/*"]
[[policies]]
name = "idle-experiments"
groups = ["experiments"]
when = { idle = "4h" }
act = "scale_to_zero"
warn = ["15m"]
resume_hold = "24h"
"""


@pytest.fixture
def acme(machine: Machine) -> Hub:
    return Hub.start(machine, scenario="acme")


def survey(machine: Machine, hub: Hub, *words: str, token: str = PLATFORM) -> Ended:
    return machine.run("survey", "--hub-url", hub.url, *words, env={"HF_TOKEN": token})


def files(machine: Machine) -> set[Path]:
    return set(machine.home.rglob("*"))


def rows(text: str) -> dict[str, list[str]]:
    """Return the cells of the lines that are about an endpoint, by its name."""
    lines = (re.split(r" {2,}", line.strip()) for line in text.splitlines() if line.startswith("acme-"))
    return {cells[0]: cells[1:] for cells in lines}


def test_a_survey_shows_what_burns_and_what_nobody_calls(machine: Machine, acme: Hub) -> None:
    before = files(machine)

    told = survey(machine, acme)

    assert told.code == 0, str(told)
    lines = told.out.splitlines()
    refused = next(number for number, line in enumerate(lines) if "acme-demo unreadable: 401" in line)
    totals = next(number for number, line in enumerate(lines) if "55 endpoints in 4 namespaces" in line)
    assert lines[0].startswith("Read only: nothing was changed.")
    assert "Its endpoints are NOT in this list." in lines[refused]
    assert refused < totals
    assert "running 35 · scaledToZero 8 · paused 7 · failed 3 · initializing 2" in told.out
    assert "burning about $61.30/h" in told.out
    assert rows(told.out) == {
        "acme-research/llama-70b-eval": ["running", "h200 x1", "5.00", "3,650", "0", "41 d ago, ml-evals"],
        "acme-labs/whisper-tmp": ["running", "l40s x1 ×2", "3.60", "2,628", "0", "23 d ago, audio-bot"],  # noqa: RUF001
        "acme-staging/sdxl-fair": ["running", "a100 x1", "2.50", "1,825", "3, last 9 d ago", "30 d ago, ml-evals"],
        "acme-labs/embed-old": ["running", "l4 x1", "0.80", "584", "0", "88 d ago, dana (left org)"],
        "acme-research/tgi-stuck": ["initializing", "t4 x1", "0.50", "365", "unknown", "6 d ago, ml-infra"],
    }
    assert re.search(r"12\.40 +9,052 += 20 % of the burn", told.out)
    assert "4 more have no request data: shown as unknown, not as idle." in told.out
    assert files(machine) == before
    assert {request.method for request in acme.requests()} == {"GET", "POST"}
    assert all("/metrics/" in request.path for request in acme.requests() if request.method == "POST")
    assert acme.writes() == []


def test_the_readme_shows_what_a_survey_prints(machine: Machine, acme: Hub) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    shown = readme.split("$ lamplighter survey")[1].split("```")[0].splitlines()[1:]

    told = survey(machine, acme).out.splitlines()

    # The sentence that says what to do about a token is long, and not what is to be shown.
    assert [line for line in told if not line.startswith("!   ")] == shown


def test_what_is_unknown_is_null_and_empty_and_never_zero(machine: Machine, acme: Hub) -> None:
    told = survey(machine, acme, "--json").json
    table = list(csv.DictReader(io.StringIO(survey(machine, acme, "--csv").out)))

    by_name = {f"{one['namespace']}/{one['name']}": one for one in told["endpoints"]}
    assert [(one["namespace"], one["reason"]) for one in told["unreadable"]] == [("acme-demo", "401")]
    assert len(by_name) == len(table) == 55
    running = [one for one in told["endpoints"] if one["status"] == "running"]
    assert sum(one["requests"] is None for one in running) == 4
    assert by_name["acme-research/tgi-stuck"]["requests"] is None
    assert by_name["acme-labs/embed-old"]["requests"] == 0
    assert by_name["acme-labs/embed-old"]["editor_left"] is True
    assert told["totals"]["usd_per_hour"] == 61.3
    flat = {f"{row['namespace']}/{row['name']}": row for row in table}
    for name, one in by_name.items():
        for key in ("requests", "last_request_at", "usd_per_hour"):  # requests go on between the two surveys
            assert (flat[name][key] == "") is (one[key] is None), (name, key)


def test_a_token_that_is_refused_makes_no_survey(machine: Machine, acme: Hub) -> None:
    acme.faults(bad_tokens=["nobody"])

    told = survey(machine, acme, "--json", token="hf_nobody")

    assert told.code == 1, str(told)
    assert "401" in told.json["error"]


def test_the_session_goes_on_with_init_and_check_config(machine: Machine, acme: Hub) -> None:
    made = machine.run("init", "--hub-url", acme.url, env={"HF_TOKEN": PLATFORM})
    assert made.code == 0, str(made)
    assert "acme-demo unreadable: 401" in made.err
    proposed = machine.home / "lamplighter.toml"
    proposed.write_text(made.out)
    checked = machine.run("check-config", "--live", env={"HF_TOKEN": PLATFORM})
    assert checked.code == 0, str(checked)
    assert "lamplighter.toml: ok, mode observe. 5 of 5 namespaces readable, 55 endpoints." in checked.out
    assert re.search(r"in no group +0$", checked.out, re.MULTILINE)

    for name, token in {
        "prod": PLATFORM,
        "staging": PLATFORM,
        "research": PLATFORM,
        "labs": PLATFORM,
        "demo": "hf_demo",
    }.items():
        (machine.folder / name).write_text(token)
    proposed.write_text(DAY_ONE.replace("HUB", acme.url).replace("TOKENS", str(machine.folder)))
    told = machine.run("check-config", "--live")

    assert told.code == 0, str(told)
    lines = [" ".join(line.split()) for line in told.out.splitlines()]
    assert lines[0] == "lamplighter.toml: ok, mode observe. 5 of 5 namespaces readable, 60 endpoints."
    assert "production 16 protected, managed by terraform" in lines
    assert "experiments 46 2 also in production (acme-demo/booth-a, booth-b): protected wins" in lines
    assert "in no group 0" in lines
    data = "Request data: 40 known, 4 unknown (count as active)."
    assert f"idle-experiments reaches 44 endpoints. {data}" in lines
    assert acme.writes() == []


def test_check_config_live_says_which_namespace_it_cannot_read_and_fails(machine: Machine, acme: Hub) -> None:
    (machine.folder / "token").write_text(PLATFORM)
    file = machine.folder / "day.toml"
    token = machine.folder / "token"
    file.write_text(
        f'hub_url = "{acme.url}"\n[namespaces]\n'
        f'acme-demo = {{ token_file = "{token}" }}\nacme-labs = {{ token_file = "{token}" }}\n'
    )

    told = machine.run("check-config", str(file), "--live")

    assert told.code == 1, str(told)
    assert "1 of 2 namespaces readable, 13 endpoints." in told.out
    assert "acme-demo unreadable: 401" in told.out
    assert "in no group  13" in told.out


def test_a_doctor_tells_what_to_do(machine: Machine, acme: Hub) -> None:
    (machine.home / "lamplighter.toml").write_text(
        f'hub_url = "{acme.url}"\n[namespaces]\nacme-labs = {{}}\nacme-demo = {{}}\n'
    )
    before = files(machine)

    told = machine.run("doctor", "--json", env={"HF_TOKEN": PLATFORM})

    assert told.code == 1, str(told)
    checks = {(check["subject"], check["what"]): check for check in told.json["checks"]}
    assert checks["acme-labs", "list"]["says"] == "13 endpoints"
    assert checks["acme-labs", "metrics"]["verdict"] == "ok"
    assert checks["acme-labs", "writes"]["verdict"] == "not tried"
    assert checks["acme-demo", "list"]["verdict"] == "fails"
    assert checks["acme-demo", "list"]["do"]
    assert checks["this machine", "clock"]["verdict"] == "ok"
    assert files(machine) == before
    assert acme.writes() == []
