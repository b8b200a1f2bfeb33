from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from service.config import ConfigError, Configuration, When, load, parse_duration


def write(folder: Path, text: str) -> Path:
    file = folder / "lamplighter.toml"
    file.write_text(text)
    return file


def loaded(folder: Path, text: str) -> Configuration:
    return load(write(folder, text))


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("1h30m", 5400), ("2d", 172_800), ("0s", 0), ("1d1s", 86_401)]
)
def test_a_duration_is_read_as_people_write_it(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "15", "m", "4x", "-1h", "1.5h", 15, None, "1h 30m", "9" * 20 + "d"])
def test_what_is_no_duration_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(ValueError, match="15m"):
        parse_duration(text)


def test_the_default_is_to_observe(tmp_path: Path) -> None:
    assert not loaded(tmp_path, "[namespaces]\nacme = {}\n").acts("acme")


def test_a_namespace_acts_only_if_file_and_namespace_both_allow_it(tmp_path: Path) -> None:
    text = 'mode = "act"\n[namespaces]\nfree = {}\nkept = { mode = "observe" }\n'

    configuration = loaded(tmp_path, text)

    assert configuration.acts("free")
    assert not configuration.acts("kept")
    assert not configuration.acts("elsewhere")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('# day one\nmode = "observe"\n[namespaces]\nacme = {}\n', "line 2"),
        ('mode = "act"\n[namespaces]\nacme = { mode = "observe" }\n', "line 3"),
        ('mode = "act"\n[namespaces.acme]\ntoken_file = "/t"\nmode = "observe"\n', "line 4"),
        ('mode = "act"\n[namespaces]\n"acme" = { token_file = "/t", mode = "observe" }\n', "line 3"),
        ("[namespaces]\nacme = {}\n", 'does not say mode = "act"'),
    ],
)
def test_a_refusal_names_the_line_to_change(tmp_path: Path, text: str, line: str) -> None:
    sentence = loaded(tmp_path, text).why_observe("acme")

    assert line in sentence
    assert "Nothing was sent" in sentence


def test_a_namespace_that_nobody_watches_is_not_called_observed(tmp_path: Path) -> None:
    sentence = loaded(tmp_path, 'mode = "act"\n[namespaces]\nacme = {}\n').why_observe("elsewhere")

    assert sentence == "elsewhere is not watched: name it under [namespaces] in lamplighter.toml. Nothing was sent."


def test_without_a_file_nothing_acts_whatever_the_flags_say() -> None:
    with pytest.raises(ConfigError, match="mode"):
        load(None, {"namespace": ["acme"], "mode": "act"})
    assert not load(None, {"namespace": ["acme"]}).acts("acme")


def test_a_namespace_that_is_only_named_by_a_flag_is_only_observed(tmp_path: Path) -> None:
    file = write(tmp_path, 'mode = "act"\n[namespaces]\nacme = {}\n')

    configuration = load(file, {"namespace": ["acme", "other"]})

    assert configuration.acts("acme")
    assert not configuration.acts("other")


@pytest.mark.parametrize("key", ["MODE", "NAMESPACES", "GROUPS", "POLICIES", "CHANNELS", "ALERTS", "POLL"])
@pytest.mark.parametrize("spell", [str, str.lower, str.title])
def test_the_environment_cannot_say_what_is_written_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, spell: Callable[[str], str]
) -> None:
    monkeypatch.setenv(spell(f"LAMPLIGHTER_{key}"), "act")

    with pytest.raises(ConfigError, match="configuration file"):
        loaded(tmp_path, "[namespaces]\nacme = {}\n")


def test_the_environment_fills_what_the_file_leaves_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMPLIGHTER_LISTEN", "127.0.0.1:9999")

    assert loaded(tmp_path, "[namespaces]\nacme = {}\n").settings.listen == "127.0.0.1:9999"
    assert loaded(tmp_path, 'listen = "127.0.0.1:1"\n[namespaces]\nacme = {}\n').settings.listen == "127.0.0.1:1"


POLICY = """
[namespaces]
acme = {{}}
[groups.lab]
match = ["acme/*"]
[[policies]]
name = "p"
groups = ["lab"]
when = {{ {} }}
"""


@pytest.mark.parametrize("key", ["schedule", "budget", "stuck", "failed"])
def test_a_key_that_belongs_to_a_later_version_is_refused_with_a_sentence(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match=rf"when\.{key} belongs to a later version and would do nothing"):
        loaded(tmp_path, POLICY.format(f'{key} = "4h"'))


