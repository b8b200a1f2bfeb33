"""The commands that reach Hugging Face themselves end with a sentence, whatever they meet there or on the way."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.hands import Run, SaidDaemon, said_daemon

ROOT = Path(__file__).parents[3]
TOKEN = "hf_" + "x" * 34
LONG_AGO = "2024-01-01T00:00:00Z"


def document(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "provider": {"vendor": "aws", "region": "us-east-1"},
        "compute": {"instanceType": "nvidia-l4", "instanceSize": "x1"},
        "status": {"state": "initializing", "createdAt": LONG_AGO, "updatedAt": LONG_AGO, "targetReplica": 1},
    }


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[SaidDaemon]:
    """A Hugging Face that knows the token of alice, whose namespace is empty, and no price."""
    with said_daemon() as said:
        said.says("GET", "/api/whoami-v2", (200, {"name": "alice", "orgs": []}))
        said.says("GET", "/v2/endpoint/alice", (200, {"items": []}))
        monkeypatch.setenv("LAMPLIGHTER_HUB_URL", said.url)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield said


@pytest.fixture
def file(home: Path) -> Path:
    (home / "token").write_text(TOKEN)
    path = home / "day.toml"
    path.write_text(f'[namespaces]\nalice = {{ token_file = "{home / "token"}" }}\n')
    return path


@pytest.mark.parametrize("words", ["survey", "init", "doctor", "check-config day.toml --live"])
def test_certificates_that_cannot_be_read_are_one_sentence(
    hub: SaidDaemon, file: Path, lamplighter: Run, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/none/ca.pem")

    told = lamplighter(*words.split())

    assert told.code == 1
    assert "the certificates '/none/ca.pem' cannot be read" in told.out + told.err
    assert hub.asked == []


@pytest.mark.parametrize("words", ["survey", "doctor", "check-config day.toml --live"])
def test_a_proxy_that_cannot_be_used_is_told_without_its_password(
    hub: SaidDaemon, file: Path, lamplighter: Run, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setenv("http_proxy", "http://joe:pw@proxy:99999")
    for name in ("no_proxy", "NO_PROXY"):  # the demo sets them for its own process, which in a test is this one
        monkeypatch.delenv(name, raising=False)

    told = lamplighter(*words.split())

    assert told.code == 1
    assert "http_proxy" in told.out + told.err
    assert "pw" not in told.out + told.err
    assert hub.asked == []


@pytest.mark.parametrize("words", ["survey", "survey --json", "init", "survey --namespace alice"])
def test_who_has_no_token_is_told_how_to_get_at_one(
    hub: SaidDaemon, lamplighter: Run, monkeypatch: pytest.MonkeyPatch, home: Path, words: str
) -> None:
    monkeypatch.setenv("HF_TOKEN", "")
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)

    told = lamplighter(*words.split())

    assert told.code == 2
    assert told.err == (
        "there is no token: set HF_TOKEN, run `hf auth login`, or name its file (--token-file, or token_file under "
        "[namespaces])\n"
    )
    assert hub.asked == []


@pytest.mark.parametrize("command", ["survey", "init", "doctor"])
def test_a_token_in_the_place_of_its_file_is_refused_and_not_repeated(
    hub: SaidDaemon, lamplighter: Run, command: str
) -> None:
    told = lamplighter(command, "--token-file", TOKEN)

    assert (told.code, told.out) == (2, "")
    assert "write it into a file" in told.err
    assert TOKEN not in told.err
    assert hub.asked == []


@pytest.mark.parametrize("words", ["--hub-url http://host:99999", ""])
def test_an_address_that_is_none_is_refused_by_where_it_was_said(
    lamplighter: Run, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setenv("LAMPLIGHTER_HUB_URL", "http://a..b")

    told = lamplighter("survey", *words.split())

    assert told.code == 2
    assert told.err.startswith(f"{words.partition(' ')[0] or 'LAMPLIGHTER_HUB_URL'}: this is not a URL")


def test_an_account_without_endpoints_is_told_by_its_namespaces(hub: SaidDaemon, lamplighter: Run) -> None:
    told = lamplighter("survey")

    assert (told.code, told.out.splitlines()) == (0, ["Read only: nothing was changed.", "No endpoint in alice."])
    assert hub.asked


def test_without_any_price_no_sum_is_shown_as_nothing(hub: SaidDaemon, lamplighter: Run) -> None:
    hub.says("GET", "/v2/endpoint/alice", (200, {"items": [document("one")]}))

    told, spelt = lamplighter("survey"), lamplighter("--json", "survey").document

    assert "burning at a rate that is unknown" in told.out
    assert "0.00" not in told.out
    assert (spelt["totals"]["usd_per_hour"], spelt["totals"]["quiet_usd_per_hour"]) == (None, None)
    assert (spelt["totals"]["quiet"], spelt["totals"]["unpriced"]) == (1, 1)


@pytest.mark.parametrize("words", ["init", "check-config day.toml --live"])
def test_who_tells_nothing_of_costs_asks_for_no_prices_and_no_people(
    hub: SaidDaemon, file: Path, lamplighter: Run, words: str
) -> None:
    hub.says("GET", "/v2/endpoint/alice", (200, {"items": [document("one")]}))

    told = lamplighter(*words.split())

    assert "price" not in told.out + told.err
    assert {asked.path for asked in hub.asked} == {"/api/whoami-v2", "/v2/endpoint/alice"}


@pytest.mark.parametrize(
    "answer, why",
    [
        ((200, {"items": [document("one")]}), None),
        ((403, {"error": "no"}), "alice unreadable: 403"),
        ((200, {"items": [{**document("one"), "status": {}}]}), "alice/one unreadable"),
    ],
)
def test_a_machine_is_told_that_all_is_ok_only_where_all_could_be_read(
    hub: SaidDaemon, file: Path, lamplighter: Run, answer: tuple[int, Any], why: str | None
) -> None:
    hub.says("GET", "/v2/endpoint/alice", answer)

    told, spelt = (lamplighter("check-config", str(file), "--live", *more) for more in ((), ("--json",)))

    live = spelt.document["live"]
    assert (told.code, spelt.code, spelt.document["ok"]) == ((0, 0, True) if why is None else (1, 1, False))
    assert told.out.startswith("day.toml: ok, mode observe. ") is (why is None)
    assert why is None or why in told.out
    assert bool(live["unreadable"] or live["unreadable_endpoints"]) is (why is not None)


@pytest.mark.parametrize("code", [429, 500])
def test_who_looks_once_is_not_told_of_a_next_look(hub: SaidDaemon, file: Path, lamplighter: Run, code: int) -> None:
    hub.says("GET", "/v2/endpoint/alice", (code, {"error": "not now"}))

    told = lamplighter("check-config", str(file), "--live")

    assert told.code == 1
    assert "look again after a while" in told.out
    assert "next look" not in told.out


def test_where_nobody_listens_it_is_said_in_the_systems_words(
    lamplighter: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with said_daemon() as gone:
        pass

    told = lamplighter("survey", "--hub-url", gone.url)

    assert told.code == 1
    assert "no connection (Connection refused)" in told.err


def test_trouble_with_a_namespaces_own_token_names_its_file_and_no_other_place(
    hub: SaidDaemon, file: Path, lamplighter: Run
) -> None:
    hub.says("GET", "/api/whoami-v2", (403, {"error": "no"}))

    told = lamplighter("check-config", str(file), "--live")

    assert f"the token in {file.parent / 'token'}: cannot ask whose token" in told.out
    assert "HF_TOKEN" not in told.out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
@pytest.mark.parametrize("words", ["survey --json", "init", "survey", "survey --csv"])
def test_a_full_disk_is_one_sentence(hub: SaidDaemon, words: str) -> None:
    hub.says("GET", "/v2/endpoint/alice", (200, {"items": [document("one")]}))
    command = [sys.executable, "-m", "service.cli.main", *words.split()]

    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False)

    assert ended.returncode == 1
    assert (
        ended.stderr.splitlines()[-1]
        == "not everything could be written: No space left on device; make room, then do it again"
    )
    assert "Traceback" not in ended.stderr
