"""The options of `create` and `update`: one for every keyword of the official client, under its own name.

They are a table, so that none can be forgotten: a test compares it with the keywords themselves. A secret is best not
said on a command line, where every process of the machine can read it: `--secrets-file`, `--secret NAME` (which takes
the value from the environment) and LAMPLIGHTER_REGISTRY_PASSWORD are for that.
"""

import inspect
import json
import os
import shlex
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli.exits import Exit, Stop
from service.failures import told_why


def _option(type_: Any, help_: str, *names: str, **more: Any) -> Any:
    return Annotated[type_, typer.Option(*names, help=help_, **more)]


OPTIONS: Mapping[str, Any] = {
    "repository": _option(str | None, "The model's repository, like openai-community/gpt2."),
    "framework": _option(str | None, "The model's framework: pytorch, custom, …"),
    "accelerator": _option(str | None, "cpu, gpu or neuron."),
    "instance_type": _option(str | None, "The machine, like nvidia-l4."),
    "instance_size": _option(str | None, "How much of it, like x1."),
    "region": _option(str | None, "Where it runs, like us-east-1."),
    "vendor": _option(str | None, "Whose machine it is: aws, azure or gcp."),
    "type": _option(str | None, "Who may call it: authenticated, public or private."),
    "revision": _option(str | None, "The commit or branch of the repository."),
    "task": _option(str | None, "What it is for, like text-generation."),
    "min_replica": _option(int | None, "At least so many replicas.", min=0),
    "max_replica": _option(int | None, "At most so many replicas.", min=0),
    "scale_to_zero_timeout": _option(int | None, "Scale to zero after so many idle minutes."),
    "scaling_metric": _option(str | None, "Scale by pendingRequests or hardwareUsage."),
    "scaling_threshold": _option(float | None, "The value of that metric to scale at."),
    "custom_image": _option(str | None, "A container's URL; or JSON of an image, or @FILE."),
    "container_registry_username": _option(str | None, "Who fetches the container."),
    "container_registry_password": _option(
        str | None, "With which password.", envvar="LAMPLIGHTER_REGISTRY_PASSWORD", show_envvar=True
    ),
    "container_command": _option(str | None, "The container's entry point, as a shell reads it."),
    "container_args": _option(str | None, "Its arguments, as a shell reads them."),
    "tensor_parallel_size": _option(int | None, "Accelerators that share a copy of the model.", min=1),
    "data_parallel_size": _option(int | None, "Copies of the model in a replica.", min=1),
    "env": _option(list[str] | None, "KEY=VALUE, or KEY from the environment; may be repeated.", "--env"),
    "secrets": _option(list[str] | None, "As --env, and never shown again.", "--secret"),
    "domain": _option(str | None, "A domain of one's own."),
    "path": _option(str | None, "A path of the route."),
    "cache_http_responses": _option(
        bool | None, "Cache what it answers.", "--cache-http-responses/--no-cache-http-responses"
    ),
    "tags": _option(list[str] | None, "A tag; may be repeated.", "--tag"),
    "private_link_account_id": _option(str | None, "The account of a private link."),
    "private_link_region": _option(str | None, "The region of a private link."),
}
# What belongs to no keyword.
FILES: Mapping[str, Any] = {
    "env_file": _option(Path | None, "Lines of KEY=VALUE, for --env."),
    "secrets_file": _option(Path | None, "Lines of KEY=VALUE, for --secret."),
    "document": _option(Path | None, "The document itself, as JSON; `-` is standard input."),
}


def with_keywords(keywords: Iterable[str]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command, which takes them as `**given`, an option for each of these keywords."""

    def dress(command: Callable[..., None]) -> Callable[..., None]:
        own = [one for one in inspect.signature(command).parameters.values() if one.kind is not one.VAR_KEYWORD]
        names = [name for name in (*OPTIONS, *FILES) if name in {*keywords, *FILES}]
        added = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation={**OPTIONS, **FILES}[name])
            for name in names
        ]
        command.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]
        return command

    return dress


def read_keywords(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords that were said, each as the official client takes it; `document` and files are left out."""
    said = {name: value for name, value in given.items() if name in OPTIONS and value not in (None, [])}
    for name in ("container_command", "container_args"):
        if name in said:
            said[name] = _words(name, said[name])
    if "custom_image" in said:
        said["custom_image"] = _image(said["custom_image"])
    for name, file in (("env", "env_file"), ("secrets", "secrets_file")):
        lines = _lines(given[file]) if given.get(file) is not None else []
        if pairs := dict(_pair(text) for text in (*lines, *said.get(name, ()))):
            said[name] = pairs
    return said


def read_document(path: Path | None) -> dict[str, Any] | None:
    """Return the document of a file, or None if none was named."""
    if path is None:
        return None
    document = _json(_text(path), f"--document {path}")
    if not isinstance(document, dict):
        raise Stop(f"--document {path} holds no JSON object: an endpoint's document is one", Exit.USAGE)
    return document


def laid_over(document: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with a partial one laid over it."""
    merged = dict(document)
    for key, value in change.items():
        below = merged.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            merged[key] = laid_over(below, value)
        else:
            merged[key] = value
    return merged


def _words(name: str, text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise Stop(f"--{name.replace('_', '-')}: a shell would not read it ({error})", Exit.USAGE) from None


def _image(text: str) -> Any:
    if text.startswith("@"):
        text = _text(Path(text[1:]))
    if not text.lstrip().startswith("{"):
        return {"url": text}
    return _json(text, "--custom-image")


def _pair(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not key.strip():
        raise Stop("a line of --env or --secret names nothing: write KEY=VALUE, or KEY", Exit.USAGE)
    if not sign and key not in os.environ:
        raise Stop(f"{key} has no value, here or in the environment: write {key}=VALUE, or export it", Exit.USAGE)
    return key.strip(), value if sign else os.environ[key]


def _lines(path: Path) -> list[str]:
    """Return the lines that hold something: a `#` begins a comment, quotes around a whole value are taken off."""
    found = []
    for line in _text(path).splitlines():
        text = line.strip().removeprefix("export ")
        if not text or text.startswith("#"):
            continue
        key, sign, value = text.partition("=")
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
        found.append(f"{key}{sign}{value[1:-1] if quoted else value}")
    return found


def _text(path: Path) -> str:
    try:
        return typer.get_text_stream("stdin").read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Stop(f"{path} cannot be read: {told_why(error)}", Exit.USAGE) from None


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Stop(f"{what} is no JSON: {place}: {error.msg}", Exit.USAGE) from None
    except (ValueError, RecursionError) as error:
        raise Stop(f"{what} is no JSON ({type(error).__name__}): correct it", Exit.USAGE) from None
