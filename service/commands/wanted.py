"""What a creation or an update sends, as the log may tell it: path to value, masked; and whether it shows. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from events.catalogue.acts import Intended
from service.masking import MARK, Masker
from service.watch.track import Track
from statemachine.configuration import Scalar

_masker = Masker()  # what it masks is always the same; its seals, which are not, are dropped


def wanted_of(document: Mapping[str, Any]) -> dict[str, Scalar]:
    """Return the paths that a document names, each with its value or its mask; what is empty is wanted unset."""
    return dict(_flat(_masker.mask(dict(document)).document, ""))


def shows(intended: Intended, track: Track) -> bool:
    """Return whether an endpoint is as a creation or an update wants it, as far as anybody may read it.

    The paths are those of the watcher's sightings. A value that is masked cannot be compared, and one that is wanted
    unset may be set by the platform, as a revision is: both count as there.
    """
    sighting = track.endpoint.sighting
    if sighting is None or not track.endpoint.readable:
        return False
    there = sighting.configuration
    return all(there.get(path) == value for path, value in intended.wanted.items() if not _is_hidden(path, value))


def _is_hidden(path: str, value: Scalar) -> bool:
    return value is None or MARK in path or (isinstance(value, str) and MARK in value) or path == "name"


def _flat(value: Any, path: str) -> Iterator[tuple[str, Scalar]]:
    match value:
        case dict() if value:
            for key, item in value.items():
                yield from _flat(item, f"{path}.{key}" if path else str(key))
        case list() if any(isinstance(item, dict | list) for item in value):
            for at, item in enumerate(value):
                yield from _flat(item, f"{path}.{at}")
        case list() if value:
            members = [str(item) for item in value]
            yield path, ", ".join(sorted(members) if path == "tags" else members)
        case dict() | list():
            if path:
                yield path, None
        case _:
            yield path, value
