"""How many wrong tokens are answered one by one, from one address and in all; the others are told to wait.

A right token is never held up by wrong ones, from wherever they come: behind one proxy, or on one machine, anybody
could else lock all others out. What keeps a guesser out is the length of the secrets; what is bounded here is what he
costs: lines in the log of the process, and memory.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

OF_ONE = 10  # wrong tokens from one address before it is told to wait
EACH_SECONDS = 6.0  # after which one more is answered
OF_ALL = 100
EACH_OF_ALL_SECONDS = 0.6
MOST_ADDRESSES = 1000  # that are remembered; the one that was quiet for longest is forgotten


@dataclass(slots=True)
class Bucket:
    """How much is left of a number that grows back with time, up to what it was."""

    most: float
    each_seconds: float
    left: float
    at: float

    def until(self, count: int, now: float) -> float:
        """Return 0 if there are so many, or after how many seconds there will be; take none."""
        return max(0.0, count - self._left(now)) * self.each_seconds

    def take(self, now: float) -> float:
        """Take one, if there is one; return 0, or after how many seconds there will be one."""
        seconds = self.until(1, now)
        self.left, self.at = self._left(now), now
        if not seconds:
            self.left -= 1.0
        return seconds

    def _left(self, now: float) -> float:
        return min(self.most, self.left + max(0.0, now - self.at) / self.each_seconds)


class Failures:
    """The wrong tokens that were shown lately; `now` is seconds of any clock that only goes forward."""

    def __init__(self) -> None:
        """None yet."""
        self._all = Bucket(OF_ALL, EACH_OF_ALL_SECONDS, OF_ALL, 0.0)
        self._of: OrderedDict[str, Bucket] = OrderedDict()

    def __len__(self) -> int:
        """Return how many addresses are remembered."""
        return len(self._of)

    def add(self, address: str, now: float) -> int | None:
        """Count one more; return None while it is answered as such, or after how many seconds to try again."""
        key = party(address)
        bucket = self._of.pop(key, None) or Bucket(OF_ONE, EACH_SECONDS, OF_ONE, now)
        self._of[key] = bucket
        if len(self._of) > MOST_ADDRESSES:
            self._of.popitem(last=False)
        return _whole(bucket.take(now) or self._all.take(now))

    def until(self, address: str, now: float, *, pending: int = 0) -> int | None:
        """Return None while one more would be answered, should `pending` others turn out wrong, too; else the seconds.

        For those that are not known to be wrong until they were asked about. An address that showed no wrong one lately
        is kept out by nobody else's.
        """
        bucket = self._of.get(party(address))
        if bucket is None:
            return None if pending < OF_ONE else _whole(EACH_SECONDS)
        return _whole(bucket.until(1 + pending, now) or self._all.until(1, now))


def _whole(seconds: float) -> int | None:
    return max(1, math.ceil(seconds)) if seconds else None


def party(address: str) -> str:
    """Return what one party holds of addresses: one of IPv4, and a /64 of IPv6."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(int(found) >> 64)
    return str(found)
