"""`lamplighter list`, and what a refusal that names no endpoint there is comes to at a terminal."""

from datetime import timedelta
from typing import Any

import pytest

from service import wall
from service.cli.exits import Exit
from service.when import rfc3339
from tests.unit.cli.hands import Run, SaidDaemon
from tests.unit.cli.test_endpoint_and_plan import UNKNOWN, item, planned
from tests.unit.cli.test_status import namespace, status

LISTS = "GET /api/endpoints lists the endpoints that are there"


def endpoint(name: str, **more: Any) -> dict[str, Any]:
    whole, _, own = name.partition("/")
    known = {"status": "running", "readable": True, "ready_replicas": 1, "target_replicas": 2}
    return {**UNKNOWN, **known, "namespace": whole, "name": own, "endpoint": name, **more}


def ago(hours: float, **more: Any) -> dict[str, Any]:
    at = rfc3339(wall.now() - timedelta(hours=hours, seconds=1))
    return {"not_before": at, "seen_at": at, "gap": False, **more}


def serve(daemon: SaidDaemon, *items: dict[str, Any], plan: Any = (), namespaces: Any = (), leases: Any = ()) -> None:
    daemon.says("GET", "/api/endpoints", (200, {"items": list(items), "next": None}))
    daemon.says("GET", "/api/status", (200, status(namespaces=list(namespaces))))
    daemon.says("GET", "/api/leases", (200, {"items": [{"endpoint": name} for name in leases]}))
    daemon.says("GET", "/api/plan", (200, planned("act", *plan)))


def test_every_endpoint_is_a_line_with_what_keeps_it_and_what_comes(lamplighter: Run, daemon: SaidDaemon) -> None:
    hold = {"author": "person:ana"}
    pausing = {"command": "pause", "actor": "person:ben"}
    serve(
        daemon,
        endpoint("acme/a", since=ago(3), protected=True),
        endpoint("acme/b", since=ago(2, not_before=None), hold=hold),
        endpoint("acme/c", status="paused", ready_replicas=None, target_replicas=None, open_acts=[pausing]),
        plan=[item("acme/b", "act", command="pause", due_at="2020-01-01T00:00:00Z"), item("acme/a", "protected")],
        leases=["acme/b", "acme/b"],
    )

    told = lamplighter("list")

    assert told.code == 0
    assert [" ".join(line.split()) for line in told.out.splitlines()] == [
        "ENDPOINT STATUS REPLICAS FOR KEPT BY NEXT",
        "acme/a running 1 of 2 3 h protection",
        "acme/b running 1 of 2 at least 2 h hold of person:ana, 2 leases pause now (idle)",
        "acme/c paused unknown unknown pause is under way",
        "",
        "3 endpoints: running 2 · paused 1",
    ]


def test_all_pages_are_read_and_json_is_their_items(lamplighter: Run, daemon: SaidDaemon) -> None:
    first, second = endpoint("acme/a"), endpoint("beta/b")
    pages = [(200, {"items": [first], "next": "acme/a"}), (200, {"items": [second], "next": None})]
    daemon.says("GET", "/api/endpoints", *pages)

    told = lamplighter("list", "--json")

    assert told.document == {"items": [first, second]}
    assert [one.query for one in daemon.asked] == [{}, {"after": ["acme/a"]}]


@pytest.mark.parametrize(
    ("match", "found", "namespaces"),
    [
        ("acme", ["acme/chat-a", "acme/web"], ["acme"]),
        ("acme/chat-*", ["acme/chat-a"], ["acme"]),
        ("*/web", ["acme/web", "beta/web"], None),
        ("b*", ["beta/web"], None),
    ],
)
def test_a_namespace_or_a_pattern_narrows_it(
    lamplighter: Run, daemon: SaidDaemon, match: str, found: list[str], namespaces: list[str] | None
) -> None:
    serve(daemon, *map(endpoint, ("acme/chat-a", "acme/web", "beta/web")))

    told = lamplighter("list", match, "--json")

    assert [one["endpoint"] for one in told.document["items"]] == found
    assert daemon.asked[0].query.get("namespace") == namespaces


