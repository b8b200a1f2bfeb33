"""Who may call, as a table: every way in, and every way that stays shut."""

from dataclasses import replace

import pytest

from events.streams import Subject
from service.access import ANYBODY, NOBODY, OWNER, Caller, Grant, Role
from service.web.admission import Call, Rules, WrongToken, who_calls, why_elsewhere, why_refused
from service.web.answers import Problem
from service.web.permissions import Need, Where

TOKEN = "ll_the-token-of-this-daemon"
OTHER = "ll_a-token-that-was-made"
CI = Caller(actor="token:ci", grants=(Grant(role=Role.OPERATE, namespaces=("acme",)),))
RULES = Rules(listen="127.0.0.1:8787", token=TOKEN, bearer_of={OTHER: CI}.get)
BEYOND = replace(RULES, listen="0.0.0.0:8787")
READ = Call(method="GET", hosts=("127.0.0.1:8787",))
WRITE = replace(READ, method="POST", authorization=f"Bearer {TOKEN}")


def refusal(call: Call, rules: Rules = RULES) -> Problem | None:
    """Return why a call is refused at an address that takes to read, or to operate, in every namespace."""
    elsewhere = why_elsewhere(call, rules)
    if elsewhere is not None:
        return elsewhere
    role = Role.READ if call.method == "GET" else Role.OPERATE
    try:
        caller = who_calls(call, rules)
    except WrongToken as wrong:
        return wrong
    return why_refused(caller, Need(role=role, where=Where.EVERYWHERE), Subject(), method=call.method)


def code(call: Call, rules: Rules = RULES) -> int | None:
    refused = refusal(call, rules)
    return None if refused is None else refused.code


# --- the Host --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1:8787", "localhost:8787", "LOCALHOST:8787", "[::1]:8787"])
def test_loopback_is_known_by_its_own_names(host: str) -> None:
    assert code(replace(READ, hosts=(host,))) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8787",
        "127.0.0.1.evil.example:8787",
        "localhost.evil.example:8787",
        "127.0.0.1",
        "127.0.0.1:80",
        "127.0.0.1:8788",
        "127.0.0.1:8787@evil.example",
        "evil.example#127.0.0.1:8787",
        "localhost:8787/evil",
        "127.0.0.1:http",
        "[::1",
        ":8787",
        "",
        " ",
    ],
)
def test_a_name_that_is_not_ours_is_refused_even_for_reading(host: str) -> None:
    assert code(replace(READ, hosts=(host,))) == 421


def test_a_call_without_a_host_or_with_two_is_refused() -> None:
    assert code(replace(READ, hosts=())) == 421
    assert code(replace(READ, hosts=("127.0.0.1:8787", "127.0.0.1:8787"))) == 421


def test_the_configuration_can_add_names_with_a_port_or_with_any() -> None:
    rules = replace(RULES, public_url="https://Lamp.acme.example", allowed_hosts=("lamp:99", "lamp.internal"))

    call = replace(READ, authorization=f"Bearer {TOKEN}")
    assert code(replace(call, hosts=("lamp.acme.example",)), rules) is None
    assert code(replace(call, hosts=("lamp:99",)), rules) is None
    assert code(replace(call, hosts=("lamp:98",)), rules) == 421
    assert code(replace(call, hosts=("lamp.internal:1234",)), rules) is None


def test_who_comes_through_a_proxy_needs_the_token_to_read() -> None:
    rules = replace(RULES, public_url="https://lamp.acme.example")

    assert code(replace(READ, hosts=("lamp.acme.example",)), rules) == 401
    assert code(replace(READ, forwarded=True), rules) == 401


def test_who_listens_everywhere_is_known_by_the_address_that_was_reached_and_by_no_other() -> None:
    call = replace(READ, authorization=f"Bearer {TOKEN}", arrived_at="10.0.0.5")

    assert code(replace(call, hosts=("10.0.0.5:8787",)), BEYOND) is None
    assert code(replace(call, hosts=("10.0.0.6:8787",)), BEYOND) == 421
    assert code(replace(call, hosts=("localhost:8787",)), BEYOND) is None
    assert code(replace(call, hosts=("evil.example:8787",)), BEYOND) == 421


@pytest.mark.parametrize("listen", ["[::1]:8787", "::1:8787", "localhost:8787", "127.0.0.2:8787"])
def test_every_spelling_of_loopback_counts_as_loopback(listen: str) -> None:
    assert code(replace(READ, hosts=("localhost:8787",)), replace(RULES, listen=listen)) is None


# --- the page that sends ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://evil.example:8787",
        "null",
        "",
        "http://127.0.0.1:3000",
        "http://127.0.0.1",
        "file://127.0.0.1:8787",
        "chrome-extension://127.0.0.1:8787",
        "http://127.0.0.1:8787.evil.example",
    ],
)
def test_a_page_from_elsewhere_may_not_write_even_with_the_token(origin: str) -> None:
    assert code(replace(WRITE, origin=origin)) == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "something-new"])
def test_a_browser_that_says_that_another_site_sends_is_refused(site: str) -> None:
    assert code(replace(WRITE, fetch_site=site)) == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "ANYTHING"])