def test_a_policy_keeps_its_revision_when_a_version_adds_a_condition_that_it_does_not_use(tmp_path: Path) -> None:
    (policy,) = loaded(tmp_path, POLICY.format('max_age = "4h"')).settings.policies

    assert "idle" not in policy.model_dump_json(exclude_none=True)
    assert policy.revision == policy.model_copy(update={"when": When(max_age=timedelta(hours=4))}).revision
    assert policy.revision != policy.model_copy(update={"when": When(idle=timedelta(hours=4))}).revision


NO_HOSTS = ("host:99999", "host:x", "host:0", "a..b", "x" * 64)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("mode = ", "not TOML"),
        ("a = " + "[" * 3000, "not TOML"),
        ("a = " + "9" * 5000, "not TOML"),
        ("[namespaces]\n", "nothing to watch"),
        ('mode = "perhaps"\n[namespaces]\nacme = {}\n', "mode"),
        ("colour = 1\n[namespaces]\nacme = {}\n", "colour: there is no such key"),
        ('zone = "Europe/Atlantis"\n[namespaces]\nacme = {}\n', "zone: 'Europe/Atlantis' is no zone"),
        ('listen = "nowhere"\n[namespaces]\nacme = {}\n', "HOST:PORT"),
        (
            "[namespaces]\nacme = { tokenfile = '/t' }\n",
            r"namespaces.acme.tokenfile: there is no such key; .*token_file",
        ),
        (POLICY.format('older_than = "8h"'), r"policies.0.when.older_than: there is no such key; known are .*max_age"),
        (POLICY.format('max_age = "soon"'), "not a duration"),
        (POLICY.format('max_age = "0s"'), "max_age"),
        ('hub_url = "nonsense"\n[namespaces]\nacme = {}\n', "hub_url: this is not a URL"),
        *(
            (f'hub_url = "http://{host}"\n[namespaces]\nacme = {{}}\n', "hub_url: this is not a URL")
            for host in NO_HOSTS
        ),
        ('settle = "99999999999d"\n[namespaces]\nacme = {}\n', "settle: .* is longer than any time"),
        ('[namespaces]\nacme = { token_file = "\\u0000" }\n', "token_file: this cannot be the name of a file"),
        (f'[namespaces]\nacme = {{ token_file = "hf_{"x" * 34}" }}\n', "token_file: this is a secret itself"),
        ('hub_url = "ftp://x"\n[namespaces]\nacme = {}\n', "hub_url: this is not a URL"),
        ('hub_url = "http://user:pw@host"\n[namespaces]\nacme = {}\n', "hub_url: a URL with a user or password"),
        ('log = "postgres://x"\n[namespaces]\nacme = {}\n', "log: PostgreSQL comes with a later version"),
        ('log = "x.db"\n[namespaces]\nacme = {}\n', "log: this is not a log"),
        ('[namespaces]\nacme = {}\n[poll]\ntimeout = "0s"\n', "poll.timeout"),
        ('[namespaces]\nacme = {}\n[groups.g]\nactors = ["x"]\n', "a group says what is in it"),
        (POLICY.format('idle = "4h", max_age = "1h"'), "one condition"),
        (POLICY.format(""), "one condition"),
        ("mode = 'act'\n" + POLICY.format('idle = "4h"'), "idle, which this version cannot carry out"),
        (POLICY.format('max_age = "1h"').replace('["lab"]', '["labs"]'), "no group 'labs'"),
        ('[namespaces]\nacme = {}\n[alerts]\nx = { channel = "y" }\n', "no channel 'y'"),
        ('[namespaces]\nacme = {}\n[channels.y]\nurl = "https://a"\n', "secret_file"),
        ('[namespaces]\nacme = {}\n[channels.y]\ncommand = ["a"]\nurl = "https://a"\n', "one of"),
    ],
)
def test_bad_input_gets_an_error_that_says_where_and_what(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        loaded(tmp_path, text)


def test_the_url_of_a_channel_never_enters_the_log(tmp_path: Path) -> None:
    text = (
        "[namespaces]\nacme = {}\n[channels.ops]\n"
        'url = "https://hooks.example/secret-part"\nsecret_file = "/run/secrets/hook"\n'
    )

    flat = loaded(tmp_path, text).settings.flat()

    assert flat["channels.ops.url"] == "<masked>"
    assert "secret-part" not in repr(flat)


def test_another_text_of_a_policy_is_another_revision(tmp_path: Path) -> None:
    one = loaded(tmp_path, POLICY.format('max_age = "1h"')).settings.policies[0]
    two = loaded(tmp_path, POLICY.format('max_age = "2h"')).settings.policies[0]

    assert one.revision != two.revision
    assert one.revision == loaded(tmp_path, POLICY.format('max_age = "60m"')).settings.policies[0].revision
