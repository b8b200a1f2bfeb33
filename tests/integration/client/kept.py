"""The places of a document that keep their values, as docs/clients.md lists them."""

from collections.abc import Iterator, Mapping
from typing import Any

from service.masking.documents import ALLOWED


def kept() -> str:
    """Return the list as it stands in the document."""
    lines = [f"- `{key}`: {_said(value)}" if _inner(value) else f"- `{key}`" for key, value in ALLOWED.items()]
    return "\n".join(lines) + "\n"


def _inner(value: Any) -> bool:
    return isinstance(value, Mapping)


def _said(value: Mapping[str, Any]) -> str:
    return ", ".join(f"`{path}`" for path in _paths(value))


def _paths(value: Mapping[str, Any]) -> Iterator[str]:
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            yield from (f"{key}.{path}" for path in _paths(inner))
        else:
            yield key
