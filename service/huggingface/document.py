"""From the bytes of one endpoint's document to what it means.

What matters is decoded strictly, into typed structs: a wrong type there makes the document unreadable, with a reason
that names the place and never a value. What is handed on is taken from the masked document alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from service.masking import MARK, Masker, fit_name
from statemachine.configuration import Flattened, Scalar
from statemachine.model import EndpointName, Sighting
from statemachine.status import read_status

_BROKEN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

_Text = Annotated[str, msgspec.Meta(min_length=1)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**31)]


class _Status(msgspec.Struct, rename="camel"):
    state: _Text
    created_at: str
    updated_at: str | None = None
    ready_replica: _Count | None = None
    target_replica: _Count | None = None
    url: str | None = None


class _Endpoint(msgspec.Struct):
    name: str
    status: _Status


class _Named(msgspec.Struct):
    name: str


class _Unreadable(Exception):
    """The document cannot be understood; the message names the place."""


_endpoint = msgspec.json.Decoder(_Endpoint)
_named = msgspec.json.Decoder(_Named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one document says: a sighting, or the reason why it cannot be understood; masked either way."""

    name: EndpointName
    content: Sighting | str
    document: bytes
    seals: Mapping[str, bytes]


def read_name(raw: bytes | msgspec.Raw, namespace: str) -> EndpointName | None:
    """Return whose document this is, or None if not even that can be told."""
    try:
        name = _named.decode(raw).name
    except _BROKEN:
        return None
    return EndpointName(namespace, name) if fit_name(name) else None


def read_document(raw: bytes | msgspec.Raw, name: EndpointName, masker: Masker) -> Reading:
    """Return what the document of the endpoint `name` says."""
    try:
        masked = masker.mask(msgspec.json.decode(raw))
        document = msgspec.json.encode(masked.document) if isinstance(masked.document, dict) else b"{}"
    except (*_BROKEN, OverflowError) as error:
        return Reading(name=name, content=f"not JSON ({type(error).__name__})", document=b"{}", seals={})
    try:
        content: Sighting | str = _sighting(_endpoint.decode(raw), name, masked.document)
    except msgspec.ValidationError as error:
        content = str(error)
    except (_Unreadable, *_BROKEN) as error:
        content = str(error) if isinstance(error, _Unreadable) else f"not JSON ({type(error).__name__})"
    return Reading(name=name, content=content, document=document, seals=masked.seals)


def read_instant(text: str, place: str) -> datetime:
    """Read an RFC 3339 time with any number of fractional digits; what is finer than a microsecond is cut off."""
    try:
        at = datetime.fromisoformat(text.upper())  # a small t and z are allowed
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _Unreadable(f"Expected an RFC 3339 time with an offset - at `{place}`")


def flatten(document: Mapping[str, Any]) -> Flattened:
    """Return the configuration as one value a path, for a difference that people can read.

    A list of plain values is one value, so that a member put in front does not shift all others. What is null or
    empty is left out: the API may as well not send it.
    """
    flat: dict[str, Scalar] = {}
    for key, value in document.items():
        if key not in {"name", "status"}:
            _flatten(value, key, flat)
    return Flattened(flat)


def _flatten(value: Any, path: str, flat: dict[str, Scalar]) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            _flatten(item, f"{path}.{key}", flat)
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for at, item in enumerate(value):
            _flatten(item, f"{path}.{at}", flat)
    elif isinstance(value, list):
        members = [str(item) for item in value]
        if members:  # the order of tags means nothing
            flat[path] = ", ".join(sorted(members) if path == "tags" else members)
    elif value is not None:
        flat[path] = value


def _sighting(endpoint: _Endpoint, name: EndpointName, masked: Mapping[str, Any]) -> Sighting:
    if endpoint.name != name.name:
        raise _Unreadable("Expected the name that was asked for - at `$.name`")
    status = endpoint.status
    shown = masked["status"]
    return Sighting(
        status=read_status(shown["state"]),
        created_at=read_instant(status.created_at, "$.status.createdAt"),
        updated_at=None if status.updated_at is None else read_instant(status.updated_at, "$.status.updatedAt"),
        created_by=_person(shown.get("createdBy")),
        updated_by=_person(shown.get("updatedBy")),
        ready_replicas=status.ready_replica,
        target_replicas=status.target_replica,
        url=None if shown.get("url") == MARK else shown.get("url"),
        message=_text(shown.get("errorMessage")) or _text(shown.get("message")),
        configuration=flatten(masked),
    )


def _person(shown: Any) -> str | None:
    """Return a person's id, or the name where there is no id."""
    return (_text(shown.get("id")) or _text(shown.get("name"))) if isinstance(shown, dict) else None


def _text(shown: Any) -> str | None:
    return shown if isinstance(shown, str) and shown else None
