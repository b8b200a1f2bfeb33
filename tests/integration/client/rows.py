"""Every method and parameter of the official class and functions: from their signatures, so that none is missed."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import huggingface_hub
from huggingface_hub import HfApi

from service.client.endpoints import InferenceEndpoints
from service.endpoint import InferenceEndpoint
from service.huggingface.keywords import Terms, Update

WHOLE = "·"  # the row of the method itself
CLASS = "InferenceEndpoint"
NONE = "·"


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """One parameter, or a method itself, or a field."""

    method: str
    parameter: str = WHOLE

    def __str__(self) -> str:
        return f"{self.method}({'' if self.parameter == WHOLE else self.parameter})"


def official() -> dict[Row, str]:
    """Return each row of the newest release, with how the parameter may be given."""
    found = {
        Row(f"{CLASS}.{one.name}"): "field" for one in fields(huggingface_hub.InferenceEndpoint) if shown(one.name)
    }
    for name, member in public(huggingface_hub.InferenceEndpoint):
        found |= _rows(f"{CLASS}.{name}", member)
    for name, member in public(HfApi):
        if "inference_endpoint" in name or "inference_catalog" in name:
            found |= _rows(name, member)
    return found


def ours() -> dict[Row, str]:
    """Return the same of our class and functions; keywords that a TypedDict names are parameters as all others."""
    found = {Row(f"{CLASS}.{one.name}"): "field" for one in fields(InferenceEndpoint) if shown(one.name)}
    for name, member in public(InferenceEndpoint):
        found |= _rows(f"{CLASS}.{name}", member)
    for name, member in public(InferenceEndpoints):
        if "inference_endpoint" in name:
            found |= _rows(name, member)
    return found


def shown(name: str) -> bool:
    return not name.startswith("_")


def public(owner: type) -> Iterator[tuple[str, Any]]:
    """Yield the methods and properties of a class that are for its users."""
    for name, member in inspect.getmembers(owner):
        if shown(name) and (inspect.isroutine(member) or isinstance(member, property)):
            yield name, member


def _rows(method: str, member: Any) -> dict[Row, str]:
    if isinstance(member, property):
        return {Row(method): "property"}
    found = {Row(method): "method" if method.startswith(CLASS) else "function"}
    for parameter in inspect.signature(member).parameters.values():
        if parameter.name == "self":
            continue
        if parameter.kind is parameter.VAR_KEYWORD:
            found |= _keywords(method)
        elif parameter.default is parameter.empty:
            found[Row(method, parameter.name)] = "required"
        else:
            found[Row(method, parameter.name)] = f"= {_shown_default(parameter.default)}"
    return found


def _keywords(method: str) -> dict[Row, str]:
    """Return the keywords that a method takes as they are sent: left out, they are not sent."""
    terms: Any = Terms if method.startswith("create") else Update
    return {
        Row(method, keyword): "required" if keyword in terms.__required_keys__ else "optional"
        for keyword in terms.__annotations__
    }


def _shown_default(default: Any) -> str:
    return repr(getattr(default, "value", default))


def table(differences: dict[Row, str]) -> str:
    """Return the table as it stands in the document."""
    theirs, own = official(), ours()
    lines = ["| method | parameter | official | ours | difference |", "|---|---|---|---|---|"]
    for row in [*theirs, *sorted(own.keys() - theirs.keys())]:
        parameter = row.parameter if row.parameter == WHOLE else f"`{row.parameter}`"
        cells = (f"`{row.method}`", parameter, theirs.get(row, NONE), own.get(row, NONE), differences.get(row, NONE))
        lines.append("| {} |".format(" | ".join(cells)))
    return "\n".join(lines) + "\n"
