"""`create`, `update` and `delete` as a person types them."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi

from service.cli.keywords import OPTIONS
from service.documents import Creation, Update, create_document, update_document
from tests.unit.cli.hands import Run, SaidDaemon

TGI = "/api/endpoints/acme/tgi"
DONE = {"outcome": "done", "status": "pending", "intent": "i"}
LEAST = {
    "repository": "acme/llama",
    "framework": "custom",
    "accelerator": "gpu",
    "instance_type": "nvidia-l4",
    "instance_size": "x1",
    "region": "us-east-1",
    "vendor": "aws",
}
NEEDED = tuple(word for key, value in LEAST.items() for word in (f"--{key.replace('_', '-')}", value))


def sent(daemon: SaidDaemon) -> Any:
    return daemon.asked[-1].body


def test_there_is_an_option_for_every_keyword_of_the_official_client() -> None:
    assert {*Creation.__annotations__, *Update.__annotations__} - {"name"} == OPTIONS.keys()


@pytest.mark.parametrize("command, official", [("create", "create"), ("update", "update")])
def test_the_help_of_a_command_names_them_all(lamplighter: Run, command: str, official: str) -> None:
    told = lamplighter(command, "--help").out
    words = getattr(HfApi, f"{official}_inference_endpoint").__code__
    spelt = {"secrets": "secret", "tags": "tag"}

    for keyword in set(words.co_varnames[: words.co_argcount + words.co_kwonlyargcount]) & OPTIONS.keys():
        assert f"--{spelt.get(keyword, keyword).replace('_', '-')}" in told, keyword


def test_a_creation_sends_what_the_official_client_would(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("POST", "/api/endpoints/acme", (201, DONE))

    told = lamplighter(
        *("create", "acme/tgi", *NEEDED, "--min-replica", "0", "--max-replica", "2", "--scale-to-zero-timeout", "15"),
        *("--scaling-metric", "pendingRequests", "--scaling-threshold", "1.5", "--type", "public", "--task", "t"),
        *("--custom-image", "ghcr.io/acme/tgi:1", "--container-args", "--tp 8 'a b'", "--env", "A=1=2", "--tag", "x"),
        *("--tag", "y", "--cache-http-responses", "--reason", "the demo"),
    )

    assert (told.code, told.out) == (0, "acme/tgi: pending\n")
    assert daemon.asked[-1].query == {"reason": ["the demo"]}
    assert sent(daemon) == create_document(
        name="tgi",
        **LEAST,  # type: ignore[arg-type]
        min_replica=0,
        max_replica=2,
        scale_to_zero_timeout=15,
        scaling_metric="pendingRequests",
        scaling_threshold=1.5,
        type="public",
        task="t",
        custom_image={"url": "ghcr.io/acme/tgi:1"},
        container_args=["--tp", "8", "a b"],
        env={"A": "1=2"},
        tags=["x", "y"],
        cache_http_responses=True,
    )


def test_an_update_sends_only_what_is_said(lamplighter: Run, daemon: SaidDaemon) -> None:
    daemon.says("PATCH", TGI, (200, DONE))

    assert lamplighter("update", "acme/tgi", "--max-replica", "4", "--no-cache-http-responses").code == 0
    assert sent(daemon) == update_document(max_replica=4, cache_http_responses=False)

    image = json.dumps({"vLLM": {"url": "vllm/vllm-openai:1"}})
    assert lamplighter("update", "acme/tgi", "--custom-image", image, "--tensor-parallel-size", "2").code == 0
    assert sent(daemon)["model"]["image"] == {"vLLM": {"url": "vllm/vllm-openai:1", "tensorParallelSize": 2}}


def test_a_document_that_is_no_json_is_told_by_line_and_column(
    lamplighter: Run, daemon: SaidDaemon, home: Path
) -> None:
    (home / "bad.json").write_text('{\n  "compute": {,\n}')

    told = lamplighter("update", "acme/tgi", "--document", "bad.json")

    assert told.code == 2
    assert told.err.startswith("--document bad.json is no JSON: line 2, column 15: ")
    assert daemon.asked == []


def test_a_document_says_what_no_option_can_and_options_lie_over_it(
    lamplighter: Run, daemon: SaidDaemon, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon.says("PATCH", TGI, (200, DONE))
    daemon.says("POST", "/api/endpoints/acme", (201, DONE))
    (home / "tgi.json").write_text('{"compute": {"scaling": {"scaleToZeroTimeout": null, "maxReplica": 1}}}')

    assert lamplighter("update", "acme/tgi", "--document", "tgi.json", "--max-replica", "4").code == 0
    assert sent(daemon) == {"compute": {"scaling": {"scaleToZeroTimeout": None, "maxReplica": 4}}}

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"name": "other", "type": "public"}')))
    assert lamplighter("create", "acme/tgi", "--document", "-", "--region", "eu-west-1").code == 0
    assert sent(daemon) == {"name": "tgi", "type": "public", "provider": {"region": "eu-west-1"}}


def test_secrets_come_from_a_file_or_the_environment(
    lamplighter: Run, daemon: SaidDaemon, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon.says("PATCH", TGI, (200, DONE))
    monkeypatch.setenv("HF_TOKEN", "from-the-environment")
    (home / "secrets").write_text("# a comment\n\nexport A='one two'\nB=2\n")

    assert lamplighter("update", "acme/tgi", "--secrets-file", "secrets", "--secret", "HF_TOKEN").code == 0

    assert sent(daemon) == {"model": {"secrets": {"A": "one two", "B": "2", "HF_TOKEN": "from-the-environment"}}}


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("create", "acme/tgi"), "--repository"),
        (("create", "acme/tgi", *NEEDED, "--type", "protected"), "authenticated"),
        (("create", "tgi", *NEEDED), "namespace/name"),
        (("update", "acme/tgi"), "what to change"),
        (("update", "acme/tgi", "--secret", "NOT_THERE_AT_ALL"), "NOT_THERE_AT_ALL"),
        (("update", "acme/tgi", "--container-args", "'"), "--container-args"),
        (("update", "acme/tgi", "--custom-image", "{"), "--custom-image"),
        (("update", "acme/tgi", "--document", "nowhere.json"), "nowhere.json"),
        (("update", "acme/tgi", "--tensor-parallel-size", "2"), "custom_image"),
        (("update", "acme/tgi", "--max-replica", "many"), "--max-replica"),
        (("delete", "acme/tgi"), "--yes"),
    ],
)
def test_what_cannot_be_meant_is_told_and_not_sent(
    lamplighter: Run, daemon: SaidDaemon, arguments: tuple[str, ...], words: str
) -> None:
    told = lamplighter(*arguments)

    assert told.code == 2
    assert words in told.err
    assert daemon.asked == []


def test_a_deletion_is_sent_when_it_was_confirmed(
    lamplighter: Run, daemon: SaidDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon.says("DELETE", TGI, (200, {"outcome": "done", "status": "absent", "intent": "i"}))

    assert lamplighter("delete", "acme/tgi", "--yes", "--reason", "old").out == "acme/tgi: gone\n"
    assert daemon.asked[-1].query == {"reason": ["old"]}

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    told = lamplighter("delete", "acme/tgi")
    assert (told.code, len(daemon.asked)) == (1, 1)


@pytest.mark.parametrize(
    "code, said, exit_code, words",
    [
        (404, {"outcome": "cannotApply", "error": "there is no endpoint acme/tgi"}, 8, "no endpoint"),
        (409, {"outcome": "rejected", "error": "the name is in use", "code": 409}, 1, "said no (409)"),
        (422, {"outcome": "unfit", "error": "model.env.A is masked", "fields": ["model.env.A"]}, 2, "model.env.A"),
        (403, {"outcome": "notAllowed", "error": "acme is observed"}, 4, "observed"),
    ],
)
def test_what_was_not_written_has_its_exit_code(
    lamplighter: Run, daemon: SaidDaemon, *, code: int, said: dict[str, Any], exit_code: int, words: str
) -> None:
    daemon.says("PATCH", TGI, (code, said))

    told = lamplighter("update", "acme/tgi", "--max-replica", "2")

    assert told.code == exit_code
    assert words in told.err
