"""The drawing: everything is on it, and nothing lies on anything else."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import pytest

from statemachine.drawing import svg
from statemachine.machine import TABLE, Arrow, By, Trigger
from statemachine.places import BOXES, HEIGHT, ROUTES, WIDTH, Box, Point, Route
from statemachine.status import Status

SVG = "{http://www.w3.org/2000/svg}"
LETTER = 7.4  # a letter's width is 0.6 of its height in nearly every monospaced font; this is a little more
PAIRS = {(arrow.source, arrow.target) for arrow in TABLE}


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle on the drawing, and what it is."""

    what: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Area") -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


def drawing(table: tuple[Arrow, ...] = TABLE) -> ET.Element:
    return ET.fromstring(svg(table))  # noqa: S314  # our own text


def texts() -> list[Area]:
    return [text_area(text) for text in drawing().iter(f"{SVG}text")]


def text_area(text: ET.Element) -> Area:
    words, x, y = text.text or "", float(text.attrib["x"]), float(text.attrib["y"])
    width = len(words) * LETTER
    anchor = "middle" if text.get("class") == "status" else text.get("text-anchor", "start")
    left = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
    return Area(f"{words} at {x:g},{y:g}", left, y - 10, left + width, y + 3)


def box_area(status: Status, box: Box) -> Area:
    return Area(status, box.left, box.top, box.left + box.width, box.bottom)


def segments(pair: tuple[Status, Status], route: Route) -> Iterator[Area]:
    for (x1, y1), (x2, y2) in pairwise(route.points):
        name = f"{pair[0]} → {pair[1]}"
        yield Area(name, min(x1, x2) - 0.5, min(y1, y2) - 0.5, max(x1, x2) + 0.5, max(y1, y2) + 0.5)


def lines() -> list[Area]:
    return [segment for pair, route in ROUTES.items() for segment in segments(pair, route)]


def overlaps(areas: list[Area]) -> list[tuple[str, str]]:
    return [(one.what, other.what) for one, other in combinations(areas, 2) if one.meets(other)]


def lies_on_the_edge_of(box: Box, point: Point) -> bool:
    x, y = point
    inside = box.left <= x <= box.left + box.width and box.top <= y <= box.bottom
    return inside and (x in {box.left, box.left + box.width} or y in {box.top, box.bottom})


def test_every_status_has_a_box_and_every_pair_with_an_arrow_has_one_edge() -> None:
    assert set(BOXES) == set(Status)
    assert set(ROUTES) == PAIRS
    edges = [path for path in drawing().iter(f"{SVG}path") if "edge" in path.get("class", "")]
    assert len(edges) == len(PAIRS) + 1  # and one in the legend


def test_every_arrow_is_a_label_in_the_colour_of_whoever_pulls_it_and_with_a_sign_if_it_is_not_certain() -> None:
    labels = sorted((text.text, text.get("class")) for text in drawing().iter(f"{SVG}text") if text.get("text-anchor"))

    assert labels == sorted((arrow.trigger + ("" if arrow.certain else "?"), str(arrow.by)) for arrow in TABLE)


@pytest.mark.parametrize("pair", sorted(PAIRS))
def test_an_edge_is_dashed_if_nothing_on_it_is_certain(pair: tuple[Status, Status]) -> None:
    arrows = tuple(arrow for arrow in TABLE if (arrow.source, arrow.target) == pair)

    (edge, _legend) = [path for path in drawing(arrows).iter(f"{SVG}path") if "edge" in path.get("class", "")]

    assert ("uncertain" in edge.attrib["class"]) is not any(arrow.certain for arrow in arrows)


@pytest.mark.parametrize(("source", "target"), ROUTES)
def test_an_edge_begins_and_ends_at_its_boxes_in_straight_lines(source: Status, target: Status) -> None:
    points = ROUTES[source, target].points

    assert lies_on_the_edge_of(BOXES[source], points[0])
    assert lies_on_the_edge_of(BOXES[target], points[-1])
    assert all(x1 == x2 or y1 == y2 for (x1, y1), (x2, y2) in pairwise(points))


def test_no_text_lies_on_another_or_off_the_drawing() -> None:
    assert overlaps(texts()) == []
    assert [text for text in texts() if text.left < 0 or text.right > WIDTH or text.bottom > HEIGHT] == []


def test_no_text_lies_on_an_edge() -> None:
    assert [(text.what, line.what) for text in texts() for line in lines() if text.meets(line)] == []


def test_no_label_lies_on_a_box() -> None:
    boxes = [box_area(status, box) for status, box in BOXES.items()]
    labels = [text for text in texts() if text.what.split()[0] not in set(Status)]

    assert [(text.what, box.what) for text in labels for box in boxes if text.meets(box)] == []


def test_no_edge_goes_through_a_box() -> None:
    within = [Area(s, b.left + 1, b.top + 1, b.left + b.width - 1, b.bottom - 1) for s, b in BOXES.items()]

    assert [(line.what, box.what) for line in lines() for box in within if line.meets(box)] == []


def test_no_two_edges_run_along_each_other() -> None:
    upright = [line for line in lines() if line.right - line.left <= 1]
    level = [line for line in lines() if line.bottom - line.top <= 1]

    assert overlaps(upright) == []
    assert overlaps(level) == []


def test_the_check_catches_a_label_that_was_moved_onto_another() -> None:
    first, second, *_ = texts()

    moved = Area("moved", first.left + 3, first.top + 3, first.right + 3, first.bottom + 3)

    assert overlaps([first, moved, second]) == [(first.what, "moved")]


def test_an_arrow_without_a_way_on_the_drawing_is_named_with_what_to_do() -> None:
    stray = Arrow(Status.FAILED, Status.RUNNING, Trigger.BECOME_READY, By.PLATFORM, "none")

    with pytest.raises(LookupError, match=r"no way from failed to running .* statemachine/places\.py"):
        svg((*TABLE, stray))
