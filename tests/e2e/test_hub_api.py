"""Hugging Face's own API as a daemon serves it: who may, what is told, and what is in the log afterwards."""

import http.client
import signal
import socket
import time
from collections.abc import Iterator
from threading import Thread

import pytest

from service.access.failures import OF_ONE
from tests.e2e.calls import Answer, bearer, call
from tests.e2e.daemons import EAGER, Daemon
from tests.e2e.hub import Hub
from tests.e2e.processes import Machine

TEAM = '[namespaces.acme]\ntoken_file = "{0}"\nmode = "{1}"\n[namespaces.alice]\ntoken_file = "{0}"\nmode = "{1}"\n'
SECRET = "sk-never-to-be-told"


def begun(daemon: Daemon, hub: Hub, *, mode: str = "act") -> None:
    """Start it over the namespaces of a team and of alice, whom its token is of, too."""
    hub.grant("hf_alice", "acme")
    token = daemon.machine.home / "alice-token"
    token.parent.mkdir(parents=True, exist_ok=True)
    token.write_text("hf_alice")
    daemon.configure(EAGER + TEAM.format(token, mode), top=f'mode = "{mode}"\n')
    daemon.start()


def asked(daemon: Daemon, path: str, user: str = "alice", **what: object) -> Answer:
    return call(f"{daemon.url}{path}", headers=bearer(f"hf_{user}"), **what)  # type: ignore[arg-type]


def act_for_alice(daemon: Daemon) -> Iterator[Daemon]:
    daemon.hub.create("acme/chat", state="running", secrets={"KEY": SECRET})
    daemon.hub.create("alice/own", state="running")
    begun(daemon, daemon.hub)
    yield daemon
    daemon.stop()
    told = daemon.log.read_bytes()  # a clean stop leaves nothing beside it
    assert SECRET.encode() not in told
    assert b"hf_zoe" not in told


@pytest.fixture
def acting(daemon: Daemon) -> Iterator[Daemon]:
    yield from act_for_alice(daemon)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon for all who change nothing that the others look at: most of a test's time is its start."""
    machine = Machine(tmp_path_factory.mktemp("shared"))
    try:
        yield from act_for_alice(Daemon(machine, Hub.start(machine, speed=60)))
    finally:
        machine.close()


def test_a_caller_sees_and_changes_nothing_of_what_its_token_does_not_name(shared: Daemon) -> None:
    shared.hub.revoke("hf_zoe", "acme")
    before = len(shared.hub.writes())
    for method, path in (
        ("GET", "/v2/endpoint/acme"),
        ("GET", "/v2/endpoint/acme/chat"),
        ("GET", "/v2/endpoint/acme/chat?fresh=1"),
        ("GET", "/v2/endpoint/acme/chat/logs"),
        ("GET", "/v2/provider/acme"),
        ("PUT", "/v2/endpoint/acme/chat"),
        ("POST", "/v2/endpoint/acme"),
        ("POST", "/v2/endpoint/acme/chat/pause"),
        ("DELETE", "/v2/endpoint/acme/chat"),
    ):
        there, nowhere = (
            asked(shared, path.replace("acme", space), "zoe", method=method, body={"name": "x"})
            if method in {"PUT", "POST"}
            else asked(shared, path.replace("acme", space), "zoe", method=method)
            for space in ("acme", "nowhere")
        )
        assert (there.code, there.json) == (403, {"error": "Forbidden: zoe has no access to 'acme'"}), path
        assert (nowhere.code, nowhere.json) == (403, {"error": "Forbidden: zoe has no access to 'nowhere'"}), path
    assert len(shared.hub.writes()) == before


def test_what_is_masked_stays_masked_and_cannot_be_written_back(shared: Daemon) -> None:
    told = asked(shared, "/v2/endpoint/acme/chat").json
    before = len(shared.hub.writes())

    refused = asked(shared, "/v2/endpoint/acme/chat", method="PUT", body={"model": told["model"]})

    assert SECRET not in str(told)
    assert told["model"]["secrets"]["KEY"] == "<masked>"
    assert refused.code == 422
    assert "model.secrets.KEY" in refused.json["error"]
    assert len(shared.hub.writes()) == before


