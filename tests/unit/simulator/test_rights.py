"""What the simulator tells of tokens and members, and that it holds on its routes."""

from pathlib import Path
from typing import Any

import pytest

from service.simulator.rights import MANAGES
from service.simulator.scenario import ScenarioError, load, stage
from tests.unit.simulator.hands import Served

WORLD = """
[[tokens]]
token = "hf_reader"
role = "read"

[[tokens]]
token = "hf_fine"
role = "fineGrained"
rights = { acme = ["inference.endpoints.write"], beta = ["repo.write"] }

[organisations.acme]
roles = { bob = "read", eve = "no_access", zoe = "admin" }
restrictions = { kim = ["mfa", "sso"] }

[[endpoints]]
namespace = "acme"
name = "tgi"
state = "running"

[[endpoints]]
namespace = "beta"
name = "tgi"
state = "running"
"""


@pytest.fixture(autouse=True)
def staged(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "world.toml"
    file.write_text(WORLD)
    stage(load(str(file)), served.simulator)


async def told(served: Served, user: str) -> Any:
    return await served.json("GET", "/api/whoami-v2", headers={"Authorization": f"Bearer hf_{user}"})


async def code(served: Served, user: str, method: str, path: str) -> int:
    headers = {"Authorization": f"Bearer hf_{user}"}
    async with served.http.request(method, f"/v2/endpoint/{path}", headers=headers) as response:
        return response.status


@pytest.mark.parametrize(
    ("user", "acme", "beta", "paused"),
    [
        ("alice", 200, 200, 200),
        ("zoe", 200, 200, 200),
        ("reader", 200, 200, 403),
        ("fine", 200, 403, 200),
        ("bob", 200, 200, 403),
        ("eve", 403, 200, 403),
        ("kim", 403, 200, 403),
    ],
)
async def test_what_is_told_holds(served: Served, user: str, acme: int, beta: int, paused: int) -> None:
    for path in ("acme", "acme/tgi", "acme/tgi/logs"):
        assert await code(served, user, "GET", path) == acme, path
    assert await code(served, user, "GET", "beta/tgi") == beta
    assert await code(served, user, "POST", "acme/tgi/pause") == paused


async def test_whoami_tells_roles_scopes_and_restrictions(served: Served) -> None:
    roles = {user: (await told(served, user))["auth"]["accessToken"]["role"] for user in ("alice", "reader", "fine")}
    fine = (await told(served, "fine"))["auth"]["accessToken"]["fineGrained"]["scoped"]
    acme = {user: (await told(served, user))["orgs"][0] for user in ("alice", "bob", "eve", "kim")}

    assert roles == {"alice": "write", "reader": "read", "fine": "fineGrained"}
    assert [(one["entity"]["name"], one["entity"]["type"], one["permissions"]) for one in fine] == [
        ("acme", "org", [MANAGES]),
        ("beta", "org", ["repo.write"]),
    ]
    assert {user: one["roleInOrg"] for user, one in acme.items()} == {
        "alice": "write", "bob": "read", "eve": "no_access", "kim": "write",
    }  # fmt: skip
    assert acme["kim"]["securityRestrictions"] == ["mfa", "sso"]
    assert "securityRestrictions" not in acme["alice"]


def test_rights_of_a_token_that_is_not_fine_grained_are_a_slip_of_the_pen(tmp_path: Path) -> None:
    file = tmp_path / "slip.toml"
    file.write_text('[[tokens]]\ntoken = "hf_x"\nrights = { acme = [] }\n')

    with pytest.raises(ScenarioError, match="only a token of the role"):
        load(str(file))
