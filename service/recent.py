"""What was kept last, so many at most: the one that was kept longest ago makes room for a new one."""

from collections import OrderedDict
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(OrderedDict[K, V]):
    """A mapping that forgets. Only `keep` counts as keeping: what is merely read grows no younger by that."""

    def __init__(self, most: int) -> None:
        """Nothing is kept yet."""
        super().__init__()
        self._most = most

    def keep(self, key: K, value: V) -> None:
        """Keep one more, as the newest, also if it was there."""
        self[key] = value
        self.move_to_end(key)
        while len(self) > self._most:
            self.popitem(last=False)
