from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from yarl import URL

from service.huggingface.answers import Answer, Malformed
from service.huggingface.entries import read_audit, read_entries, read_members
from service.masking import Masker
from statemachine.model import Look

AT = datetime(2026, 3, 2, tzinfo=UTC)
HERE = URL("https://hub.example.com/api/organizations/acme/members?limit=10")
SECRET = "hf_abcdefghijklmnopqrstuv"


def answer(told: Any, **headers: str) -> Answer:
    look = Look(asked_at=AT, answered_at=AT, asked=0, answered=0)
    return Answer(code=200, headers=headers, body=msgspec.json.encode(told), look=look)


@pytest.mark.parametrize("wrap", [lambda told: told, lambda told: {"items": told}, lambda told: {"n": 1, "logs": told}])
def test_a_list_is_the_answer_or_the_one_list_in_it(wrap: Any) -> None:
    told = [{"id": "r-1", "state": "running"}, {"id": "r-2", "startedAt": "2026-03-02T00:00:00Z"}]

    assert list(read_entries(msgspec.json.encode(wrap(told)), Masker())) == told


@pytest.mark.parametrize("told", [{}, {"a": [], "b": []}, 5, None, "x", [1], [[]], {"a": {"b": []}}])
def test_what_holds_no_one_list_is_malformed(told: Any) -> None:
    with pytest.raises(Malformed):
        read_entries(msgspec.json.encode(told), Masker())


def test_what_is_not_known_to_be_harmless_is_masked() -> None:
    told = {
        "action": "pause",
        "endpoint": "tgi",
        "user": {"name": "alice", "email": "alice@example.com"},
        "message": f"with {SECRET}",
        "before": {"env": {"PASSWORD": "hunter2"}},
        "count": 7,
    }

    (shown,) = read_entries(msgspec.json.encode([told]), Masker())

    assert shown == {
        "action": "pause",
        "endpoint": "tgi",
        "user": {"name": "alice", "email": "<masked>"},
        "message": "with <masked>",
        "before": {"env": {"PASSWORD": "<masked>"}},
        "count": "<masked>",
    }


def test_the_audit_log_goes_on_where_its_cursor_says() -> None:
    url = URL("https://api.example.com/v2/audit-logs/acme?limit=100")

    first = read_audit(answer({"list": [{"action": "a"}], "next_cursor": "x+y", "prev_cursor": None}), url, Masker())
    last = read_audit(answer({"list": []}), url, Masker())

    assert first.items == ({"action": "a"},)
    assert first.following is not None
    assert dict(first.following.query) == {"limit": "100", "cursor": "x+y"}
    assert (last.items, last.following) == ((), None)


@pytest.mark.parametrize("told", [[], {}, {"list": 5}, {"list": [5]}, {"list": [], "next_cursor": 5}])
def test_what_is_no_audit_log_is_malformed(told: Any) -> None:
    with pytest.raises(msgspec.MsgspecError):
        read_audit(answer(told), HERE, Masker())


@pytest.mark.parametrize(
    "link, following",
    [
        ("", None),
        ('<https://hub.example.com/x?p=2>; rel="next"', "https://hub.example.com/x?p=2"),
        ("</x?p=2>; rel=next", "https://hub.example.com/x?p=2"),
        ('<https://hub.example.com/x?p=1>; rel="prev", </x?p=3>; rel="next"', "https://hub.example.com/x?p=3"),
        ('</x?p=1>; rel="prev"', None),
        ('</x?p=2>; rel="nextish"', None),
        ("<", None),
    ],
)
def test_members_go_on_where_the_link_says(link: str, following: str | None) -> None:
    page = read_members(answer([{"user": "alice", "fullname": "A"}, {"user": "bob"}], Link=link), HERE)

    assert page.items == ("alice", "bob")
    assert page.following == (None if following is None else URL(following))


@pytest.mark.parametrize("link", ["<https://evil.com/x>; rel=next", "<//evil.com/x>; rel=next", "<http://[>; rel=next"])
def test_the_next_page_is_never_on_another_server(link: str) -> None:
    with pytest.raises(Malformed, match=r"its next page|the address of its next page"):
        read_members(answer([], Link=link), HERE)


@pytest.mark.parametrize("told", [{}, [{}], [{"user": 5}], [{"user": None}], ["alice"]])
def test_a_member_that_cannot_be_read_does_not_seem_to_have_left(told: Any) -> None:
    with pytest.raises(msgspec.MsgspecError):
        read_members(answer(told), HERE)
