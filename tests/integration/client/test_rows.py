"""Each method and parameter of the newest official release, against ours, on the simulator."""

import inspect

import huggingface_hub
import pytest

import service.endpoint
from service.endpoint import InferenceEndpoints
from tests.integration.client.cases import cases
from tests.integration.client.differences import DIFFERENCES
from tests.integration.client.page import PAGE, parts, written
from tests.integration.client.rows import Row, official, ours
from tests.integration.client.twins import Twins, twins

ROWS = sorted({**official(), **ours()})
SPEED = 1000.0  # of the worlds in which time passes


def sow(both: Twins) -> None:
    both.create("run", state="running", fate="ok")
    both.create("off", state="paused")
    both.create("start", start_seconds=100, fate="ok")
    both.create("stuck", fate="stuck")
    both.create("run", "acme", state="running")
    for world in (both.theirs, both.ours):
        world.faults.bad_tokens.add("hf_mallory")


@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_ours_does_what_the_official_client_does(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or something else, where the table says so."""
    shown = list(cases(row))
    for case in shown:
        async with twins(monkeypatch, speed=SPEED if case.moving else None) as both:
            sow(both)
            if case.moving:
                both.create("breaks", fate="fails", start_seconds=100)
            theirs, own = await both.official_does(case.theirs), await both.ours_does(case.ours)
            if case.moving:
                assert (theirs.error, theirs.code) == (own.error, own.code)
            else:
                assert own == theirs
                assert both.ours.history == both.theirs.history
                if row not in DIFFERENCES:
                    assert both.requests()[1] == both.requests()[0]
    if (difference := DIFFERENCES.get(row)) is not None:
        async with twins(monkeypatch, speed=SPEED if difference.moving else None) as both:
            sow(both)
            await difference.show(both)
    assert shown or difference, f"the official {row} has no case: add one to cases.py, or a difference with its reason"


def test_every_row_of_ours_that_the_official_client_has_not_is_told_as_a_difference() -> None:
    assert ours().keys() - official().keys() <= DIFFERENCES.keys()
    assert official().keys() - ours().keys() <= DIFFERENCES.keys()


@pytest.mark.parametrize("name", sorted({row.method for row in ours() if "." not in row.method}))
def test_each_function_of_the_module_is_that_of_the_front(name: str) -> None:
    own, front = (inspect.signature(getattr(owner, name)) for owner in (service.endpoint, InferenceEndpoints))

    assert list(own.parameters.values()) == list(front.parameters.values())[1:]
    assert inspect.iscoroutinefunction(getattr(service.endpoint, name))


@pytest.mark.parametrize("mark", parts())
def test_what_the_page_says_of_the_code_is_so(mark: str) -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert written(page, mark) == parts()[mark], "write it anew: python -m tests.integration.client.page"
    assert f"`huggingface_hub` {huggingface_hub.__version__}" in page
