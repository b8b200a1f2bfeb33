"""The dictionary of the log: every type of event with its meaning and its fields, read from the classes themselves.

A class's docstring says what its events mean, and names each field in backticks where it says what that holds. From it
come the words of the command line and of the documents, and the JSON schemas of what is stored.
"""

import inspect
import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import msgspec.inspect

from events import codec
from events.cloudevents import type_name

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_CLAUSE = re.compile(r"(?<=[.;])\s+")
_SUBJECTS = re.compile(r"((, | and )?`\w+`)*")  # what a clause begins with: `gap`, `old` and `new`
_PLAIN = {str: "text", int: "whole number", float: "number", bool: "true or false", datetime: "instant"}


class UnknownType(LookupError):
    """There is no such type of event, or not in this version; the message says which there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a shape: what it holds, in words, and whether a document may leave it out."""

    name: str
    holds: str
    meaning: str
    optional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What events, or parts of them, are made of."""

    name: str
    meaning: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One type of event, in the schema in which it is written now; `parts` are the shapes that its fields hold."""

    type: str
    schema: int
    shape: Shape
    parts: tuple[Shape, ...]


def entries() -> Iterator[Entry]:
    """Yield every type that may stand in the log, in the order of the catalogue."""
    return map(entry, codec.TYPES)


def entry(name: str) -> Entry:
    """Return one type. Raises UnknownType."""
    cls = _class(name)
    return Entry(
        type=name, schema=codec.schema_of(name), shape=_shape(cls), parts=tuple(map(_shape, dict.fromkeys(_parts(cls))))
    )


def json_schema(name: str, version: int | None = None) -> dict[str, Any]:
    """Return the JSON Schema of what is stored of a type, in the present version or another. Raises UnknownType.

    An older version that only lacks fields is described by the present shape, where those may be left out; another's
    shape is not known any more.
    """
    cls, present = _class(name), codec.schema_of(name)
    version = present if version is None else version
    lifts = codec.UPCASTS.get(name, ())[max(version, 1) - 1 :]
    if not 1 <= version <= present or any(not codec.only_gains(lift) for lift in lifts):
        raise UnknownType(f"there is no schema of version {version} of {name}: it is written in version {present}")
    _, components = msgspec.json.schema_components(
        [cls], schema_hook=lambda own: msgspec.json.schema(_like(own)), ref_template="#/$defs/{name}"
    )
    of_parts = {part.__name__: part for part in (cls, *_parts(cls))}
    told = {key: _told(value, of_parts.get(key)) for key, value in components.items()}
    body = told.pop(cls.__name__)
    return {"$schema": DIALECT, "$id": type_name(name, version), **body, **({"$defs": told} if told else {})}


def _told(component: Mapping[str, Any], cls: type | None) -> dict[str, Any]:
    """Return a part of a schema with what its fields mean, and which texts are instants."""
    if cls is None:
        return {**component, "description": _flowing(component.get("description", ""))}
    hints = get_type_hints(cls)
    properties = {
        one.name: {**_dated(component["properties"][one.name], hints[one.name]), "description": one.meaning}
        for one in _shape(cls).fields
    }
    return {**component, "description": _meaning(cls), "properties": properties}


def _dated(schema: Mapping[str, Any], hint: Any) -> dict[str, Any]:
    """Return the schema of a field; a text that is an instant is one of RFC 3339."""
    if datetime not in set(_leaves(hint)):
        return dict(schema)
    of_text = {"type": "string", "format": "date-time"}
    if "anyOf" not in schema:
        return {**schema, **of_text}
    return {**schema, "anyOf": [of_text if one == {"type": "string"} else one for one in schema["anyOf"]]}


def _class(name: str) -> type:
    if name not in codec.TYPES:
        raise UnknownType(f"there is no type of event {name[:60]!r}: use {', '.join(codec.TYPES)}")
    return codec.TYPES[name]


def _shape(cls: type) -> Shape:
    hints, meaning = get_type_hints(cls), _meaning(cls)
    return Shape(
        name=cls.__name__,
        meaning=meaning,
        fields=tuple(
            Field(
                name=name,
                holds=_holds(name, hints[name]),
                meaning=_of_field(meaning, name) or _of_own_class(hints[name]),
                optional=not required,
            )
            for name, required in _fields(cls)
        ),
    )


def _meaning(cls: type) -> str:
    return _flowing(inspect.getdoc(cls) or "")


def _flowing(text: str) -> str:
    """Return a docstring as one line of text."""
    return " ".join(text.split())


def _of_field(meaning: str, name: str) -> str:
    """Return the clause that explains a field: one that begins with its name, else the first that names it."""
    naming = [clause for clause in _CLAUSE.split(meaning) if f"`{name}`" in clause]
    about = [clause for clause in naming if (begin := _SUBJECTS.match(clause)) and f"`{name}`" in begin[0]]
    return _clause((*about, *naming, "")[0])


def _clause(text: str) -> str:
    """Return a clause as a sentence of its own."""
    return f"{text.rstrip(';.')}." if text else ""


def _of_own_class(hint: Any) -> str:
    """Return what a shape or a choice says of itself in its first sentence: a field of it may leave that to it."""
    own = [leaf for leaf in _leaves(hint) if _is_shape(leaf) or (isinstance(leaf, type) and issubclass(leaf, Enum))]
    return _clause(_CLAUSE.split(_flowing(inspect.getdoc(own[0]) or ""))[0]) if len(own) == 1 else ""


def _fields(cls: type) -> list[tuple[str, bool]]:
    """Return the names of a shape's fields, each with whether it must be there."""
    info = msgspec.inspect.type_info(cls)
    if not isinstance(info, msgspec.inspect.DataclassType | msgspec.inspect.StructType):
        raise TypeError(f"{cls.__name__} has no fields")
    return [(one.name, one.required) for one in info.fields]


def _is_shape(hint: Any) -> bool:
    return isinstance(hint, type) and (is_dataclass(hint) or issubclass(hint, msgspec.Struct))


def _like(own: type) -> Any:
    """Return the plain type that a mapping of our own stands in the log as."""
    if not issubclass(own, Mapping):
        raise NotImplementedError(f"{own.__name__} is no mapping: say here what it stands in the log as")
    return own.__orig_bases__[0]  # type: ignore[attr-defined]


def _holds(name: str, hint: Any) -> str:
    """Say in words what a field holds, with its unit, which stands in its name."""
    if name.endswith("_seconds") and hint is float:
        return "seconds"
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, inside = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return " or ".join(dict.fromkeys("null" if one is type(None) else _holds(name, one) for one in inside))
    if origin is tuple:
        return f"list of {_holds(name, inside[0])}"
    if origin is not None and issubclass(origin, Mapping):
        return f"object: {_holds(name, inside[0])} to {_holds(name, inside[1])}"
    if isinstance(hint, type) and issubclass(hint, Enum):
        return f"one of {', '.join(str(one.value) for one in hint)}"
    return _holds(name, _like(hint)) if issubclass(hint, Mapping) else str(hint.__name__)


def _parts(cls: type) -> Iterator[type]:
    """Yield the shapes that a shape's fields hold, and theirs."""
    for hint in get_type_hints(cls).values():
        for part in _leaves(hint):
            if _is_shape(part):
                yield part
                yield from _parts(part)


def _leaves(hint: Any) -> Iterator[Any]:
    inside = [one for one in get_args(hint) if one is not Ellipsis]
    if not inside:
        yield hint
    for one in inside:
        yield from _leaves(one)
