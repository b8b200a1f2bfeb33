"""What a hook may say in the configuration, and which events it then wants."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from events import codec, streams
from events.catalogue import Event
from events.catalogue.daemon import DaemonStopped
from events.catalogue.namespaces import NamespaceRecovered
from events.codec import TYPES
from service.config import ConfigError, Configuration, Hook, load
from service.hooks.selecting import wants
from statemachine.model import Deleted, End, EndpointName, Kind, StatusChanged, Window
from statemachine.status import Status, UnknownStatus
from tests.unit.alerts.stories import NOON

BASE = '[namespaces]\nacme = {}\n[groups.prod]\nmatch = ["acme/p-*"]\n[groups.gold]\nmatch = ["*/*"]\ntags = ["gold"]\n'
WINDOW = Window(not_before=NOON, seen_at=NOON)
FAILED = StatusChanged(window=WINDOW, old=Status.RUNNING, new=Status.FAILED, kind=Kind.DIRECT)
DELETED = Deleted(window=WINDOW, old=Status.RUNNING, end=End.NOT_FOUND)
RECOVERED = NamespaceRecovered(since=NOON, seen_at=NOON)
P_ONE = streams.life(EndpointName("acme", "p-one"), NOON)


def configured(folder: Path, *lines: str) -> Configuration:
    file = folder / "lamplighter.toml"
    file.write_text(BASE + "\n".join(["[[hooks]]", *lines]))
    return load(file)


def hook(**said: Any) -> Hook:
    return Hook.model_validate({"name": "mine", "command": ["cat"], **said})


def wanted(event: Event, stream: str, own: Hook, tags: tuple[str, ...] = ()) -> bool:
    groups = {"prod": {"match": ["acme/p-*"]}, "gold": {"tags": ["gold"]}}
    configuration = {name: type_of_group(**said) for name, said in groups.items()}
    type_name = codec.type_of(type(event))
    subject = streams.subject(stream)
    return wants(own, configuration, type_name=type_name, subject=subject, event=event, tags=frozenset(tags))


def type_of_group(**said: Any) -> Any:
    from service.config import Group

    return Group.model_validate(said)


@pytest.mark.parametrize(
    ("said", "event", "stream", "expected"),
    [
        ({}, FAILED, P_ONE, True),
        ({}, DaemonStopped(reason=""), "daemon", True),
        ({"types": ["endpoint.*"]}, FAILED, P_ONE, True),
        ({"types": ["endpoint.deleted", "act.*"]}, FAILED, P_ONE, False),
        ({"namespaces": ["ac*"]}, FAILED, P_ONE, True),
        ({"namespaces": ["ac*"]}, RECOVERED, "namespace/acme", True),
        ({"namespaces": ["other"]}, RECOVERED, "namespace/acme", False),
        ({"namespaces": ["*"]}, DaemonStopped(reason=""), "daemon", False),
        ({"endpoints": ["acme/p-*", "x/y"]}, FAILED, P_ONE, True),
        ({"endpoints": ["acme/q"]}, FAILED, P_ONE, False),
        ({"endpoints": ["*"]}, RECOVERED, "namespace/acme", False),
        ({"status": ["failed"]}, FAILED, P_ONE, True),
        ({"status": ["running"]}, FAILED, P_ONE, False),
        ({"status": ["absent"]}, DELETED, P_ONE, True),
        ({"status": ["failed"]}, RECOVERED, "namespace/acme", False),
        ({"groups": ["prod"]}, FAILED, P_ONE, True),
        ({"groups": ["gold"]}, FAILED, P_ONE, False),
        ({"groups": ["gold", "prod"]}, FAILED, P_ONE, True),
        ({"groups": ["prod"]}, RECOVERED, "namespace/acme", False),
        ({"groups": ["prod"], "status": ["running"]}, FAILED, P_ONE, False),
    ],
)
def test_all_that_a_hook_says_must_fit(said: dict[str, Any], event: Event, stream: str, expected: bool) -> None:
    assert wanted(event, stream, hook(**said)) is expected


def test_a_group_by_tags_holds_an_endpoint_that_carries_them() -> None:
    assert wanted(FAILED, P_ONE, hook(groups=["gold"]), tags=("gold", "big"))


def test_no_hook_is_told_of_what_subscribers_could_not_take() -> None:
    assert set(TYPES) - set(hook().wanted_types) == {"subscriber.parked", "subscriber.replayed", "subscriber.skipped"}


def test_what_is_not_said_has_defaults(tmp_path: Path) -> None:
    [own] = configured(tmp_path, 'name = "mine"', 'url = "https://example.com/x"').settings.hooks

    assert (own.from_, own.types, own.secret_file) == ("now", (), None)
    assert own.retries == (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2))
    assert (own.longest_wait, own.timeout) == (timedelta(minutes=5), timedelta(seconds=15))


def test_a_hook_can_want_a_status_that_nobody_knows() -> None:
    asleep = StatusChanged(window=WINDOW, old=Status.RUNNING, new=UnknownStatus("hibernating"), kind=Kind.UNEXPECTED)

    assert wanted(asleep, P_ONE, hook(status=["hibernating"]))
    assert not wanted(FAILED, P_ONE, hook(status=["hibernating"]))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (['command = ["x"]'], "name: Field required"),
        (['name = "a"'], "a hook has one of url, url_file and command"),
        (['name = "a"', 'command = ["x"]', 'url = "https://h"'], "a hook has one of url, url_file and command"),
        (['name = "a b"', 'command = ["x"]'], "name: String should match"),
        (['name = "a"', 'command = ["x"]', 'types = ["endpoint.exploded"]'], "`lamplighter events types` lists them"),
        (['name = "a"', 'command = ["x"]', 'types = ["subscriber.*"]'], "hooks are not told of what hooks could not"),
        (['name = "a"', 'command = ["x"]', 'status = ["runing"]'], "no status 'runing': did you mean running?"),
        (['name = "a"', 'command = ["x"]', 'status = ["a b"]'], "'a b' can be no status: write one word"),
        (['name = "a"', 'command = ["x"]', 'groups = ["nobody"]'], "there is no group 'nobody'"),
        (['name = "a"', 'command = ["x"]', 'from = "yesterday"'], "Input should be 'now' or 'start'"),
        (['name = "a"', 'command = ["x"]', 'timeout = "1h"'], "timeout: Input should be less than or equal"),
        (['name = "a"', 'command = ["x"]', 'retries = ["2h"]'], "retries.0: Input should be less than or equal"),
        (['name = "a"', 'command = ["x"]', 'longest_wait = "1s"'], "longest_wait: Input should be greater"),
        (['name = "a"', 'command = ["x"]', "selector = 1"], "selector: there is no such key"),
        (
            ['name = "a"', 'command = ["x"]', "[[hooks]]", 'name = "a"', 'command = ["y"]'],
            "two hooks have the same name",
        ),
        (
            ['name = "a"', 'url = "https://h"', 'secret_file = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"'],
            "a secret itself",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_to_do(tmp_path: Path, lines: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        configured(tmp_path, *lines)

    assert said in str(raised.value)


def test_addresses_and_words_of_hooks_do_not_stand_in_the_log(tmp_path: Path) -> None:
    lines = ['name = "a"', 'url = "https://h/s3cr3t"', "[[hooks]]", 'name = "b"', 'command = ["/bin/x", "s3cr3t"]']

    flat = configured(tmp_path, *lines).settings.flat()

    assert "s3cr3t" not in str(flat)
    assert (flat["hooks.0.name"], flat["hooks.1.command.0"], flat["hooks.0.from"]) == ("a", "/bin/x", "now")


def test_hooks_cannot_be_given_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMPLIGHTER_HOOKS", "[]")

    with pytest.raises(ConfigError, match="LAMPLIGHTER_HOOKS is not read: say hooks in a configuration file"):
        configured(tmp_path, 'name = "a"', 'command = ["x"]')
