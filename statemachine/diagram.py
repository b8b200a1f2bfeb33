"""The table as a Mermaid state diagram, for what draws by itself.

It is made from the table that the machine is built from, so it cannot tell another story than the code.
"""

from collections.abc import Iterable

from statemachine.table import TABLE, Arrow, between


def mermaid(table: Iterable[Arrow] = TABLE) -> str:
    """Return a state diagram: one edge for each pair of statuses, `?` at triggers without certain evidence."""
    edges = [
        f"    {source} --> {target}: {', '.join(arrow.trigger + ('' if arrow.certain else '?') for arrow in arrows)}"
        for (source, target), arrows in between(table).items()
    ]
    return "\n".join(["stateDiagram-v2", "    [*] --> absent", *edges])
