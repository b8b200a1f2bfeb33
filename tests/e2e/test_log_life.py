"""The life of a log: copied while a daemon writes to it, restored, and killed in the middle of every step of that."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from events.record import Recorded
from events.sqlite import SqliteLog, open_readonly
from events.transfer.copies import Copy
from events.transfer.outgoing import outgoing
from events.unit import CursorMove, Unit
from tests.contract.disks import added, draft, unit
from tests.e2e import logbook
from tests.e2e.daemons import Daemon
from tests.e2e.hub import Hub
from tests.e2e.processes import Machine, wait_until

EVENTS = 3000
LIFE = "endpoint/acme/tgi/2026-11-20T12:00:00.000000Z"


def make(path: Path) -> None:
    """Make a log that takes a while to be read."""

    async def fill() -> None:
        log = await SqliteLog.open(path, holder="a test")
        await added(log, unit(LIFE, 0, *(draft(f"{number} {'x' * 400}") for number in range(EVENTS))))
        await log.append([Unit(cursor=CursorMove(name="alerts", old=0, new=EVENTS))])
        await log.close()

    asyncio.run(fill())


def proven(path: Path) -> str:
    """Work the whole chain out anew, and return the head."""

    async def walk() -> str:
        log = await open_readonly(path)
        copy = await outgoing(log)
        async for _ in copy.events:
            pass
        await log.close()
        return f"{copy.heading.last}:{copy.heading.hash}"

    return asyncio.run(walk())


def position(path: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as con:
            found: int = con.execute("SELECT position FROM head").fetchone()[0]
            return found
    except sqlite3.Error:
        return 0


def files(path: Path) -> list[Path]:
    """Return the files that a log tells of: one that was left over by a kill may lie beside them."""
    with closing(sqlite3.connect(path)) as con:
        return [Path(row[0]) for row in con.execute("SELECT path FROM segments ORDER BY first")]


def alerts_read(path: Path) -> int:
    """Return up to where the alerts have read a log, as far as it says so."""
    with closing(sqlite3.connect(path)) as con:
        row = con.execute("SELECT position FROM cursors WHERE name = 'alerts'").fetchone()
        return 0 if row is None else int(row[0])


def recorded_in(path: Path) -> list[Recorded]:
    return [event.recorded for event in Copy(path).events()]


def killed(machine: Machine, condition: Callable[[], object], *words: str) -> bool:
    """Start a command and kill it as soon as something is so; return whether it was killed before its end."""
    process = machine.start(*words)
    wait_until(lambda: condition() or not process.alive, 30, why=lambda: str(process))
    if process.alive:
        process.child.kill()
    return process.child.wait() != 0


ROUNDS = [1, pytest.param(30, marks=pytest.mark.slow)]


@pytest.mark.parametrize("rounds", ROUNDS)
def test_an_import_that_is_killed_again_and_again_comes_to_the_same_head(machine: Machine, rounds: int) -> None:
    chance, source, target = Random(rounds), machine.home / "a.db", machine.home / "b.db"
    make(source)
    machine.run("log", "export", "--log", f"sqlite:///{source}", "--to", str(machine.home / "a.jsonl"))
    words = ("log", "import", str(machine.home / "a.jsonl"), "--log", f"sqlite:///{target}")

    for _ in range(rounds):
        least = position(target) + chance.randrange(1, EVENTS // rounds)
        killed(machine, lambda least=least: position(target) >= least, *words)  # type: ignore[misc]
        if position(target):
            proven(target)
    told = machine.run(*words)

    assert told.code == 0, told
    assert proven(target) == proven(source)


@pytest.mark.parametrize("rounds", ROUNDS)
def test_an_archive_that_is_killed_leaves_every_event_in_the_log_or_in_a_file(machine: Machine, rounds: int) -> None:
    chance, log, shelf = Random(rounds), machine.home / "a.db", machine.home / "shelf"
    make(log)
    before = logbook.read(log)
    words = ("log", "archive", "--to", str(shelf), "--log", f"sqlite:///{log}", "--before")
    cut = 1

    for _ in range(rounds):
        cut += EVENTS // (rounds + 1)
        sign = chance.choice(["*.part", f"*-{cut - 1}.jsonl.gz"])
        killed(machine, lambda sign=sign: list(shelf.glob(sign)), *words, str(cut))  # type: ignore[misc]
        assert proven(log).startswith(f"{position(log)}:")
    told = machine.run(*words, str(cut))

    assert told.code == 0, told
    kept = [(entry.position, entry.id) for entry in logbook.read(log)]
    filed = [(recorded.position, recorded.id) for path in files(log) for recorded in recorded_in(path)]
    assert kept[0][0] == cut
    assert (filed + kept)[:EVENTS] == [(entry.position, entry.id) for entry in before]
    assert [place for place, _ in filed + kept] == list(range(1, position(log) + 1))


def test_a_backup_that_is_killed_leaves_no_file_of_that_name(machine: Machine) -> None:
    log, copy = machine.home / "a.db", machine.home / "copy.db"
    make(log)
    words = ("log", "backup", "--log", f"sqlite:///{log}", "--to", str(copy))

    assert killed(machine, lambda: list(machine.home.glob("copy.db.part")), *words)
    assert not copy.exists()
    told = machine.run(*words)

    assert told.code == 0, told
    assert proven(copy) == proven(log)
    assert sorted(path.name for path in machine.home.glob("copy.db*")) == ["copy.db"]


def test_a_log_is_copied_while_its_daemon_writes_and_a_daemon_goes_on_from_the_copy(
    machine: Machine, hub: Hub, daemon: Daemon
) -> None:
    daemon.configure()
    for number in range(5):
        hub.create(f"acme/chat-{number}")
    daemon.start()
    daemon.until_recorded("endpoint.discovered", count=5)

    for number in range(5, 8):  # so that it writes all the while
        hub.create(f"acme/chat-{number}")
    exported = machine.run("log", "export", "--log", f"sqlite:///{daemon.log}", "--to", "a.jsonl")
    backed_up = machine.run("log", "backup", "--log", f"sqlite:///{daemon.log}", "--to", "copy.db")
    imported = machine.run("log", "import", "a.jsonl", "--log", "sqlite:///other.db")
    daemon.until_recorded("endpoint.discovered", count=8)
    assert daemon.stop() == 0

    assert (exported.code, backed_up.code, imported.code) == (0, 0, 0), (exported, backed_up, imported)
    whole, copies = logbook.read(daemon.log), [machine.home / name for name in ("copy.db", "other.db")]
    for copy in copies:
        assert (copied := logbook.read(copy)) == whole[: len(copied)]
        assert proven(copy).startswith(f"{len(copied)}:")
    daemon.file.write_text(daemon.file.read_text().replace(str(daemon.log), str(copies[1])))
    process = daemon.start()
    read = process.until(lambda: alerts_read(copies[1]))
    assert daemon.stop() == 0
    after = logbook.read(copies[1])
    discovered = [entry.name for entry in logbook.of_type(after, "endpoint.discovered")]
    assert sorted(discovered) == [f"acme/chat-{number}" for number in range(8)]

    told = machine.run("log", "archive", "--before", str(read), "--to", "shelf", "--log", f"sqlite:///{copies[1]}")
    assert told.code == 0, told
    daemon.start()
    assert len(daemon.get("/api/endpoints").json["items"]) == 8
    assert daemon.stop() == 0
    kept = logbook.read(copies[1])
    assert kept[0].position == read
    new = [entry for entry in kept if entry.position > after[-1].position]
    assert logbook.of_type(new, "endpoint.discovered") == []
