"""Every mutant of the state machine: one small change of one file each, named by what it changes.

Whole files are mutated, so the data at the top of a module (the table, the facts, the goals) is, too. Not mutated are:

- docstrings, imports, annotations, and what only types see (`TypeVar`, names for types);
- the names to which something is bound;
- what only asserts: `case _` where the type checker proves that it is never reached, or that does nothing; and that two
  things are equally long (`strict=True`);
- `__all__`: that all in it exists, and whatever is imported from there stands in it, is what ruff and mypy check.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise
from pathlib import Path
from typing import ClassVar

import libcst as cst
import libcst.matchers as m
from libcst.metadata import MetadataWrapper, ProviderT, WhitespaceInclusivePositionProvider

from tests.mutation.operators import ASSERTED, mutated

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "statemachine"


def _names_a_type(node: cst.BaseExpression) -> bool:
    """Say whether an expression is a type: `Status | UnknownStatus | None`, `tuple[int, int]`, `Literal["start"]`."""
    if isinstance(node, cst.BinaryOperation):
        return isinstance(node.operator, cst.BitOr) and _names_a_type(node.left) and _names_a_type(node.right)
    if isinstance(node, cst.Subscript):
        return _names_a_type(node.value)
    return isinstance(node, cst.Name) and not node.value.isupper()


LEFT_ALONE = (
    m.Annotation()
    | m.Import()
    | m.ImportFrom()
    | m.AssignTarget()
    | m.OneOf(*ASSERTED)
    | m.Assign(value=m.Call(func=m.Name("TypeVar")))
    | m.Assign(value=m.MatchIfTrue(lambda node: not isinstance(node, cst.Name) and _names_a_type(node)))
    | m.Assign(targets=[m.AssignTarget(target=m.Name("__all__"))])
)


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Name:
    """What tells a mutant from all others, also when the code around it moves.

    `within`: the class and the function. `was`, `becomes`: the lines that differ, without their indentation; where the
    same lines stand there again, `place` counts them.
    """

    file: str
    within: str
    was: str
    becomes: str
    place: int = 1

    def __str__(self) -> str:
        """Return the change as a difference."""
        gone, come = (text.replace("\n", "\n      ") for text in (self.was, self.becomes))
        where = f"{self.within or 'the module'}{'' if self.place == 1 else f', place {self.place}'}"
        return f"{self.file}: {where}\n    - {gone}\n    + {come}"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A file of the state machine with one change in it; `code` is the whole file."""

    name: Name
    code: str = field(repr=False)

    @property
    def module(self) -> str:
        return self.name.file.removesuffix(".py").replace("/", ".")


def every_mutant(files: Collection[str] | None = None) -> list[Mutant]:
    """Return every mutant of every file, or of these, each change once, in the order of the text."""
    sources = {f"{path.relative_to(ROOT)}": path.read_text(encoding="utf-8") for path in sorted(PACKAGE.glob("*.py"))}
    modules = {file: cst.parse_module(source) for file, source in sources.items()}
    neighbours = dict(chain.from_iterable(map(_neighbours, modules.values())))
    asked = [(file, module) for file, module in modules.items() if files is None or file in files]
    return [mutant for file, module in asked for mutant in mutants_of(file, module, neighbours)]


def mutants_of(file: str, module: cst.Module, neighbours: Mapping[str, str]) -> list[Mutant]:
    """Return the mutants of one file; `neighbours` names another member for each member of an enumeration."""
    visitor = _Visitor(module, neighbours)
    MetadataWrapper(module, unsafe_skip_copy=True).visit(visitor)
    before: Counter[Name] = Counter()
    mutants = []
    for code, within in visitor.mutants.items():
        was, becomes = _difference(visitor.code, code)
        name = Name(file=file, within=within, was=was, becomes=becomes)
        before[name] += 1
        mutants.append(Mutant(replace(name, place=before[name]), code))
    return mutants


class _Visitor(cst.CSTVisitor):
    """Collects the code of every mutant, and within what it lies."""

    METADATA_DEPENDENCIES: ClassVar[Collection[ProviderT]] = (WhitespaceInclusivePositionProvider,)

    def __init__(self, module: cst.Module, neighbours: Mapping[str, str]) -> None:
        super().__init__()
        self.mutants: dict[str, str] = {}
        self.code = module.code  # written out once: it takes a while
        self._lines = self.code.splitlines(keepends=True)
        self._module, self._neighbours = module, neighbours
        self._within: list[str] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if m.matches(node, LEFT_ALONE):
            return False
        if isinstance(node, cst.ClassDef | cst.FunctionDef):
            self._within.append(node.name.value)
        for other in mutated(node, self._neighbours):
            code = self._with(node, other)
            if code != self.code:
                self.mutants.setdefault(code, ".".join(self._within))
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, cst.ClassDef | cst.FunctionDef):
            self._within.pop()

    def _with(self, node: cst.CSTNode, other: cst.CSTNode) -> str:
        """Return the code with another node in the place of one: text for text, which is a hundred times as fast."""
        if isinstance(node, cst.BaseCompoundStatement | cst.MatchCase):  # their indentation is not theirs
            return cst.ensure_type(self._module.deep_replace(node, other), cst.Module).code
        span = self.get_metadata(WhitespaceInclusivePositionProvider, node)
        first, last = self._lines[span.start.line - 1], self._lines[span.end.line - 1]
        before = "".join(self._lines[: span.start.line - 1]) + first[: span.start.column]
        after = last[span.end.column :] + "".join(self._lines[span.end.line :])
        return before + self._module.code_for_node(other) + after


def _difference(old: str, new: str) -> tuple[str, str]:
    """Return the lines that differ, without their indentation."""
    was, becomes = ([line.strip() for line in code.splitlines()] for code in (old, new))
    while was and becomes and was[0] == becomes[0]:
        was, becomes = was[1:], becomes[1:]
    while was and becomes and was[-1] == becomes[-1]:
        was, becomes = was[:-1], becomes[:-1]
    return "\n".join(was), "\n".join(becomes)


def _neighbours(module: cst.Module) -> Iterator[tuple[str, str]]:
    """Yield for each member of each enumeration in a file the name of the next, as `Status.RUNNING` and `UPDATING`."""
    for node in m.findall(module, m.ClassDef(bases=[m.Arg(value=m.Name("StrEnum"))])):
        found = m.findall(node, m.AssignTarget(target=m.Name()))
        members = [cst.ensure_type(cst.ensure_type(each, cst.AssignTarget).target, cst.Name).value for each in found]
        kind = cst.ensure_type(node, cst.ClassDef).name.value
        yield from ((f"{kind}.{one}", other) for one, other in pairwise([*members, *members[:1]]))
