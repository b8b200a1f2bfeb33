"""How a model's server reads what it is asked: a body of JSON, field by field, refusing what is none."""

from collections.abc import Mapping
from typing import Any

from service.simulator.answers import Call
from service.simulator.errors import Malformed

Fields = Mapping[str, Any]


def fields_of(call: Call) -> Fields:
    """Return the body as an object."""
    return as_object(call.document(), "the body")


def as_object(value: Any, what: str) -> Fields:
    """Return a value that is an object; null is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Malformed(f"{what} must be an object, not {type(value).__name__}")
    return value


def text(fields: Fields, name: str) -> str:
    """Return a field that is a text, and not an empty one."""
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Malformed(f"`{name}` must be a text that is not empty")
    return value


def texts(fields: Fields, name: str) -> list[str]:
    """Return a field that is a text or a list of them, as a list."""
    value = fields.get(name)
    several = [value] if isinstance(value, str) else value
    if not isinstance(several, list) or not several or not all(isinstance(one, str) for one in several):
        raise Malformed(f"`{name}` must be a text or a list of them")
    return several


def amount(fields: Fields, name: str) -> int | None:
    """Return a field that is a whole number from 1 on, or None where it is not there."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise Malformed(f"`{name}` must be a whole number from 1 on, not {value!r}")
    return value


def stops(fields: Fields, name: str) -> list[str]:
    """Return a field that holds stop sequences: one, several or none."""
    return texts(fields, name) if fields.get(name) else []
