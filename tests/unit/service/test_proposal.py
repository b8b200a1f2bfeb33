"""What `init` writes can be used as it is, acts on nothing, and puts each endpoint into a group."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from service.config import Configuration, load
from service.config.proposal import Seen, kind_of, propose
from statemachine.model import EndpointName

ON = date(2026, 3, 2)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,30}", fullmatch=True)


def proposed(folder: Path, seen: Seen) -> Configuration:
    path = folder / "lamplighter.toml"
    path.write_text(propose(seen), encoding="utf-8")
    return load(path)


def seen(*endpoints: str, closed: dict[str, str] | None = None, token_files: dict[str, Path] | None = None) -> Seen:
    names = [EndpointName(*endpoint.split("/")) for endpoint in endpoints]
    return Seen(
        on=ON,
        hub_url="http://127.0.0.1:8787",
        endpoints={name.namespace: [one for one in names if one.namespace == name.namespace] for name in names},
        closed=closed or {},
        token_files=token_files or {},
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("acme-prod", "production"),
        ("chat-production-v2", "production"),
        ("acme-staging", "experiments"),
        ("prod-test", "production"),
        ("acme", "unsorted"),
        ("product", "unsorted"),
        ("latest", "unsorted"),
        ("Acme_Labs", "experiments"),
    ],
)
def test_a_name_is_judged_by_its_words(name: str, kind: str) -> None:
    assert kind_of(name) == kind


def test_namespaces_are_counted_as_a_survey_counts_them() -> None:
    one, two = seen("acme/x"), seen("acme/x", "acme/y", "beta/z")
    empty = replace(two, endpoints={**two.endpoints, "alice": [], "bob": []})

    said = [propose(wanted).splitlines()[0].partition(" from ")[2] for wanted in (one, two, empty)]

    assert said == [
        "1 endpoint in 1 namespace.",
        "3 endpoints in 2 namespaces.",
        "3 endpoints in 2 namespaces; 2 more hold none.",
    ]
    assert "beta = {}  # 1 endpoint\n" in propose(empty)


def test_one_is_not_said_as_many() -> None:
    one, more = propose(seen("acme/x")), propose(seen("acme/x", "acme/y", "beta/z"))

    assert "from 1 endpoint in 1 namespace.\n" in one
    assert "acme = {}  # 1 endpoint\n" in one
    assert "from 3 endpoints in 2 namespaces.\n" in more


def test_production_by_name_is_protected_wherever_it_stands(tmp_path: Path) -> None:
    settings = proposed(tmp_path, seen("acme-prod/chat", "acme-labs/tts", "acme-labs/tts-prod", "acme/x")).settings

    def groups(endpoint: str) -> tuple[str, ...]:
        return settings.groups_of(EndpointName(*endpoint.split("/")), frozenset())

    assert groups("acme-prod/chat") == ("production",)
    assert groups("acme-labs/tts") == ("experiments",)
    assert groups("acme-labs/tts-prod") == ("production", "experiments")
    assert groups("acme/x") == ("unsorted",)
    assert {name for name, group in settings.groups.items() if group.protected} == {"production", "unsorted"}


def test_a_namespace_that_could_not_be_read_stands_there_as_a_comment_and_is_grouped(tmp_path: Path) -> None:
    wanted = seen("acme-labs/tts", closed={"acme-demo": "401"})

    settings = proposed(tmp_path, wanted).settings

    assert set(settings.namespaces) == {"acme-labs"}
    assert "acme-demo/*" in settings.groups["experiments"].match
    assert '# acme-demo = { token_file = "/run/secrets/acme-demo" }  # 401: give it a token' in propose(wanted)


def test_a_name_that_is_none_adds_no_line_of_its_own(tmp_path: Path) -> None:
    wanted = seen("acme/x", closed={'e\x7f"\nmode = "act"': "not_found"}, token_files={"acme": tmp_path / "a\nb = 1"})

    configuration = proposed(tmp_path, wanted)

    assert not configuration.acts("acme")
    assert configuration.settings.namespaces["acme"].token_file == tmp_path / "a\nb = 1"
    assert not [line for line in propose(wanted).splitlines() if line.startswith(('mode = "act', "b = 1"))]


def test_the_token_file_that_read_a_namespace_is_named(tmp_path: Path) -> None:
    path = tmp_path / 'a "token"'

    settings = proposed(tmp_path, seen("acme/x", token_files={"acme": path})).settings

    assert settings.namespaces["acme"].token_file == path


@given(st.dictionaries(NAMES, st.lists(NAMES, max_size=4), min_size=1, max_size=4), st.dictionaries(NAMES, NAMES))
def test_whatever_the_names_it_can_be_used_never_acts_and_leaves_nobody_out(
    tmp_path_factory: pytest.TempPathFactory, endpoints: dict[str, list[str]], closed: dict[str, str]
) -> None:
    names = {space: [EndpointName(space, one) for one in own] for space, own in endpoints.items()}
    closed = {space: sign for space, sign in closed.items() if space not in endpoints}
    wanted = Seen(on=ON, hub_url=None, endpoints=names, closed=closed, token_files={})

    configuration = proposed(tmp_path_factory.mktemp("proposal"), wanted)

    assert set(configuration.settings.namespaces) == set(endpoints)
    assert not any(configuration.acts(namespace) for namespace in endpoints)
    assert configuration.settings.policies == ()
    for name in (one for own in names.values() for one in own):
        assert configuration.settings.groups_of(name, frozenset())
