"""The promises of the board, over every store."""

import pytest

from events.errors import LogUnusable
from events.log import EventLog
from tests.contract.disks import Disk


async def test_a_row_that_was_put_is_there_after_a_crash(disk: Disk) -> None:
    log = await disk.open()
    await log.board.put("freshness", {"acme": b"12:00", "umbrella": b"12:01"})

    await disk.crash(log)
    log = await disk.open()

    assert await log.board.get("freshness", "acme") == b"12:00"
    assert await log.board.scan("freshness") == {"acme": b"12:00", "umbrella": b"12:01"}
    await disk.crash(log)


async def test_a_row_is_replaced_and_taken_away(log: EventLog) -> None:
    await log.board.put("freshness", {"acme": b"12:00", "umbrella": b"12:00"})
    await log.board.put("freshness", {"acme": b"12:15", "umbrella": None, "never there": None})

    assert await log.board.scan("freshness") == {"acme": b"12:15"}
    assert await log.board.get("freshness", "umbrella") is None


async def test_kinds_do_not_see_each_other(log: EventLog) -> None:
    await log.board.put("freshness", {"acme": b"12:00"})

    assert await log.board.get("document", "acme") is None
    assert await log.board.scan("document") == {}


async def test_rows_are_bytes_of_any_kind(log: EventLog) -> None:
    rows = {"empty": b"", "binary": bytes(range(256)), "ünï/code": b"x"}

    await log.board.put("document", rows)

    assert await log.board.scan("document") == rows


async def test_what_the_caller_does_to_its_rows_later_is_not_seen(log: EventLog) -> None:
    rows: dict[str, bytes | None] = {"acme": b"12:00"}
    await log.board.put("freshness", rows)
    rows["acme"] = b"later"
    (await log.board.scan("freshness"))["acme"] = b"mine"

    assert await log.board.get("freshness", "acme") == b"12:00"


async def test_the_board_is_no_part_of_the_log(log: EventLog) -> None:
    await log.board.put("freshness", {"acme": b"12:00"})

    assert await log.head() == 0


async def test_the_board_of_a_closed_log_says_so(disk: Disk) -> None:
    log = await disk.open()
    board = log.board
    await log.close()

    with pytest.raises(LogUnusable, match="closed"):
        await board.put("freshness", {"acme": b"12:00"})
    with pytest.raises(LogUnusable, match="closed"):
        await board.scan("freshness")