def test_whatever_is_not_known_to_be_safe_counts_as_a_write(method: str) -> None:
    assert code(replace(WRITE, method=method, origin="https://evil.example")) == 403
    assert code(replace(WRITE, method=method, authorization=None)) == 401


def test_our_own_page_may_write() -> None:
    assert code(replace(WRITE, origin="http://127.0.0.1:8787", fetch_site="same-origin")) is None
    public = replace(RULES, public_url="https://lamp.example/", allowed_hosts=())
    assert code(replace(WRITE, hosts=("lamp.example",), origin="https://lamp.example"), public) is None


# --- the token -------------------------------------------------------------------------------------------------------


def test_on_loopback_reading_needs_no_token_and_writing_does() -> None:
    assert code(READ) is None
    assert code(WRITE) is None
    assert code(replace(WRITE, authorization=None)) == 401


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer \udcff"],
)
def test_what_is_not_the_token_does_not_write(authorization: str) -> None:
    assert code(replace(WRITE, authorization=authorization)) == 401


def test_an_empty_token_opens_nothing() -> None:
    assert code(replace(WRITE, authorization="Bearer "), replace(RULES, token="")) == 401
    assert code(replace(WRITE, authorization="Bearer"), replace(RULES, token="")) == 401


def test_a_token_that_is_shown_must_be_right_also_where_none_is_needed() -> None:
    assert code(replace(READ, authorization="Bearer ll_some-other-token")) == 401
    assert code(replace(READ, authorization="Basic YTpi")) == 401
    assert code(replace(READ, authorization=f"bearer  {TOKEN} ")) is None


def test_beyond_loopback_reading_needs_the_token() -> None:
    assert code(READ, BEYOND) == 401
    assert code(replace(READ, authorization=f"bearer {TOKEN}"), BEYOND) is None
    assert who_calls(READ, BEYOND) is NOBODY
    assert who_calls(READ, RULES) is ANYBODY


def test_only_the_daemons_own_token_speaks_for_others() -> None:
    own = replace(WRITE, speaks_for="ana@build-7")
    made = replace(own, authorization=f"Bearer {OTHER}")

    assert who_calls(own, RULES).actor == "person:ana@build-7"
    assert who_calls(replace(own, speaks_for="evil: watcher/<b>"), RULES).actor == "person:evilwatcherb"
    assert who_calls(replace(own, speaks_for=""), RULES).actor == "person:token"
    assert who_calls(made, RULES) == CI


# --- what was granted ------------------------------------------------------------------------------------------------

TGI = Subject("acme", "tgi")
HIDDEN = Subject("beta", "tgi")
NEW = Subject("beta")  # of which an address may ask that an endpoint be made there


@pytest.mark.parametrize(
    ("caller", "role", "name", "expected"),
    [
        (CI, Role.READ, TGI, None),
        (CI, Role.OPERATE, TGI, None),
        (CI, Role.ADMIN, TGI, 403),
        (CI, Role.READ, HIDDEN, 404),
        (CI, Role.OPERATE, HIDDEN, 404),
        (CI, Role.ADMIN, HIDDEN, 404),
        (CI, Role.OPERATE, Subject("acme"), None),
        (CI, Role.OPERATE, NEW, 404),
        (ANYBODY, Role.OPERATE, NEW, 401),
        (CI, Role.OPERATE, Subject(), 404),
        (ANYBODY, Role.READ, HIDDEN, None),
        (ANYBODY, Role.OPERATE, HIDDEN, 401),
        (NOBODY, Role.READ, TGI, 401),
        (NOBODY, Role.OPERATE, HIDDEN, 401),
    ],
)
def test_what_is_refused_in_a_namespace(caller: Caller, role: Role, name: Subject, expected: int | None) -> None:
    refused = why_refused(caller, Need(role=role, where=Where.NAMESPACE), name)

    assert (refused.code if refused else None) == expected


@pytest.mark.parametrize(
    ("role", "where", "expected"),
    [
        (Role.READ, Where.SOMEWHERE, None),
        (Role.OPERATE, Where.SOMEWHERE, None),
        (Role.ADMIN, Where.SOMEWHERE, 403),
        (Role.READ, Where.EVERYWHERE, 403),
        (Role.ADMIN, Where.EVERYWHERE, 403),
    ],
)
def test_what_is_refused_to_one_namespace_of_the_whole(role: Role, where: Where, expected: int | None) -> None:
    refused = why_refused(CI, Need(role=role, where=where), Subject())

    assert (refused.code if refused else None) == expected


def test_an_address_of_a_namespace_that_names_none_is_open_to_nobody() -> None:
    for caller, code_ in ((CI, 404), (OWNER, 404), (ANYBODY, 401)):
        refused = why_refused(caller, Need(role=Role.OPERATE, where=Where.NAMESPACE), Subject(), method="POST")
        assert refused is not None
        assert refused.code == code_


def test_each_refusal_says_what_to_do_and_never_the_token() -> None:
    calls = (replace(READ, hosts=("evil",)), replace(WRITE, origin="null"), replace(WRITE, authorization="x"))
    too_little = why_refused(CI, Need(role=Role.ADMIN, where=Where.EVERYWHERE), Subject())
    for refused in (*map(refusal, calls), too_little):
        assert refused is not None
        assert ": " in refused.sentence
        assert TOKEN not in refused.sentence
