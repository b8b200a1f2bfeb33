"""`lamplighter events types`: every type that may stand in the log, what it means and holds; needs no daemon."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.calling import Json, wants_json
from service.cli.exits import Exit, Stop
from service.cli.printing import document, pairs, say, table

if TYPE_CHECKING:  # asking for events must not pay for describing them
    from events.dictionary import Entry, Shape

Type = Annotated[str | None, typer.Argument(metavar="TYPE", help="One type, whole.")]
Schema = Annotated[bool, typer.Option("--schema", help="Of TYPE: the JSON Schema of its payload.")]
Version = Annotated[int | None, typer.Option("--version", metavar="N", help="The schema of an older version.", min=1)]
Markdown = Annotated[bool, typer.Option("--markdown", help="All of them as a document.")]


def types(
    ctx: typer.Context,
    *,
    type_: Type = None,
    schema: Schema = False,
    version: Version = None,
    markdown: Markdown = False,
    json: Json = False,
) -> None:
    """List the types of events with their meaning, or show one whole."""
    from events import dictionary

    _refuse_nonsense(type_, schema=schema, version=version, markdown=markdown)
    if markdown:
        from events.document import markdown as as_markdown

        print(as_markdown())
        return
    try:
        if type_ is None:
            _list([*dictionary.entries()], as_json=wants_json(ctx, json))
        elif schema:
            from events.schemas import json_schema

            document(json_schema(type_, version))
        else:
            _show(dictionary.entry(type_), as_json=wants_json(ctx, json))
    except dictionary.UnknownType as error:
        raise Stop(str(error), Exit.USAGE) from error


def beside(command: Callable[..., None]) -> typer.Typer:
    """Return a command that lists events, with the one that lists their types as a command of its own."""
    group = typer.Typer(invoke_without_command=True)
    group.callback()(command)
    group.command("types")(types)
    return group


def _refuse_nonsense(type_: str | None, *, schema: bool, version: int | None, markdown: bool) -> None:
    if schema and type_ is None:
        raise Stop("a schema is of one type: name it, like `events types act.intended --schema`", Exit.USAGE)
    if version is not None and not schema:
        raise Stop("--version chooses a schema: give --schema, too", Exit.USAGE)
    if markdown and type_ is not None:
        raise Stop("--markdown is a document of all types: leave the type out", Exit.USAGE)


def _list(entries: "list[Entry]", *, as_json: bool) -> None:
    if as_json:
        document({"items": [_document(entry) for entry in entries]})
        return
    rows = [
        (entry.type, str(entry.schema), ", ".join(one.name for one in entry.shape.fields), entry.shape.meaning)
        for entry in entries
    ]
    table(("TYPE", "SCHEMA", "FIELDS", "MEANING"), rows, numbers=("SCHEMA",))


def _show(entry: "Entry", *, as_json: bool) -> None:
    if as_json:
        document(_document(entry))
        return
    say(f"{entry.type}, schema {entry.schema}")
    for shape in (entry.shape, *entry.parts):
        say()
        say(shape.meaning if shape is entry.shape else f"{shape.name}: {shape.meaning}")
        _fields(shape)


def _fields(shape: "Shape") -> None:
    pairs(
        [
            (one.name, f"{one.holds}{' (optional)' if one.optional else ''}. {one.meaning}".strip())
            for one in shape.fields
        ]
    )


def _document(entry: "Entry") -> dict[str, Any]:
    return {
        "type": entry.type,
        "schema": entry.schema,
        "meaning": entry.shape.meaning,
        "fields": [asdict(one) for one in entry.shape.fields],
        "parts": [asdict(part) for part in entry.parts],
    }
