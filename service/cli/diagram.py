"""`lamplighter diagram`: the state machine for readers, made from the table that the daemon runs by."""

from typing import Annotated

import typer

from service.cli.exits import Exit, Stop


def diagram(
    *,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="As a Mermaid state diagram (the default).")] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="As a document: statuses, steps, every change, every command.")
    ] = False,
    svg: Annotated[bool, typer.Option("--svg", help="As a drawing.")] = False,
) -> None:
    """Print the state machine of an endpoint."""
    if mermaid + markdown + svg > 1:
        raise Stop("--mermaid, --markdown and --svg exclude each other: give one of them", Exit.USAGE)
    from statemachine.diagram import mermaid as as_mermaid
    from statemachine.document import markdown as as_markdown
    from statemachine.drawing import svg as as_svg

    print(as_markdown() if markdown else as_svg() if svg else as_mermaid())
