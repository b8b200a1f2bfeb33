"""What a benchmark tells."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure; a ratio and against what, where there is a peer; the reach in words, and whether it was met."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
    against: str | None = None
    reach: str | None = None
    met: bool | None = None
