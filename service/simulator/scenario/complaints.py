"""How a table that breaks its terms is told: each place with what is allowed there."""

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError


def complaints(error: ValidationError, table: type[BaseModel], *, whole: str) -> list[str]:
    """Return a line for each fault; `whole` is what the table itself is called."""
    return [f"{_place(item['loc']) or whole}: {_complaint(item, table)}" for item in error.errors()]


def _place(loc: tuple[int | str, ...]) -> str:
    """Write a place as `endpoints[2].state`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).removeprefix(".")


def _complaint(error: Mapping[str, Any], table: type[BaseModel]) -> str:
    if error["type"] == "extra_forbidden":
        return f"there is no such key; known are {', '.join(_table(table, error['loc']).model_fields)}"
    said = str(error["msg"]).removeprefix("Value error, ")
    return said if error["type"] in {"value_error", "missing"} else f"{said}, not {error['input']!r}"


def _table(table: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel]:
    """Return the table in which a place lies; numbers and names in between lead no deeper."""
    for part in loc[:-1]:
        if isinstance(part, str) and part in table.model_fields:
            table = _model(table.model_fields[part].annotation) or table
    return table


def _model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model, get_args(annotation))), None)
