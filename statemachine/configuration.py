"""The configuration of an endpoint, held small: of 100,000 endpoints nearly all have the same paths, and many values.

So the paths are one tuple for all that have the same, and of equal texts one is kept. What is shared is remembered in
caches that are bounded, and not by `sys.intern`: some versions of Python never forget a text that was interned, and a
daemon runs for years.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Self

Scalar = str | int | float | bool | None

LONGEST_SHARED = 256  # characters: a longer text is seldom met twice, and must not be kept for that


class Flattened(Mapping[str, Scalar]):
    """Dotted paths (`compute.scaling.maxReplica`) in their order, each with its value or its mask. Immutable.

    It equals any mapping that has the same items. A null is held as it came, and means the same as no such path.
    """

    __slots__ = ("_paths", "_values")

    def __init__(self, items: Mapping[str, Scalar] = MappingProxyType({})) -> None:
        """Hold these items."""
        self._paths = _shared_paths(tuple(sorted(items)))
        self._values = tuple(_shared(items[path]) for path in self._paths)

    def changed(self, changes: Mapping[str, Scalar]) -> Self:
        """Return the configuration after changes, path to new value; it has no nulls."""
        values = list(self._values)
        for path, value in changes.items():
            at = self._find(path)
            if at is None:
                break
            values[at] = _shared(value)
        else:
            if None not in values:
                return self._with(tuple(values))
        items = {**self.plain(), **changes}
        return type(self)({path: value for path, value in items.items() if value is not None})

    def _with(self, values: tuple[Scalar, ...]) -> Self:
        new = object.__new__(type(self))
        new._paths, new._values = self._paths, values
        return new

    def differing(self, other: Self) -> Iterator[tuple[str, Scalar, Scalar]]:
        """Yield each path whose value differs, in order, with both values; None is also for no such path."""
        rows: Iterable[tuple[str, Scalar, Scalar]]
        if self._paths is other._paths:
            rows = zip(self._paths, self._values, other._values, strict=True)
        else:
            own, others = self.plain(), other.plain()
            rows = ((path, own.get(path), others.get(path)) for path in sorted(own.keys() | others.keys()))
        return ((path, old, new) for path, old, new in rows if old != new)

    def plain(self) -> dict[str, Scalar]:
        """Return the items as a dict, quicker than `dict` would."""
        return dict(zip(self._paths, self._values, strict=True))

    def _find(self, path: str) -> int | None:
        at = bisect_left(self._paths, path)
        return at if at < len(self._paths) and self._paths[at] == path else None

    def __getitem__(self, path: str) -> Scalar:
        at = self._find(path)
        if at is None:
            raise KeyError(path)
        return self._values[at]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Flattened):
            same_paths = self._paths is other._paths or self._paths == other._paths
            return same_paths and self._values == other._values
        return self.plain() == other

    __hash__ = None  # type: ignore[assignment]  # no mapping that it may be equal to has one

    def __repr__(self) -> str:
        return f"Flattened({self.plain()})"


def _shared(value: Scalar) -> Scalar:
    return _shared_text(value) if isinstance(value, str) and len(value) <= LONGEST_SHARED else value


@lru_cache(maxsize=4096)
def _shared_text(text: str) -> str:
    """Return, of all texts that equal this one, the one that was asked for first."""
    return text


@lru_cache(maxsize=1024)
def _shared_paths(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return, of all paths that equal these, those that were asked for first."""
    return tuple(map(_shared_text, paths))