def test_what_may_not_be_true_any_more_is_marked_and_said_first(lamplighter: Run, daemon: SaidDaemon) -> None:
    trouble = {"since": "2026-07-02T12:01:10Z", "error": "unauthorized", "detail": "the token was refused (401)"}
    blind = namespace("acme", reachable=False, unreachable=trouble)
    serve(daemon, *map(endpoint, ("acme/a", "beta/b")), namespaces=[blind, namespace("beta")])

    lines = lamplighter("list").out.splitlines()

    assert lines[0].startswith("! acme unreadable since 2026-07-02 12:01:10 UTC: unauthorized")
    assert [line[0] for line in lines[2:4]] == ["!", " "]
    assert not lamplighter("list", "beta").out.startswith("!")


def test_what_nobody_watches_or_can_read_is_marked(lamplighter: Run, daemon: SaidDaemon) -> None:
    serve(daemon, endpoint("acme/a", watched=False), endpoint("acme/b", readable=False))

    lines = lamplighter("list").out.splitlines()

    assert "running (not watched any more)" in lines[1]
    assert "running (document unreadable)" in lines[2]
    assert lines[1][0] == lines[2][0] == "!"


def test_that_there_is_none_is_said(lamplighter: Run, daemon: SaidDaemon) -> None:
    serve(daemon)

    assert lamplighter("list").out == "no endpoint is known\n"
    assert lamplighter("list", "acme").out == "no endpoint is known that matches acme/*\n"


@pytest.mark.parametrize("match", ["", "acme/", "/a", "a/b/c"])
def test_what_can_match_nothing_is_refused(lamplighter: Run, daemon: SaidDaemon, match: str) -> None:
    assert lamplighter("list", match).code == Exit.USAGE
    assert daemon.asked == []


def never_seen(daemon: SaidDaemon, name: str) -> None:
    place = f"/api/endpoints/{name}"
    told = {"type": "urn:lamplighter:problem:never-seen", "instance": place}
    daemon.says("GET", place, (404, {**told, "error": f"no endpoint {name} was ever seen: {LISTS}"}))


def test_a_refusal_names_a_command_and_a_name_that_is_near(lamplighter: Run, daemon: SaidDaemon) -> None:
    never_seen(daemon, "acme/nwe")
    serve(daemon, *map(endpoint, ("acme/new", "acme/other")))

    told = lamplighter("show", "acme/nwe")

    assert (told.code, told.out) == (Exit.GONE, "")
    assert told.err == (
        "no endpoint acme/nwe was ever seen: `lamplighter list` lists the endpoints that are there. "
        "Did you mean acme/new?\n"
    )


def test_where_no_name_is_near_or_none_can_be_had_the_refusal_stands_alone(
    lamplighter: Run, daemon: SaidDaemon
) -> None:
    never_seen(daemon, "acme/nope")
    said = "no endpoint acme/nope was ever seen: `lamplighter list` lists the endpoints that are there\n"

    assert lamplighter("show", "acme/nope").err == said  # the list is refused, too
    serve(daemon, endpoint("acme/other"))
    assert lamplighter("show", "acme/nope").err == said


def test_a_wait_for_what_never_was_says_so(lamplighter: Run, daemon: SaidDaemon) -> None:
    never_seen(daemon, "acme/nwe")
    gone = {"end": "gone", "status": "absent"}
    daemon.says("GET", "/api/endpoints/acme/nwe/wait", (200, gone))
    serve(daemon, endpoint("acme/new"))

    told, machine = lamplighter("wait", "acme/nwe"), lamplighter("wait", "acme/nwe", "--json")

    assert told.code == machine.code == Exit.GONE
    assert told.err.startswith("no endpoint acme/nwe was ever seen: `lamplighter list` lists")
    assert told.err.endswith("Did you mean acme/new?\n")
    assert machine.document == gone


def test_other_lists_are_commands_as_well(lamplighter: Run, daemon: SaidDaemon) -> None:
    said = "there is no token 'x': GET /api/tokens lists those that there are"
    daemon.says("DELETE", "/api/tokens/x", (404, {"error": said}))

    told = lamplighter("token", "revoke", "x")

    assert told.err == "there is no token 'x': `lamplighter token list` lists those that there are\n"
