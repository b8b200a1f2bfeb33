"""The daemon against its own OpenAPI document, judged by schemathesis: no 5xx, and no answer that is not described.

A real daemon, in act mode, on the simulator: commands are sent, endpoints are made, changed and deleted.
"""

import sys
from pathlib import Path

import pytest

from tests.e2e.daemons import EAGER, WATCH, Daemon

SCHEMATHESIS = str(Path(sys.executable).with_name("schemathesis"))
GROUPS = '[groups.all]\nmatch = ["acme/*"]\n'
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance"
)
# The names under which there is something, so that not every answer is a 404.
SETTINGS = """
[parameters]
"path.namespace" = ["acme", "beta"]
"path.name" = ["tgi", "tei", "gone"]
"query.timeout" = 0
"header.X-Lamplighter-Actor" = ["ana", "bob"]
"""


def judge(daemon: Daemon, *words: str, seconds: float) -> None:
    for name in ("tgi", "tei", "gone"):
        daemon.hub.create(f"acme/{name}", state="running")
    daemon.configure(WATCH + EAGER + GROUPS, top='mode = "act"\n')
    daemon.start()
    (daemon.machine.home / "schemathesis.toml").write_text(SETTINGS)

    told = daemon.machine.run_program(
        *(SCHEMATHESIS, "run", f"{daemon.url}/openapi.json", "--checks", CHECKS, "--seed", "7", "--no-color"),
        *("--header", f"Authorization: Bearer {daemon.token}", "--exclude-path", "/api/events/stream"),
        *("--request-timeout", "90", "--generation-database", "none", "--continue-on-failure"),
        *words,
        seconds=seconds,
    )

    assert told.code == 0, str(told)
    assert daemon.process is not None
    assert '"event": "request_failed"' not in daemon.process.err


def test_what_is_answered_is_what_is_described(daemon: Daemon) -> None:
    judge(daemon, "--phases", "examples,coverage,fuzzing", "--max-examples", "4", seconds=180)


@pytest.mark.slow
def test_what_is_answered_is_what_is_described_at_length(daemon: Daemon) -> None:
    judge(daemon, "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "60", seconds=1800)
