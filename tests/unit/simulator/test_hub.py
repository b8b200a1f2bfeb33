from tests.unit.simulator.hands import Served


async def test_the_members_of_an_organisation_are_those_who_are_enrolled(served: Served) -> None:
    served.simulator.people.enrol("acme", ["bob", "carol-ann"])

    told = await served.json("GET", "/api/organizations/acme/members")

    assert [(one["user"], one["fullname"]) for one in told] == [("bob", "Bob"), ("carol-ann", "Carol Ann")]


async def test_as_long_as_nobody_is_enrolled_everyone_who_acted_is_a_member(served: Served) -> None:
    served.simulator.create("acme", "tgi", actor="bob", state="running")
    served.simulator.act("acme", "tgi", "pause", actor="carol")
    served.simulator.create("other", "tgi", actor="dave")

    told = await served.json("GET", "/api/organizations/acme/members")

    assert [one["user"] for one in told] == ["alice", "bob", "carol"]


async def test_members_come_by_pages_that_a_link_joins(served: Served) -> None:
    served.simulator.people.enrol("acme", [f"u{number:03}" for number in range(250)])
    seen: list[str] = []
    url: str | None = "/api/organizations/acme/members"
    pages = 0

    while url is not None:
        async with served.http.get(url) as response:
            seen += [one["user"] for one in await response.json()]
            url = str(response.links["next"]["url"]) if "next" in response.links else None
            pages += 1

    assert (seen, pages) == ([f"u{number:03}" for number in range(250)], 3)


async def test_members_are_told_to_good_tokens_and_of_organisations_only(served: Served) -> None:
    await served.json("GET", "/api/organizations/acme/members", headers={"Authorization": ""}, status=401)
    await served.json("GET", "/api/organizations/alice/members", status=404)
    await served.json("GET", "/api/organizations/acme/members?cursor=x", status=400)
