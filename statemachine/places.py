"""Where everything stands on the drawing: a place for each status, and a way for each pair that an arrow joins.

`absent` and `paused` are bars over and under all others, because nearly every status leads to both; each of the others
has a column of its own, so that its way to the bars is a straight line that meets no other box.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from statemachine.status import Status
from statemachine.table import (
    ABSENT,
    FAILED,
    INITIALIZING,
    PAUSED,
    PENDING,
    RUNNING,
    SCALED_TO_ZERO,
    UPDATE_FAILED,
    UPDATING,
)

Point = tuple[int, int]
Anchor = Literal["start", "middle", "end"]

WIDTH, HEIGHT = 1880, 830


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, by its middle."""

    x: int
    y: int
    width: int = 130
    height: int = 40

    @property
    def left(self) -> int:
        """Return where it begins from the left."""
        return self.x - self.width // 2

    @property
    def top(self) -> int:
        """Return where it begins from above."""
        return self.y - self.height // 2

    @property
    def bottom(self) -> int:
        """Return where it ends below."""
        return self.top + self.height


@dataclass(frozen=True, slots=True)
class Route:
    """The way of an edge, bend by bend, and where the first line of its label stands; further lines stand below."""

    points: tuple[Point, ...]
    label: Point
    anchor: Anchor = "middle"


BOXES: Mapping[Status, Box] = MappingProxyType(
    {
        ABSENT: Box(940, 50, width=1800),
        SCALED_TO_ZERO: Box(670, 210),
        PENDING: Box(210, 330),
        INITIALIZING: Box(450, 330),
        RUNNING: Box(900, 330),
        UPDATING: Box(1370, 330),
        UPDATE_FAILED: Box(1620, 330),
        FAILED: Box(1130, 470),
        PAUSED: Box(940, 650, width=1800),
    }
)


def _straight(source: Status, target: Status, x: int, label_y: int, anchor: Anchor = "start") -> Route:
    """Return a way straight up or down, its label beside it."""
    start, end = BOXES[source], BOXES[target]
    down = start.y < end.y
    points = ((x, start.bottom if down else start.top), (x, end.top if down else end.bottom))
    return Route(points, (x + 7 if anchor == "start" else x - 7, label_y), anchor)


def _columns(bar: Status, label_y: int, columns: Mapping[Status, int]) -> dict[tuple[Status, Status], Route]:
    """Return the ways of all that lead to a bar, each in its column."""
    return {(status, bar): _straight(status, bar, x, label_y) for status, x in columns.items()}


ROUTES: Mapping[tuple[Status, Status], Route] = MappingProxyType(
    {
        # between a bar and what stands under or over it
        (ABSENT, PENDING): _straight(ABSENT, PENDING, 165, 115, "end"),
        **_columns(
            ABSENT,
            115,
            {
                PENDING: 210,
                INITIALIZING: 450,
                SCALED_TO_ZERO: 670,
                RUNNING: 920,
                FAILED: 1130,
                UPDATING: 1370,
                UPDATE_FAILED: 1620,
                PAUSED: 1800,
            },
        ),
        **_columns(
            PAUSED,
            570,
            {
                PENDING: 185,
                INITIALIZING: 435,
                SCALED_TO_ZERO: 670,
                RUNNING: 890,
                FAILED: 1130,
                UPDATING: 1390,
                UPDATE_FAILED: 1620,
            },
        ),
        (PAUSED, PENDING): _straight(PAUSED, PENDING, 160, 605, "end"),
        (PAUSED, INITIALIZING): _straight(PAUSED, INITIALIZING, 410, 605, "end"),
        # the row in the middle
        (PENDING, INITIALIZING): Route(((275, 330), (385, 330)), (330, 322)),
        (INITIALIZING, RUNNING): Route(((515, 330), (835, 330)), (590, 322)),
        (RUNNING, UPDATING): Route(((965, 320), (1305, 320)), (1040, 312)),
        (UPDATING, RUNNING): Route(((1305, 340), (965, 340)), (1040, 357)),
        (UPDATING, UPDATE_FAILED): Route(((1435, 320), (1555, 320)), (1495, 312)),
        (UPDATE_FAILED, UPDATING): Route(((1555, 340), (1435, 340)), (1495, 357)),
        (RUNNING, PENDING): Route(((860, 350), (860, 390), (260, 390), (260, 350)), (590, 382)),
        # to zero, and awake again
        (RUNNING, SCALED_TO_ZERO): Route(((870, 310), (870, 210), (735, 210)), (800, 186)),
        (SCALED_TO_ZERO, PENDING): Route(((605, 200), (255, 200), (255, 310)), (350, 176)),
        (SCALED_TO_ZERO, INITIALIZING): Route(((605, 220), (490, 220), (490, 310)), (550, 237)),
        # into failure, and out of it
        (PENDING, FAILED): Route(((235, 350), (235, 482), (1065, 482)), (590, 474)),
        (INITIALIZING, FAILED): Route(((490, 350), (490, 458), (1065, 458)), (590, 450)),
        (RUNNING, FAILED): Route(((930, 350), (930, 400), (1100, 400), (1100, 450)), (1015, 392)),
        (FAILED, PENDING): Route(((1090, 490), (1090, 520), (210, 520), (210, 350)), (590, 512)),
        (FAILED, UPDATING): Route(((1195, 470), (1340, 470), (1340, 350)), (1265, 462)),
        # from a status to itself
        (PENDING, PENDING): Route(((145, 320), (115, 320), (115, 340), (145, 340)), (108, 334), "end"),
        (INITIALIZING, INITIALIZING): Route(((400, 310), (400, 290), (420, 290), (420, 310)), (410, 282)),
        (SCALED_TO_ZERO, SCALED_TO_ZERO): Route(((620, 190), (620, 170), (640, 170), (640, 190)), (630, 162)),
        (UPDATING, UPDATING): Route(((1320, 310), (1320, 290), (1340, 290), (1340, 310)), (1330, 282)),
        (PAUSED, PAUSED): Route(((100, 670), (100, 692), (130, 692), (130, 670)), (140, 692), "start"),
    }
)
