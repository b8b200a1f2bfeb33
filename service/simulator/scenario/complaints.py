"""How a table that breaks its terms is told: each place with what is allowed there."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from service.knownkeys import unknown_key


def complaints(error: ValidationError, table: type[BaseModel], *, whole: str) -> list[str]:
    """Return a line for each fault; `whole` is what the table itself is called."""
    return [f"{_place(item['loc']) or whole}: {_complaint(item, table)}" for item in error.errors()]


def _place(loc: tuple[int | str, ...]) -> str:
    """Write a place as `endpoints[2].state`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).removeprefix(".")


def _complaint(error: Mapping[str, Any], table: type[BaseModel]) -> str:
    if error["type"] == "extra_forbidden":
        return unknown_key(table, error["loc"])
    said = str(error["msg"]).removeprefix("Value error, ")
    return said if error["type"] in {"value_error", "missing"} else f"{said}, not {error['input']!r}"
