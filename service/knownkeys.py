"""Which keys a table knows: a complaint about one that it does not know names them, and saves a look at the manual."""

from typing import Any, get_args

from pydantic import BaseModel


def unknown_key(table: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    """Say that there is no such key at a place of a table, as pydantic names the place, and which there are."""
    known = (field.alias or name for name, field in _table(table, loc).model_fields.items())
    return f"there is no such key; known are {', '.join(known)}"


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