def test_a_write_is_the_callers_own_and_is_seen_by_the_next_read(acting: Daemon, hub: Hub) -> None:
    told = asked(acting, "/v2/endpoint/acme/chat/pause", method="POST")

    assert (told.code, told.json["status"]["state"]) == (200, "paused")
    assert asked(acting, "/v2/endpoint/acme/chat").json["status"]["state"] == "paused"
    assert hub.writes()[-1].user == "alice"
    [intended] = acting.entries("act.intended")
    assert (intended.actor, intended.data["command"]) == ("person:alice", "pause")
    assert [entry.type for entry in acting.entries("act.confirmed")] == ["act.confirmed"]


def test_a_resume_works_where_the_view_still_says_running(acting: Daemon, hub: Hub) -> None:
    hub.act("acme/chat", "pause")

    told = asked(acting, "/v2/endpoint/acme/chat/resume", method="POST")

    assert told.code == 200
    assert told.json["status"]["state"] in {"pending", "initializing"}


def test_a_read_tells_how_fresh_it_is_and_looks_again_if_asked(acting: Daemon, hub: Hub) -> None:
    hub.act("acme/chat", "pause")

    fresh = asked(acting, "/v2/endpoint/acme/chat?fresh=1")

    assert fresh.json["status"]["state"] == "paused"
    assert fresh.headers["X-Lamplighter-Looked-At"].endswith("Z")


def test_in_observe_mode_nothing_is_written(daemon: Daemon, hub: Hub) -> None:
    hub.create("acme/chat", state="running")
    begun(daemon, hub, mode="observe")

    for method, path, body in (
        ("POST", "/v2/endpoint/acme/chat/pause", None),
        ("PUT", "/v2/endpoint/acme/chat", {"compute": {"scaling": {"maxReplica": 9}}}),
        ("POST", "/v2/endpoint/acme", {"name": "more"}),
        ("DELETE", "/v2/endpoint/acme/chat", None),
    ):
        told = asked(daemon, path, method=method, body=body)
        assert (told.code, told.json["error"][:10]) == (403, "Forbidden:"), path
    assert hub.writes() == []


def test_wrong_tokens_are_refused_and_at_last_not_even_looked_up(daemon: Daemon, hub: Hub) -> None:
    begun(daemon, hub, mode="observe")
    hub.faults(bad_tokens=[f"hf_mallory{number}" for number in range(OF_ONE + 9)])
    codes = [asked(daemon, "/v2/endpoint/acme", f"mallory{number}").code for number in range(OF_ONE)]
    before = len(hub.requests())

    late = asked(daemon, "/v2/endpoint/acme", f"mallory{OF_ONE + 1}")

    assert set(codes) == {401}
    assert (late.code, 1 <= int(late.headers["Retry-After"]) <= 6) == (429, True)
    assert not [one for one in hub.requests()[before:] if one.path == "/api/whoami-v2"]
    assert call(f"{daemon.url}/v2/endpoint/acme").code == 401


def test_what_is_no_token_of_hugging_face_is_told_to_nobody_and_counts_as_no_guess(shared: Daemon) -> None:
    before = len(shared.hub.requests())
    for shown in (shared.token, "ll_another-daemons-own", "two words", ""):
        for _ in range(OF_ONE):
            assert call(f"{shared.url}/v2/endpoint/acme", headers=bearer(shown)).code == 401

    assert not [one for one in shared.hub.requests()[before:] if one.path == "/api/whoami-v2" and one.user != "alice"]
    assert asked(shared, "/v2/endpoint/acme").code == 200


