"""The dictionary of the log: every type of event with its meaning and its fields, read from the classes themselves.

A class's docstring says what its events mean, and names each field in backticks where it says what that holds. From it
come the words of the command line and of the documents, and those of the JSON schemas (see `schemas`).
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
    cls = class_of(name)
    return Entry(
        type=name,
        schema=codec.schema_of(name),
        shape=shape_of(cls),
        parts=tuple(map(shape_of, dict.fromkeys(parts_of(cls)))),
    )


def class_of(name: str) -> type:
    """Return the class of a type. Raises UnknownType."""
    if name not in codec.TYPES:
        raise UnknownType(f"there is no type of event {name[:60]!r}: use {', '.join(codec.TYPES)}")
    return codec.TYPES[name]


def shape_of(cls: type) -> Shape:
    """Return what a class says of itself."""
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


def _meaning(cls: Any) -> str:
    """Return a docstring as one line of text."""
    return " ".join((inspect.getdoc(cls) or "").split())


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
    own = [leaf for leaf in _leaves(hint) if is_shape(leaf) or (isinstance(leaf, type) and issubclass(leaf, Enum))]
    return _clause(_CLAUSE.split(_meaning(own[0]))[0]) if len(own) == 1 else ""


def _fields(cls: type) -> list[tuple[str, bool]]:
    """Return the names of a shape's fields, each with whether it must be there."""
    info = msgspec.inspect.type_info(cls)
    if not isinstance(info, msgspec.inspect.DataclassType | msgspec.inspect.StructType):
        raise TypeError(f"{cls.__name__} has no fields")
    return [(one.name, one.required) for one in info.fields]


def is_shape(hint: Any) -> bool:
    """Return whether a field of this kind has fields of its own."""
    return isinstance(hint, type) and (is_dataclass(hint) or issubclass(hint, msgspec.Struct))


def like(own: type) -> Any:
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
    return _holds(name, like(hint)) if issubclass(hint, Mapping) else str(hint.__name__)


def parts_of(cls: type) -> Iterator[type]:
    """Yield the shapes that a shape's fields hold, and theirs."""
    for hint in get_type_hints(cls).values():
        for part in _leaves(hint):
            if is_shape(part):
                yield part
                yield from parts_of(part)


def _leaves(hint: Any) -> Iterator[Any]:
    inside = [one for one in get_args(hint) if one is not Ellipsis]
    if not inside:
        yield hint
    for one in inside:
        yield from _leaves(one)
