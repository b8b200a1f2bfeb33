"""The JSON Schema (2020-12) of what is stored of each type of event, with what each field means.

Made from the classes, as the codec is. A document may hold fields that it does not tell: later versions add some.
"""

import types
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from events import codec
from events.cloudevents import type_name
from events.dictionary import UnknownType, class_of, is_shape, like, parts_of, shape_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PLAIN: Mapping[Any, Mapping[str, str]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    type(None): {"type": "null"},
}


def json_schema(name: str, version: int | None = None) -> dict[str, Any]:
    """Return the schema of a type, in the present version or another. Raises UnknownType.

    An older version that only lacks fields is described by the present shape, where those may be left out; another's
    shape is not known any more.
    """
    cls, present = class_of(name), codec.schema_of(name)
    version = present if version is None else version
    lifts = codec.UPCASTS.get(name, ())[max(version, 1) - 1 :]
    if not 1 <= version <= present or not all(map(codec.only_gains, lifts)):
        raise UnknownType(f"there is no schema of version {version} of {name}: it is written in version {present}")
    parts = {part.__name__: _of_shape(part) for part in dict.fromkeys(parts_of(cls))}
    body = {"$schema": DIALECT, "$id": type_name(name, version), "title": cls.__name__, **_of_shape(cls)}
    return {**body, "$defs": parts} if parts else body


def _of_shape(cls: type) -> dict[str, Any]:
    hints, shape = get_type_hints(cls), shape_of(cls)
    return {
        "description": shape.meaning,
        "type": "object",
        "properties": {one.name: {**_of(hints[one.name]), "description": one.meaning} for one in shape.fields},
        "required": [one.name for one in shape.fields if not one.optional],
    }


def _of(hint: Any) -> dict[str, Any]:
    """Return the schema of what a field may hold."""
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    origin, inside = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return {"anyOf": [_of(one) for one in inside]}
    if origin is tuple:
        return {"type": "array", "items": _of(inside[0])}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _of(inside[1])}
    if is_shape(hint):
        return {"$ref": f"#/$defs/{hint.__name__}"}
    if issubclass(hint, Enum):
        return {"enum": [one.value for one in hint]}
    return _of(like(hint))
