"""How code is mutated: the operators of mutmut, and those that this code needs beside them.

mutmut swaps operators, changes numbers and strings, drops arguments and cases, and forces both ways of a conditional
expression. It knows nothing of plain conditions, displays, members of an enumeration, extremes or the text of an
f-string, and of these the state machine is made.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

import libcst as cst
import libcst.matchers as m
from mutmut.mutation.mutators import mutation_operators

Operator = Callable[[cst.CSTNode], Iterable[cst.CSTNode]]
Display = cst.Tuple | cst.List | cst.Set | cst.Dict

# What only asserts: a case that the type checker proves is never reached, one that does nothing at the end of a match
# and makes it complete, and that two things are equally long.
ASSERTED = (
    m.MatchCase(
        pattern=m.MatchIfTrue(lambda pattern: isinstance(pattern, cst.MatchAs) and pattern.name is None),
        guard=None,
        body=m.IndentedBlock(body=[m.SimpleStatementLine(body=[m.Pass()])]),
    ),
    m.MatchCase(body=m.IndentedBlock(body=[m.SimpleStatementLine(body=[m.Expr(m.Call(func=m.Name("assert_never")))])])),
    m.Arg(keyword=m.Name("strict")),
)
OTHERWISE = {"min": "max", "max": "min", "any": "all", "all": "any"}


def mutated(node: cst.CSTNode, neighbours: Mapping[str, str]) -> Iterator[cst.CSTNode]:
    """Yield every mutant of one node; `neighbours` names another member for each member of an enumeration."""
    for kind, operator in mutation_operators:
        if isinstance(node, kind):
            yield from (other for other in operator(node) if not _lacks_assertion(node, other))
    for own in (_force_condition, _drop_guard, _drop_element, _swap_extremes, _change_text, _drop_statement):
        yield from own(node)
    yield from _swap_member(node, neighbours)


def _lacks_assertion(node: cst.CSTNode, other: cst.CSTNode) -> bool:
    kept = set(map(id, other.children))
    return any(id(child) not in kept and m.matches(child, m.OneOf(*ASSERTED)) for child in node.children)


def _force_condition(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Take a condition for true, and for false."""
    if isinstance(node, cst.If | cst.CompIf):
        for value in ("True", "False"):
            yield node.with_changes(test=cst.Name(value))


def _drop_guard(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Let a case match whatever its guard says."""
    if isinstance(node, cst.MatchCase) and node.guard is not None:
        yield node.with_changes(guard=None)


def _drop_element(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Leave one element of a display out."""
    if not isinstance(node, Display):
        return
    for place in range(len(node.elements)):
        kept = [*node.elements[:place], *node.elements[place + 1 :]]
        if isinstance(node, cst.Tuple) and len(kept) == 1:
            kept = [kept[0].with_changes(comma=cst.Comma())]
        if kept or not isinstance(node, cst.Set):
            yield node.with_changes(elements=kept)


def _swap_extremes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Take the greatest for the least, one for all, and one of two for the greatest of both."""
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Name) or node.func.value not in OTHERWISE:
        return
    yield node.with_changes(func=cst.Name(OTHERWISE[node.func.value]))
    if len(node.args) == 2 and not any(arg.keyword for arg in node.args):
        yield from (arg.value for arg in node.args)


def _change_text(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Change what stands between the fields of an f-string."""
    if isinstance(node, cst.FormattedStringText):
        yield node.with_changes(value=f"XX{node.value}XX")


def _drop_statement(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Leave out what is done for its effect: a call, or a yield."""
    if m.matches(node, m.Expr(value=m.Call() | m.Yield())):
        yield cst.Pass()


def _swap_member(node: cst.CSTNode, neighbours: Mapping[str, str]) -> Iterator[cst.CSTNode]:
    """Take another member of the same enumeration."""
    if isinstance(node, cst.Attribute) and isinstance(node.value, cst.Name):
        other = neighbours.get(f"{node.value.value}.{node.attr.value}")
        if other is not None:
            yield node.with_changes(attr=cst.Name(other))
