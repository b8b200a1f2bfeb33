"""Run benchmarks by name: each is a module in `cases`, whose `measure()` yields its figures."""

import argparse
import sys
from importlib import import_module
from pathlib import Path

import msgspec

from tests.bench.cases import life
from tests.bench.figure import Figure

CASES = sorted(file.stem for file in (Path(__file__).parent / "cases").glob("[a-z]*.py"))


def main() -> int:
    """Measure what is asked for; exit with 1 when a figure is out of its reach."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("cases", nargs="+", choices=CASES, metavar="CASE", help=f"one of: {', '.join(CASES)}")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--events", type=int, help="of so many events, and not of 1,000,000: for a try of `life`")
    asked = parser.parse_args()
    cases = [import_module(f"tests.bench.cases.{name}") for name in asked.cases]
    if asked.events and cases != [life]:
        parser.error("--events is for the case life alone: the others are of what they say")
    missed = 0
    for case in cases:
        for figure in life.measure(asked.events) if asked.events else case.measure():
            sys.stdout.write(f"{tell(figure, as_json=asked.json)}\n")
            sys.stdout.flush()
            missed += figure.met is False
    return 1 if missed else 0


def tell(figure: Figure, *, as_json: bool) -> str:
    if as_json:
        return msgspec.json.encode(figure).decode()
    ratio = "" if figure.ratio is None else f"  {figure.ratio:8.2f} x {figure.against}"
    reach = "" if figure.met is None else f"  (reach {figure.reach}: {'met' if figure.met else 'MISSED'})"
    return f"{figure.name:44}{figure.value:12.2f} {figure.unit}{ratio}{reach}"


if __name__ == "__main__":
    sys.exit(main())
