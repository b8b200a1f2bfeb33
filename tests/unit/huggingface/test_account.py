from typing import Any

import msgspec
import pytest

from service.huggingface.account import read_identity, read_offers
from service.ports import Hardware, Offer, Quota


def offers(*computes: Any) -> Any:
    return {"vendors": [{"name": "aws", "regions": [{"name": "us-east-1", "computes": list(computes)}]}]}


def compute(price: Any, **other: Any) -> dict[str, Any]:
    return {"instanceType": "nvidia-l4", "instanceSize": "x1", "pricePerHour": price, "status": "available"} | other


L4 = Hardware("aws", "us-east-1", "nvidia-l4", "x1")


def test_an_identity_names_its_namespaces_each_once() -> None:
    told = {"type": "user", "name": "alice", "orgs": [{"name": "acme", "x": 1}, {"name": "alice"}]}

    identity = read_identity(msgspec.json.encode(told))

    assert (identity.name, identity.namespaces) == ("alice", ("alice", "acme"))
    assert identity.organisations == ("acme",)


def test_what_would_steer_a_terminal_stands_in_no_name() -> None:
    told = {"name": "alice", "orgs": [{"name": 'x\x1b]0;y\x07\nmode = "act"'}]}

    assert read_identity(msgspec.json.encode(told)).organisations == ('x\ufffd]0;y\ufffd\ufffdmode = "act"',)


def test_an_identity_may_have_no_organisations() -> None:
    assert read_identity(b'{"name": "acme"}').namespaces == ("acme",)


@pytest.mark.parametrize("price, usd", [(0.8, 0.8), (1, 1.0), ("0.8", 0.8), (0, 0.0)])
def test_a_price_may_be_a_number_or_a_text(price: Any, usd: float) -> None:
    assert read_offers(msgspec.json.encode(offers(compute(price)))) == {L4: Offer(usd_per_hour=usd, status="available")}


@pytest.mark.parametrize("bad", [compute(None), compute("much"), compute(-1), compute("nan"), {}, None, 5])
def test_hardware_whose_price_cannot_be_read_is_left_out_alone(bad: Any) -> None:
    told = offers(bad, compute(0.8))

    assert list(read_offers(msgspec.json.encode(told))) == [L4]


def test_of_two_prices_the_higher_counts() -> None:
    told = offers(compute(0.8), compute(0.9, status="not_available"), compute(0.7))

    assert read_offers(msgspec.json.encode(told)) == {L4: Offer(usd_per_hour=0.9, status="not_available")}


def test_an_offer_tells_its_accelerators_its_quota_and_whether_it_can_be_had() -> None:
    quota = {"maxAccelerators": 8, "usedAccelerators": 6}
    told = offers(compute(0.8, accelerator="gpu", numAccelerators=1, quota=quota, status="low_availability"))

    offer = read_offers(msgspec.json.encode(told))[L4]

    assert (offer.accelerator, offer.accelerators) == ("gpu", 1)
    assert offer.quota == Quota(max_accelerators=8, used_accelerators=6)
    assert offer.quota.free_accelerators == 2
    assert offer.available


@pytest.mark.parametrize(
    "other",
    [
        {"quota": None},
        {"quota": 5},
        {"quota": {}},
        {"quota": {"maxAccelerators": 8}},
        {"quota": {"maxAccelerators": "many", "usedAccelerators": 1}},
        {"accelerator": 5, "numAccelerators": "one"},
        {"numAccelerators": -1},
    ],
)
def test_what_cannot_be_read_beside_a_price_is_unknown_and_costs_nobody_the_price(other: dict[str, Any]) -> None:
    offer = read_offers(msgspec.json.encode(offers(compute(0.8, **other))))[L4]

    assert offer.usd_per_hour == 0.8
    assert (offer.accelerator, offer.accelerators, offer.quota) == (None, None, None)


@pytest.mark.parametrize("status", ["not_available", "reserved", "deprecated", "unknown"])
def test_only_what_the_api_calls_available_can_be_had(status: str) -> None:
    assert not read_offers(msgspec.json.encode(offers(compute(0.8, status=status))))[L4].available


def token(**what: Any) -> bytes:
    told = {"name": "ana", "orgs": [{"name": "acme"}], "auth": {"type": "access_token", "accessToken": what}}
    return msgspec.json.encode(told)


def scope(name: Any, *permissions: Any, type: Any = "org") -> dict[str, Any]:  # noqa: A002  # as it is called there
    return {"entity": {"_id": "5f", "type": type, "name": name}, "permissions": list(permissions)}


MANAGE = "inference.endpoints.write"


