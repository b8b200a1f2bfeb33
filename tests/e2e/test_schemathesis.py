"""The daemon against its own OpenAPI document, judged by schemathesis: no 5xx, and no answer that is not described.

A real daemon, in act mode, on the simulator: commands are sent, endpoints are made, changed and deleted.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.daemons import EAGER, WATCH, Daemon
from tests.e2e.processes import Ended

SCHEMATHESIS = str(Path(sys.executable).with_name("schemathesis"))
GROUPS = '[groups.all]\nmatch = ["acme/*"]\n'
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance"
)
WANTED = (
    ("GET", 400),
    *(("POST", 200), ("POST", 201), ("POST", 400), ("POST", 404), ("POST", 409), ("POST", 422)),
    *(("PATCH", 200), ("PATCH", 400), ("PATCH", 422)),
    *(("DELETE", 200), ("DELETE", 404)),
)

# The names under which there is something, so that not every answer is a 404; what is deleted is nobody else's.
SETTINGS = """
[parameters]
"path.namespace" = "acme"
"path.name" = "tgi"
"query.timeout" = 0

[[operations]]
include-name = "DELETE /api/endpoints/{namespace}/{name}"
parameters = { "path.namespace" = "acme", "path.name" = "gone" }
"""


def prepared(daemon: Daemon) -> None:
    for name in ("tgi", "gone"):
        daemon.hub.create(f"acme/{name}", state="running")
    daemon.configure(WATCH + EAGER + GROUPS, top='mode = "act"\n')
    daemon.start()
    (daemon.machine.home / "schemathesis.toml").write_text(SETTINGS)


def judged(daemon: Daemon, document: str, *words: str, seconds: float) -> Ended:
    return daemon.machine.run_program(
        *(SCHEMATHESIS, "run", document, "--url", daemon.url, "--checks", CHECKS, "--seed", "7", "--no-color"),
        *("--header", f"Authorization: Bearer {daemon.token}", "--exclude-path", "/api/events/stream"),
        *("--request-timeout", "90", "--generation-database", "none", "--continue-on-failure"),
        *words,
        seconds=seconds,
    )


def is_as_described(daemon: Daemon, *words: str, seconds: float) -> None:
    prepared(daemon)

    told = judged(daemon, f"{daemon.url}/openapi.json", *words, seconds=seconds)

    assert told.code == 0, str(told)
    assert daemon.process is not None
    requests = [json.loads(line) for line in daemon.process.err.splitlines() if '"event": "request"' in line]
    answered = Counter((one["method"], one["status"]) for one in requests)
    assert not [status for _, status in answered if status >= 500]
    # It went to where something is decided, and not only against the doors.
    assert [wanted for wanted in WANTED if not answered[wanted]] == [], answered


def test_what_is_answered_is_what_is_described(daemon: Daemon) -> None:
    is_as_described(daemon, "--phases", "examples,coverage,fuzzing", "--max-examples", "4", seconds=180)


@pytest.mark.slow
def test_what_is_answered_is_what_is_described_at_length(daemon: Daemon) -> None:
    is_as_described(daemon, "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "60", seconds=1800)


def test_that_judge_finds_an_answer_that_is_not_described(daemon: Daemon) -> None:
    prepared(daemon)
    document = daemon.get("/openapi.json").json
    answers = document["paths"]["/api/status"]["get"]["responses"]
    answers["202"] = answers.pop("200")
    file = daemon.machine.home / "mutant.json"
    file.write_text(json.dumps(document))

    words = ("--include-path", "/api/status", "--phases", "fuzzing", "--max-examples", "1")
    told = judged(daemon, str(file), *words, seconds=60)

    assert told.code == 1
    assert "Undocumented status code" in told.out
