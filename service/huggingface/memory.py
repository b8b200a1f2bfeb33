"""What was read before: so that what did not change is not read again, and that a changed secret is noticed.

A document whose bytes are those of the last look gives the very same objects again. What is kept is masked; of the
bytes themselves, and of every hidden value, only a keyed hash.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import msgspec

from service.huggingface.document import Reading, read_document, read_name
from service.huggingface.pages import Page
from service.masking import Masker
from statemachine.model import EndpointName, Look, Sighting


@dataclass(slots=True, kw_only=True)
class _Sealed:
    """The hidden values of one life, at the latest look. `asked` is older where whole pages came again since."""

    created_at: datetime
    asked: float
    seals: Mapping[str, bytes]


class Listed(NamedTuple):
    """One document of a list, by the keyed hash of its bytes; no reading if not even its name can be told."""

    seal: bytes
    reading: Reading | None


class Memory:
    """Read documents, remembering the last readings; or, where it `keeps` nothing, each as if it were the first."""

    def __init__(self, masker: Masker, *, keeps: bool = True) -> None:
        self._masker = masker
        self._keeps = keeps
        self._readings: dict[str, dict[bytes, Reading]] = {}
        self._swept: dict[str, dict[int, Page[Listed]]] = {}  # the pages of the last sweep, by their identity
        self._looked: dict[EndpointName, tuple[bytes, Reading]] = {}
        self._sealed: dict[EndpointName, _Sealed] = {}

    def read_listed(self, raw: msgspec.Raw, namespace: str) -> Listed:
        """Read one document of a list."""
        seal = self._masker.seal(raw)
        reading = self._readings.get(namespace, {}).get(seal)
        if reading is None:
            name = read_name(raw, namespace)
            reading = None if name is None else read_document(raw, name, self._masker)
        return Listed(seal, reading)

    def read_one(self, raw: bytes, name: EndpointName) -> Reading:
        """Read the document of the endpoint that was asked for."""
        seal = self._masker.seal(raw)
        listed = self._readings.get(name.namespace, {}).get(seal)
        if listed is not None and listed.name == name:
            return listed
        before, reading = self._looked.get(name, (b"", None))
        if reading is None or before != seal:
            reading = read_document(raw, name, self._masker)
            if self._keeps:
                self._looked[name] = (seal, reading)
        return reading

    def came_again(self, namespace: str, page: Page[Listed]) -> bool:
        """Return whether the last sweep held this very page: then nothing on it changed, hidden values included."""
        return id(page) in self._swept.get(namespace, {})

    def keep(self, namespace: str, swept: Sequence[Page[Listed]]) -> None:
        """Remember the pages and readings of a whole sweep, and no older ones."""
        if not self._keeps:
            return
        pages = {id(page): page for page in swept}
        if pages.keys() != self._swept.get(namespace, {}).keys():
            self._readings[namespace] = {
                one.seal: one.reading for page in swept for one in page.items if one.reading is not None
            }
        self._swept[namespace] = pages

    def changed_secrets(self, reading: Reading, look: Look) -> tuple[str, ...]:
        """Return the paths whose hidden value differs from the latest look's, and remember this one.

        A look that was asked for before the latest one changes nothing and tells nothing; nor does the first look at
        a life.
        """
        if not isinstance(reading.content, Sighting) or not self._keeps:
            return ()
        last = self._sealed.get(reading.name)
        if last is not None and look.asked < last.asked:
            return ()
        if last is not None and last.seals is reading.seals:  # the very document of the last look
            last.asked = look.asked
            return ()
        created_at = reading.content.created_at
        self._sealed[reading.name] = _Sealed(created_at=created_at, asked=look.asked, seals=reading.seals)
        if last is None or last.created_at != created_at:
            return ()
        return tuple(path for path, seal in reading.seals.items() if last.seals.get(path, seal) != seal)

    def forget(self, name: EndpointName) -> None:
        """Drop what is known of an endpoint that is gone."""
        self._sealed.pop(name, None)
        self._looked.pop(name, None)