@pytest.mark.parametrize(
    ("scopes", "managed"),
    [
        ([scope("acme", MANAGE, "repo.write"), scope("ana", MANAGE, type="user")], {"acme", "ana"}),
        ([scope("acme", "repo.write", "inference.endpoints.infer.write"), scope("ana", type="user")], set()),
        ([scope("acme", MANAGE, type="model")], set()),
        ([scope("acme/chat", MANAGE, type="model"), scope("ana", MANAGE, type="user")], {"ana"}),
        ([], set()),
        (None, set()),
        ("all", set()),
        ([None, 7, {}, {"entity": "acme", "permissions": [MANAGE]}, scope(7, MANAGE), scope("acme", None, [])], set()),
        ([{"entity": {"type": ["org"], "name": "acme"}, "permissions": [MANAGE]}], set()),
        ([{"entity": {"type": "org", "name": "acme"}, "permissions": MANAGE}], set()),
        ([scope("acme", None, MANAGE)], {"acme"}),
    ],
)
def test_of_a_fine_grained_token_only_the_rights_that_are_told_count(scopes: Any, managed: set[str]) -> None:
    identity = read_identity(token(role="fineGrained", fineGrained={"global": [MANAGE], "scoped": scopes}))

    assert identity.namespaces == ("ana", "acme")
    assert identity.managed == frozenset(managed)
    assert [space for space in ("ana", "acme", "beta") if identity.may_manage(space)] == sorted(
        managed, key=["ana", "acme"].index
    )


@pytest.mark.parametrize("rights", [{"role": "fineGrained"}, {"role": "fineGrained", "fineGrained": None}])
def test_a_fine_grained_token_of_which_no_right_is_told_has_none(rights: dict[str, Any]) -> None:
    assert read_identity(token(**rights)).managed == frozenset()


def test_rights_count_whatever_the_role_is_called() -> None:
    assert read_identity(token(role="custom", fineGrained={"scoped": [scope("acme", MANAGE)]})).managed == frozenset(
        {"acme"}
    )


@pytest.mark.parametrize("auth", [None, "oauth", [], {"type": "oauth"}, {"accessToken": {"role": "read"}}])
def test_of_any_other_token_no_rights_are_told_and_its_namespaces_count(auth: Any) -> None:
    identity = read_identity(msgspec.json.encode({"name": "ana", "orgs": [{"name": "acme"}], "auth": auth}))

    assert identity.managed is None
    assert identity.may_manage("acme")
    assert not identity.may_manage("beta")


def member(**told: Any) -> bytes:
    return msgspec.json.encode(
        {"name": "ana", "orgs": [{"name": "acme", **told}, {"name": "beta", "roleInOrg": "write"}]}
    )


@pytest.mark.parametrize("role", ["admin", "write", "contributor", "a new one", None, 7, ["read"]])
def test_a_role_that_is_not_known_to_only_read_is_left_to_hugging_face(role: Any) -> None:
    identity = read_identity(member(roleInOrg=role))

    assert (identity.only_read, identity.limited) == (frozenset(), frozenset())
    assert identity.may_write("acme")


@pytest.mark.parametrize(
    ("told", "only_read", "limited"),
    [
        ({"roleInOrg": "read"}, True, False),
        ({"roleInOrg": "no_access"}, True, True),
        ({"roleInOrg": "read", "resourceGroups": []}, True, False),
        ({"roleInOrg": "read", "resourceGroups": [{"name": "research", "role": "write"}]}, False, True),
        ({"roleInOrg": "no_access", "resourceGroups": [{"name": "research"}]}, False, True),
        ({"roleInOrg": "read", "resourceGroups": [{"name": "research", "role": "read"}]}, True, True),
        ({"roleInOrg": "no_access", "resourceGroups": [{"role": "read"}, {"role": "read"}]}, True, True),
        ({"roleInOrg": "no_access", "resourceGroups": [{"role": "read"}, {"role": "write"}]}, False, True),
        ({"roleInOrg": "write", "resourceGroups": [{"role": "read"}]}, False, True),
        ({"roleInOrg": "read", "resourceGroups": "read"}, False, True),
        ({"roleInOrg": "read", "resourceGroups": {"role": "read"}}, False, True),
        ({"roleInOrg": "admin", "resourceGroups": "whatever"}, False, True),
        ({"roleInOrg": "write", "securityRestrictions": ["mfa"]}, False, True),
        ({"roleInOrg": "read", "securityRestrictions": {"new": True}}, True, True),
        ({"securityRestrictions": []}, False, False),
        ({"securityRestrictions": None}, False, False),
    ],
)
def test_what_is_told_of_a_member_counts_in_that_organisation_alone(
    told: dict[str, Any], only_read: bool, limited: bool
) -> None:
    identity = read_identity(member(**told))

    assert (identity.only_read, identity.limited) == (
        frozenset({"acme"} if only_read else ()),
        frozenset({"acme"} if limited else ()),
    )
    assert [space for space in ("ana", "acme", "beta") if identity.may_manage(space)] == ["ana", "acme", "beta"]
    assert identity.may_write("acme") is not only_read


def test_a_token_that_only_reads_writes_nowhere() -> None:
    identity = read_identity(token(role="read"))

    assert [identity.may_manage(space) for space in ("ana", "acme")] == [True, True]
    assert [identity.may_write(space) for space in ("ana", "acme")] == [False, False]


def test_a_fine_grained_token_writes_only_what_it_manages() -> None:
    identity = read_identity(token(role="fineGrained", fineGrained={"scoped": [scope("acme", MANAGE)]}))

    assert [space for space in ("ana", "acme", "beta") if identity.may_write(space)] == ["acme"]
