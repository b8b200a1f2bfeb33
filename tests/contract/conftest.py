"""The same contract for every store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from events.log import KeptLog
from tests.contract.disks import DISKS, Disk


@pytest.fixture(params=list(DISKS))
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Disk:
    return DISKS[request.param](tmp_path)


@pytest.fixture
async def log(disk: Disk) -> AsyncIterator[KeptLog]:
    opened = await disk.open()
    yield opened
    await disk.crash(opened)


@pytest.fixture(params=list(DISKS))
def other_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Disk:
    folder = tmp_path / "other"
    folder.mkdir()
    return DISKS[request.param](folder)


@pytest.fixture
async def other(other_disk: Disk) -> AsyncIterator[KeptLog]:
    opened = await other_disk.open()
    yield opened
    await other_disk.crash(opened)
