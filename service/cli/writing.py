"""`lamplighter create`, `update` and `delete`: documents that a person asks the daemon to write."""

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from service.cli.acting import Reason, told_act
from service.cli.asking import endpoint_path
from service.cli.calling import EndpointName, Json, Url
from service.cli.exits import Exit, Stop
from service.cli.keywords import laid_over, read_document, read_keywords, with_keywords
from service.cli.spelling import parse_endpoint
from service.documents import Creation, Update, create_document, update_document

NEEDED = ("repository", "framework", "accelerator", "instance_type", "instance_size", "region", "vendor")


@with_keywords(Creation.__annotations__)
def create(
    ctx: typer.Context,
    endpoint: EndpointName,
    *,
    reason: Reason = "",
    url: Url = None,
    json: Json = False,
    **given: Any,
) -> None:
    """Create an endpoint: by its keywords, by a whole --document, or by both.

    It is sent once, whatever happens. Without a document it needs --repository, --framework, --accelerator,
    --instance-type, --instance-size, --region and --vendor.
    """
    namespace, name = parse_endpoint(endpoint).split("/")
    document = _new(name, read_document(given.get("document")), read_keywords(given))
    path = endpoint_path(namespace)
    told_act(ctx, "create", endpoint, "POST", path, body=document, reason=reason, url=url, json=json)


@with_keywords(Update.__annotations__)
def update(
    ctx: typer.Context,
    endpoint: EndpointName,
    *,
    reason: Reason = "",
    url: Url = None,
    json: Json = False,
    **given: Any,
) -> None:
    """Change an endpoint: what is not said stays as it is.

    A partial --document says what no option can, such as null.
    """
    path = endpoint_path(parse_endpoint(endpoint))
    changes = _changes(read_document(given.get("document")), read_keywords(given))
    told_act(ctx, "update", endpoint, "PATCH", path, body=changes, reason=reason, url=url, json=json)


def delete(
    ctx: typer.Context,
    endpoint: EndpointName,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    reason: Reason = "",
    url: Url = None,
    json: Json = False,
) -> None:
    """Delete an endpoint for good, and see that it is gone. Asks first."""
    path = endpoint_path(parse_endpoint(endpoint))
    if not yes:
        _ask(endpoint)
    told_act(ctx, "delete", endpoint, "DELETE", path, reason=reason, url=url, json=json)


def _new(name: str, document: Mapping[str, Any] | None, given: Mapping[str, Any]) -> dict[str, Any]:
    if document is None:
        if missing := [f"--{word.replace('_', '-')}" for word in NEEDED if word not in given]:
            raise Stop(f"say also {', '.join(missing)}; or give the document as --document FILE", Exit.USAGE)
        return _meant(lambda: create_document(**{**given, "name": name}))
    own = {word: value for word, value in given.items() if word in Update.__annotations__}
    if others := sorted(given.keys() - own.keys() - {"type", "region", "vendor"}):
        words = ", ".join(f"--{word.replace('_', '-')}" for word in others)
        raise Stop(f"{words}: write it into the document that you give", Exit.USAGE)
    change = _meant(lambda: update_document(**own))
    if "type" in given:
        change["type"] = given["type"]
    if provider := {word: given[word] for word in ("region", "vendor") if word in given}:
        change["provider"] = provider
    return {**laid_over(document, change), "name": name}


def _changes(document: Mapping[str, Any] | None, given: Mapping[str, Any]) -> dict[str, Any]:
    changes = laid_over(document or {}, _meant(lambda: update_document(**given)))
    if not changes:
        raise Stop("say what to change: an option, or a partial document as --document FILE", Exit.USAGE)
    return changes


def _meant(make: Any) -> dict[str, Any]:
    try:
        made: dict[str, Any] = make()
    except ValueError as error:
        raise Stop(str(error), Exit.USAGE) from None
    return made


def _ask(endpoint: str) -> None:
    if not sys.stdin.isatty():
        raise Stop(f"deleting {endpoint} cannot be taken back: say --yes, since nobody can be asked here", Exit.USAGE)
    if not typer.confirm(f"Delete {endpoint}? It cannot be taken back.", err=True):
        raise Stop(f"{endpoint} was not deleted", Exit.FAILED)
