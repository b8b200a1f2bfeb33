"""A hold stands in the log with why: whoever wonders reads it."""

from pathlib import Path

import pytest

from tests.unit.web.hands import make_parts, served


@pytest.mark.parametrize("reason", ["", "  ", "\t\n", "\u200b"])
async def test_a_reason_that_says_nothing_is_refused_and_nothing_is_held(tmp_path: Path, reason: str) -> None:
    parts = make_parts(tmp_path)
    async with served(parts) as caller:
        body = {"for": "2h", "reason": reason}
        refused = await caller.json("POST", "/api/hold", token=True, code=422, json=body)
        assert await parts.log.head() == 0

    assert "the reason is blank" in refused["error"]


async def test_a_reason_may_be_left_out(tmp_path: Path) -> None:
    async with served(make_parts(tmp_path)) as caller:
        placed = await caller.json("POST", "/api/hold", token=True, code=201, json={"for": "2h"})

    assert placed["reason"] == "no reason given"


async def test_a_hold_on_everything_is_part_of_the_plan(tmp_path: Path) -> None:
    async with served(make_parts(tmp_path)) as caller:
        before = await caller.json("GET", "/api/plan")
        body = {"for": "2h", "reason": "freeze"}
        placed = await caller.json("POST", "/api/hold", token=True, code=201, json=body)
        plan = await caller.json("GET", "/api/plan")

    assert before["holds"] == []
    assert plan["holds"] == [placed]
