"""The table as a drawing: SVG, made here from fixed places, so that it needs no other program and is always the same.

One edge for each pair of statuses that an arrow joins, dashed if none of its triggers has certain evidence.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from statemachine.places import BOXES, HEIGHT, ROUTES, WIDTH, Box, Point, Route
from statemachine.status import FACTS, Status
from statemachine.table import TABLE, Arrow, between

LINE_HEIGHT = 15
CORNER = 8  # the radius of a bend
STYLE = """
  text { font: 12px "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #333; }
  .status { font-weight: bold; font-size: 14px; text-anchor: middle; }
  .box { fill: #f1f3f5; stroke: #555; stroke-width: 1.2; }
  .box.billed { fill: #ffe8b3; }
  .box.serves { stroke: #1b7f3b; stroke-width: 3; }
  .edge { fill: none; stroke: #555; stroke-width: 1.3; marker-end: url(#head); }
  .edge.uncertain { stroke-dasharray: 5 4; }
  .under { fill: none; stroke: #fff; stroke-width: 6; }
  .platform { fill: #1d5fa6; }
  .person { fill: #9a3412; }
  .request { fill: #7b2d9b; }
"""
HEAD = (
    '<marker id="head" viewBox="0 0 10 10" refX="10" refY="5" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M 0 1 L 10 5 L 0 9 z" fill="#555"/></marker>'
)


def svg(table: Iterable[Arrow] = TABLE) -> str:
    """Return the drawing. Raises LookupError for an arrow between two statuses that has no way on it."""
    edges = between(table)
    lines = [line for pair, arrows in edges.items() for line in _edge(_route(pair).points, arrows)]
    labels = [line for pair, arrows in edges.items() for line in _label(_route(pair), arrows)]
    boxes = [line for status in Status for line in _box(status, BOXES[status])]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            "<title>The statuses of an inference endpoint, and every step between them</title>",
            f"<style>{STYLE}</style>",
            f"<defs>{HEAD}</defs>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            *lines,
            *boxes,
            *labels,
            *_legend(),
            "</svg>",
        ]
    )


def _route(pair: tuple[Status, Status]) -> Route:
    try:
        return ROUTES[pair]
    except KeyError:
        source, target = pair
        raise LookupError(
            f"there is no way from {source} to {target} on the drawing: add one to statemachine/places.py"
        ) from None


def _edge(points: Sequence[Point], arrows: Sequence[Arrow]) -> list[str]:
    """Return the line of an edge, and a white one under it, which lets it cross over those drawn before."""
    way = _path(points)
    uncertain = "" if any(arrow.certain for arrow in arrows) else " uncertain"
    return [f'<path class="under" d="{way}"/>', f'<path class="edge{uncertain}" d="{way}"/>']


def _path(points: Sequence[Point]) -> str:
    """Return the way through points with its bends rounded."""
    bends = [
        f"L {_towards(bend, before)} Q {bend[0]} {bend[1]} {_towards(bend, after)}"
        for (before, bend), (_, after) in pairwise(pairwise(points))
    ]
    (start_x, start_y), (end_x, end_y) = points[0], points[-1]
    return " ".join([f"M {start_x} {start_y}", *bends, f"L {end_x} {end_y}"])


def _towards(bend: Point, other: Point) -> str:
    """Return the place a corner's radius away from a bend, on the line to another point."""
    across, down = other[0] - bend[0], other[1] - bend[1]
    return f"{bend[0] + max(-CORNER, min(CORNER, across))} {bend[1] + max(-CORNER, min(CORNER, down))}"


def _label(route: Route, arrows: Sequence[Arrow]) -> list[str]:
    """Return the triggers of an edge, one below the other, each in the colour of whoever pulls it."""
    x, y = route.label
    return [
        f'<text class="{arrow.by}" x="{x}" y="{y + number * LINE_HEIGHT}" text-anchor="{route.anchor}">'
        f"{arrow.trigger}{'' if arrow.certain else '?'}</text>"
        for number, arrow in enumerate(arrows)
    ]


def _box(status: Status, box: Box) -> list[str]:
    facts = FACTS[status]
    kind = " ".join(["box", *(["billed"] if facts.billed else []), *(["serves"] if facts.serves else [])])
    return [
        _rectangle(box, kind, round_=not facts.settled),
        f'<text class="status" x="{box.x}" y="{box.y + 5}">{status}</text>',
    ]


def _rectangle(box: Box, kind: str, *, round_: bool) -> str:
    radius = box.height // 2 if round_ else 3
    return (
        f'<rect class="{kind}" x="{box.left}" y="{box.top}" width="{box.width}" height="{box.height}" rx="{radius}"/>'
    )


def _legend() -> list[str]:
    """Return what the colours, the shapes and the dashes mean."""
    shapes = (
        ("box billed", False, "replicas cost money"),
        ("box", False, "nothing is billed"),
        ("box serves", False, "a request may be answered"),
        ("box", True, "passes by itself; square: stays until something acts"),
    )
    lines: list[str] = []
    for (kind, round_, text), x in zip(shapes, (60, 330, 600, 900), strict=True):
        lines += [
            _rectangle(Box(x, 750, width=40, height=20), kind, round_=round_),
            f'<text x="{x + 30}" y="754">{text}</text>',
        ]
    lines += [
        f'<text class="{by}" x="{x}" y="794">{text}</text>'
        for by, x, text in (
            ("platform", 40, "by the platform"),
            ("person", 200, "by a person or a program of theirs"),
            ("request", 490, "by an inference request"),
        )
    ]
    dashes = _edge(((720, 790), (780, 790)), ())
    return [*lines, *dashes, '<text x="790" y="794">and a ? : without certain evidence</text>']
