"""The dictionary of the log as one Markdown document: what `docs/events.md` holds."""

from collections.abc import Iterable, Sequence

from events.cloudevents import type_name
from events.dictionary import Entry, Shape, entries


def markdown() -> str:
    """Return the document."""
    every = tuple(entries())
    parts = {part.name: part for entry in every for part in entry.parts}
    return "\n\n".join(
        [
            "# The events",
            "<!-- Written by scripts/diagram from the code: do not edit it here. -->",
            INTRODUCTION,
            _table(("type", "schema", "what it means"), ((f"`{e.type}`", str(e.schema), _first(e)) for e in every)),
            *(_entry(entry) for entry in every),
            "## Parts of several",
            *(f"### {part.name}\n\n{part.meaning}\n\n{_fields(part)}" for part in sorted(parts.values(), key=_name)),
        ]
    )


INTRODUCTION = """\
Every type of event that may stand in the log, with what its payload holds. `lamplighter events types` lists them,
`lamplighter events types TYPE` shows one, and with `--schema` the JSON Schema of its payload, whose `$id` is the
event's type as a CloudEvent. A field that is *optional* may be missing; nothing is then known of it. Later versions
add fields and types; they take none away and give none another meaning."""


def _entry(entry: Entry) -> str:
    as_event = f"As a CloudEvent: `{type_name(entry.type, entry.schema)}`."
    return "\n\n".join([f"## `{entry.type}`", entry.shape.meaning, as_event, _fields(entry.shape)])


def _fields(shape: Shape) -> str:
    rows = ((f"`{one.name}`", one.holds, "optional" if one.optional else "", one.meaning) for one in shape.fields)
    return _table(("field", "holds", "", "meaning"), rows)


def _first(entry: Entry) -> str:
    return entry.shape.meaning.partition(". ")[0].rstrip(".") + "."


def _name(part: Shape) -> str:
    return part.name


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (head, ["---"] * len(head), *rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
