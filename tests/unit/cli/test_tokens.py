"""`lamplighter token`: create, list and revoke."""

from typing import Any

import pytest

from service.access import Role
from service.cli.exits import Exit
from service.cli.tokens import RoleName
from tests.unit.cli.hands import Run, SaidDaemon

SECRET = "ll_the-secret-of-a-token-that-is-told-once"


def token(**more: Any) -> dict[str, Any]:
    return {
        "id": "9f86d081884c7d65",
        "name": "ci",
        "grants": [{"role": "operate", "namespaces": ["acme", "lab-*"]}],
        "created_at": "2026-07-02T12:00:00Z",
        "created_by": "person:ana",
        "expires_at": "2026-09-30T12:00:00Z",
        "expired": False,
        **more,
    }


def test_the_roles_are_those_of_the_daemon() -> None:
    assert [name.value for name in RoleName] == [role.word for role in Role]


def test_a_token_is_made_and_its_secret_alone_is_what_is_printed(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("POST", "/api/tokens", (201, {"token": token(), "secret": SECRET}))

    told = lamplighter("token", "create", "ci", "--role", "operate", "--namespaces", "acme, lab-*", "--for", "90d")

    assert told.code == Exit.OK
    assert told.out == f"{SECRET}\n"
    assert told.err == (
        "ci may operate in acme, lab-* until 2026-09-30 12:00:00 UTC. Keep the secret now: it is not told again.\n"
    )
    body = {"name": "ci", "grants": token()["grants"], "for": "90d"}
    assert daemon.asked[0].body == body


def test_without_more_it_is_everywhere_and_until_it_is_revoked(lamplighter: Run, daemon: SaidDaemon) -> None:
    answer = {"token": token(grants=[{"role": "read", "namespaces": ["*"]}], expires_at=None), "secret": SECRET}
    daemon.says("POST", "/api/tokens", (201, answer))

    told = lamplighter("token", "create", "ci", "--role", "read")
    as_json = lamplighter("token", "create", "ci", "--role", "read", "--json")

    assert "ci may read everywhere, until it is revoked." in told.err
    assert daemon.asked[0].body == {"name": "ci", "grants": [{"role": "read", "namespaces": ["*"]}]}
    assert as_json.document == answer
    assert as_json.err == ""


def test_an_admin_is_one_everywhere(lamplighter: Run, daemon: SaidDaemon) -> None:
    grant = {"role": "admin", "namespaces": ["*"]}
    daemon.says("POST", "/api/tokens", (201, {"token": token(grants=[grant], expires_at=None), "secret": SECRET}))

    told = lamplighter("token", "create", "ci", "--role", "admin")

    assert "ci may administer everywhere, until it is revoked." in told.err
    assert daemon.asked[0].body["grants"] == [grant]


def test_a_token_may_have_another_role_elsewhere(lamplighter: Run, daemon: SaidDaemon) -> None:
    granted = [{"role": "operate", "namespaces": ["lab-*"]}, {"role": "read", "namespaces": ["*"]}]
    daemon.says("POST", "/api/tokens", (201, {"token": token(grants=granted), "secret": SECRET}))

    told = lamplighter("token", "create", "ci", "--role", "operate", "--namespaces", "lab-*", "--also", "read:*")

    assert "ci may operate in lab-* and read everywhere until" in told.err
    assert daemon.asked[0].body["grants"] == granted


def test_tokens_are_listed(lamplighter: Run, daemon: SaidDaemon) -> None:
    items = [token(), token(name="old", expired=True), token(name="ever", expires_at=None)]
    daemon.says("GET", "/api/tokens", (200, {"items": items}))

    told = lamplighter("token", "list")

    assert [line.split("  ")[0] for line in told.out.splitlines()] == ["NAME", "ci", "old", "ever"]
    assert "operate in acme, lab-*" in told.out
    assert told.out.splitlines()[1].endswith("2026-09-30 12:00:00 UTC")
    assert told.out.splitlines()[2].endswith("2026-09-30 12:00:00 UTC (over)")
    assert told.out.splitlines()[3].endswith("no end")
    assert "revoked" not in told.out
    assert lamplighter("token", "list", "--json").document == {"items": items}


def test_that_there_are_none_is_said(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("GET", "/api/tokens", (200, {"items": []}))

    assert lamplighter("token", "list").out == "no token was made; the daemon's own lies in a file\n"


def test_a_token_is_revoked_by_its_name(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("DELETE", "/api/tokens/ci", (200, {"revoked": token()}))

    assert lamplighter("token", "revoke", "ci").out == "ci is revoked: it opens nothing any more\n"
    assert lamplighter("token", "--json", "revoke", "ci").document == {"revoked": token()}


def test_a_token_that_is_not_there_is_no_endpoint_that_is_gone(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("DELETE", "/api/tokens/a%2Fb", (404, {"error": "there is no token 'a/b'"}))

    told = lamplighter("token", "revoke", "a/b")

    assert (told.code, told.err) == (Exit.FAILED, "there is no token 'a/b'\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["create", "ci"], "--role"),
        (["create", "ci", "--role", "owner"], "owner"),
        (["create", "ci", "--role", "read", "--for", "soon"], "not a span of time"),
        (["create", "ci", "--role", "read", "--also", "operate"], "write ROLE:GLOBS"),
        (["create", "ci", "--role", "read", "--also", "owner:*"], "write ROLE:GLOBS"),
        (["create", "ci", "--role", "admin", "--namespaces", "acme"], "or operate in acme"),
        (["create", "ci", "--role", "read", "--also", "admin:lab-*"], "or operate in lab-*"),
        (["revoke"], "NAME"),
    ],
)
def test_what_is_not_whole_is_refused(lamplighter: Run, daemon: SaidDaemon, words: list[str], said: str) -> None:
    told = lamplighter("token", *words)

    assert told.code == Exit.USAGE
    assert said in told.err
    assert daemon.asked == []


def test_who_may_not_is_told_so(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("POST", "/api/tokens", (403, {"error": "token:ci may not do this"}))

    told = lamplighter("token", "create", "x", "--role", "read")

    assert (told.code, told.err) == (Exit.NOT_ALLOWED, "token:ci may not do this\n")