def test_a_strangers_key_stands_in_nobodys_way(shared: Daemon) -> None:
    shared.hub.faults(bad_tokens=["hf_stranger"])
    key, path = {"Idempotency-Key": "deploy-42"}, f"{shared.url}/v2/endpoint/acme/chat"
    stranger = call(path, method="PUT", body={"tags": ["his"]}, headers={**bearer("hf_stranger"), **key})

    told = call(path, method="PUT", body={"tags": ["hers"]}, headers={**bearer("hf_alice"), **key})

    assert (stranger.code, told.code) == (401, 200)
    assert told.json["tags"] == ["hers"]


def test_what_is_handed_on_goes_up_as_it_was_asked(shared: Daemon) -> None:
    asked(shared, "/v2/endpoint/acme/chat/logs?tail=5&since=2026-11-20T12:00:00%2B00:00")

    [handed] = [one for one in shared.hub.requests() if one.path.endswith("/logs")]
    assert handed.user == "alice"


def test_a_token_that_is_revoked_while_its_request_is_on_the_way_opens_nothing(acting: Daemon, hub: Hub) -> None:
    made = acting.post("/api/tokens", {"name": "ci", "grants": [{"role": "operate", "namespaces": ["*"]}]}).json
    body = b'{"reason": "late"}'
    head = (
        f"POST /api/endpoints/acme/chat/pause HTTP/1.1\r\nHost: 127.0.0.1:{acting.port}\r\nConnection: close\r\n"
        f"Authorization: Bearer {made['secret']}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", acting.port), timeout=10) as connection:
        connection.sendall(head.encode() + body[:3])
        time.sleep(0.5)
        assert call(f"{acting.url}/api/tokens/ci", method="DELETE", headers=bearer(acting.token)).code == 200
        connection.sendall(body[3:])
        answered = connection.recv(100)

    assert answered.startswith(b"HTTP/1.1 401")
    assert hub.writes() == []


def test_a_page_and_a_foreign_host_are_refused_here_too(shared: Daemon) -> None:
    before = len(shared.hub.writes())
    path = f"{shared.url}/v2/endpoint/acme/chat/pause"
    page = call(path, method="POST", headers={**bearer("hf_alice"), "Origin": "https://evil.example"})
    rebound = call(path, method="POST", headers={**bearer("hf_alice"), "Host": f"evil.example:{shared.port}"})

    assert (page.code, rebound.code) == (403, 421)
    assert len(shared.hub.writes()) == before


def test_a_log_that_is_followed_ends_when_its_namespace_is_no_longer_watched(acting: Daemon, hub: Hub) -> None:
    """Two SIGHUPs in a row, as of a tool that writes the file twice: act goes, and then the namespace does."""
    assert acting.process is not None
    file, alice = acting.file.read_text(), "[namespaces.alice]"
    followed = [Follower(acting, "acme/chat"), Follower(acting, "acme/chat")]
    acting.process.until(lambda: all(one.heard for one in followed))

    acting.file.write_text(file.replace('mode = "act"', 'mode = "observe"'))
    acting.process.send(signal.SIGHUP)
    acting.file.write_text(file[: file.index("[namespaces.acme]")] + file[file.index(alice) :])
    acting.process.send(signal.SIGHUP)
    acting.process.until(lambda: all(one.ended for one in followed), 10.0)

    acting.process.until(lambda: asked(acting, "/v2/endpoint/acme/chat/pause", method="POST").code == 404)
    assert not any(one.whole for one in followed)  # none looks as if the container had stopped
    assert hub.writes() == []
    assert asked(acting, "/v2/endpoint/alice/own/pause", method="POST").code == 200  # what is still allowed, is


class Follower:
    """Someone who follows a log through a daemon, over a socket of its own."""

    def __init__(self, daemon: Daemon, name: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=30)
        self._connection.request("GET", f"/v2/endpoint/{name}/logs?follow=true&tail=1", headers=bearer("hf_alice"))
        self._response = self._connection.getresponse()
        self.heard = b""
        self.ended = self.whole = False
        Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        try:
            while chunk := self._response.read1():
                self.heard += chunk
            self.whole = self._response.isclosed()
        except (OSError, http.client.HTTPException):
            pass
        finally:
            self.ended = True
            self._connection.close()
