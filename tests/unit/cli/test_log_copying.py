"""`lamplighter log export`, `import`, `backup` and `archive`, as a person meets them."""

import asyncio
import json
import tracemalloc
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path

import pytest

from events.anchor import Standing
from events.log import CopiedLog
from events.record import Sealed
from events.sqlite import SqliteLog, driver
from events.transfer import outgoing
from events.unit import CursorMove, Unit
from tests.contract.disks import added, append, draft, unit
from tests.unit.cli.hands import Run

LIFE = "endpoint/acme/tgi/2026-11-20T12:00:00.000000Z"
LONG = 20_000  # events


@pytest.fixture
def log(tmp_path: Path) -> str:
    """Return the URL of a log of five events, an hour apart."""

    async def fill() -> None:
        opened = await SqliteLog.open(tmp_path / "log.db", holder="a test")
        await added(opened, unit(LIFE, 0, *(draft(f"r{hour}", minutes=60 * hour) for hour in range(5))))
        await append(opened, Unit(cursor=CursorMove(name="alerts", old=0, new=4)))
        await opened.close()

    asyncio.run(fill())
    return f"sqlite:///{tmp_path}/log.db"


def head(path: Path) -> str:
    with closing(driver.connect(path, driver.MAKE)) as con:
        position, hash_ = con.execute("SELECT position, hash FROM head").fetchone()
    return f"{position}:{hash_.hex()}"


def test_an_export_goes_to_standard_output_a_cloudevent_a_line(lamplighter: Run, log: str) -> None:
    told = lamplighter("log", "export", "--log", log)

    assert told.code == 0
    heading, *events = [json.loads(line) for line in told.out.splitlines()]
    assert heading["data"]["last"] == 5
    assert [event["data"]["reason"] for event in events] == ["r0", "r1", "r2", "r3", "r4"]
    assert told.err == ""


def most(lamplighter: Run, folder: Path) -> int:
    """Return the most memory that was in use at once while a long log was exported."""
    path, file = folder / "long.db", folder / "long.jsonl"

    async def fill() -> None:
        opened = await SqliteLog.open(path, holder="a test")
        for first in range(0, LONG, 1000):
            await added(opened, unit(LIFE, first, *map(draft, map(str, range(first, first + 1000)))))
        await opened.close()

    asyncio.run(fill())
    tracemalloc.start()
    try:
        assert lamplighter("log", "export", "--log", f"sqlite:///{path}", "--to", str(file)).code == 0
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    with file.open("rb") as lines:
        assert sum(1 for _ in lines) == 1 + LONG
    return peak


@pytest.mark.parametrize("gathered", [False, True])
def test_an_export_holds_some_pages_of_a_long_log_at_once_and_never_all_of_it(
    lamplighter: Run, log: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gathered: bool
) -> None:
    """`gathered`, the mutant: it reads all events, and then it writes them."""
    read = outgoing._standing_events

    async def gather(log: CopiedLog, standing: Standing, after: int) -> AsyncGenerator[Sealed, None]:
        for event in [event async for event in read(log, standing, after)]:
            yield event

    if gathered:
        monkeypatch.setattr(outgoing, "_standing_events", gather)
    lamplighter("log", "export", "--log", log)  # the first one imports what all others have

    peak = most(lamplighter, tmp_path)

    assert (peak > 4 << 20) == gathered, peak


@pytest.mark.parametrize("name", ["log.jsonl", "log.jsonl.gz"])
def test_what_was_exported_is_imported_with_the_same_head(
    lamplighter: Run, log: str, tmp_path: Path, name: str
) -> None:
    file, other = tmp_path / name, f"sqlite:///{tmp_path}/new/other.db"

    exported = lamplighter("log", "export", "--log", log, "--to", str(file))
    imported = lamplighter("log", "import", str(file), "--log", other)
    again = lamplighter("log", "import", str(file), "--log", other)

    anchor = head(tmp_path / "log.db")
    assert (exported.code, imported.code, again.code) == (0, 0, 0)
    assert exported.out == f"{file}: 5 events exported. The head is {anchor}\n"
    assert imported.out == again.out == f"{other}: 5 events, as in {file}. The head is {anchor}\n"
    assert head(tmp_path / "new/other.db") == anchor


def test_every_answer_has_a_form_for_machines(lamplighter: Run, log: str, tmp_path: Path) -> None:
    file, copy, other = tmp_path / "a.jsonl", tmp_path / "copy.db", f"sqlite:///{tmp_path}/other.db"

    exported = lamplighter("log", "export", "--log", log, "--to", str(file), "--after", "2", "--json").document
    backed_up = lamplighter("log", "backup", "--log", log, "--to", str(copy), "--json").document
    lamplighter("log", "export", "--log", log, "--to", str(tmp_path / "b.jsonl"))
    imported = lamplighter("log", "import", str(tmp_path / "b.jsonl"), "--log", other, "--json").document

    anchor = head(tmp_path / "log.db")
    assert (exported["after"], exported["events"], exported["anchor"]) == (2, 3, anchor)
    assert backed_up == {"file": str(copy), "whole": True, "position": 5, "anchor": anchor}
    assert (imported["position"], imported["anchor"]) == (5, anchor)


def test_a_backup_is_a_log_like_any_other(lamplighter: Run, log: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"

    backed_up = lamplighter("log", "backup", "--log", log, "--to", str(copy))
    shown = lamplighter("events", "--log", f"sqlite:///{copy}", "--json")

    assert backed_up.out == f"{copy}: 5 events. The head is {head(tmp_path / 'log.db')}\n"
    assert [event["position"] for event in shown.document["items"]] == [1, 2, 3, 4, 5]
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy.db"]
    with closing(driver.connect(copy, driver.MAKE)) as con:
        assert con.execute("SELECT name, position FROM cursors").fetchall() == [("alerts", 4)]


def test_a_broken_log_is_backed_up_as_it_is_and_not_exported(lamplighter: Run, log: str, tmp_path: Path) -> None:
    with closing(driver.connect(tmp_path / "log.db", driver.MAKE)) as con:
        driver.script(con, "DROP TRIGGER events_keep; UPDATE events SET actor = 'mallory' WHERE position = 3;")

    backed_up = lamplighter("log", "backup", "--log", log, "--to", "copy.db")
    exported = lamplighter("log", "export", "--log", log, "--to", "log.jsonl")

    assert (backed_up.code, exported.code) == (1, 1)
    assert "copy.db is a faithful copy, but the log is broken at position 3" in backed_up.err
    assert "the log is broken at position 3" in exported.err
    assert sorted(path.name for path in tmp_path.glob("*") if path.suffix in {".jsonl", ".part"}) == []
    with closing(driver.connect("copy.db", driver.MAKE)) as con:
        assert con.execute("SELECT actor FROM events WHERE position = 3").fetchone() == ("mallory",)


def test_the_begin_of_what_stays_is_read_by_the_clocks_of_the_zone(
    lamplighter: Run, log: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAMPLIGHTER_ZONE", "Asia/Tokyo")

    told = lamplighter("log", "archive", "--before", "2026-11-20 23:30", "--to", "shelf", "--log", log)

    assert (told.code, told.out.endswith("positions 1 to 3\n")) == (0, True), told
    assert told.err == "before 2026-11-20 23:30:00+09:00 (Asia/Tokyo)\n"


def test_the_room_of_what_was_archived_is_given_back_if_asked(lamplighter: Run, log: str, tmp_path: Path) -> None:
    async def fill() -> None:
        opened = await SqliteLog.open(tmp_path / "log.db", holder="a test")
        await added(opened, unit("daemon", 0, *(draft("x" * 1000, id_=str(number)) for number in range(300))))
        await append(opened, Unit(cursor=CursorMove(name="alerts", old=4, new=305)))
        await opened.close()

    asyncio.run(fill())
    before = (tmp_path / "log.db").stat().st_size

    told = lamplighter("log", "archive", "--before", "306", "--to", "shelf", "--shrink", "--log", log)

    assert told.code == 0
    assert (tmp_path / "log.db").stat().st_size < before / 2


def test_a_proof_looks_at_the_archives_that_are_there(lamplighter: Run, log: str) -> None:
    lamplighter("log", "archive", "--before", "4", "--to", "shelf", "--log", log)
    [file] = Path("shelf").iterdir()

    whole = lamplighter("log", "verify", "--log", log)
    file.write_bytes(file.read_bytes() + b" ")
    spoilt = lamplighter("log", "verify", "--log", log)
    file.unlink()
    absent = lamplighter("log", "verify", "--log", log)

    assert (whole.code, spoilt.code, absent.code) == (0, 1, 0)
    assert whole.out.startswith("whole: 6 events.")
    assert "positions 1 to 3 lie in the archive" in spoilt.err
    assert "not the file that was written" in spoilt.err
    assert f"! not looked at, for it is not there: the archive {file.absolute()}\n" in absent.out


@pytest.mark.parametrize("command", ["export", "backup"])
def test_nothing_is_written_over(lamplighter: Run, log: str, tmp_path: Path, command: str) -> None:
    file = tmp_path / "there"
    file.write_text("mine")

    told = lamplighter("log", command, "--log", log, "--to", str(file))

    assert told.code == 1
    assert told.err == f"{file} is there already, and nothing is written over it: name another file\n"
    assert file.read_text() == "mine"


def test_a_file_that_is_no_export_is_refused_and_makes_no_log(lamplighter: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"hello": "world"}\n')

    told = lamplighter("log", "import", str(file), "--log", f"sqlite:///{tmp_path}/other.db")
    missing = lamplighter("log", "import", str(tmp_path / "b.jsonl"), "--log", f"sqlite:///{tmp_path}/other.db")

    assert (told.code, missing.code) == (1, 1)
    assert told.err.startswith(f"{file}, line 1: ")
    assert told.err.endswith("Name a file that `lamplighter log export` wrote\n")
    assert "b.jsonl: No such file or directory" in missing.err
    assert not (tmp_path / "other.db").exists()


def test_a_log_that_is_not_there_is_not_made_by_an_export(lamplighter: Run, tmp_path: Path) -> None:
    told = lamplighter("log", "export", "--log", f"sqlite:///{tmp_path}/nowhere.db", "--to", str(tmp_path / "a"))

    assert told.code == 1
    assert "nowhere.db" in told.err
    assert list(tmp_path.iterdir()) == []


def test_old_events_go_into_an_archive_and_the_log_says_so(lamplighter: Run, log: str, tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"

    told = lamplighter(
        *("log", "archive", "--before", "2026-11-20T14:30:00Z", "--to", str(shelf), "--why", "old", "--log", log)
    )
    again = lamplighter("log", "archive", "--before", "3", "--to", str(shelf), "--log", log, "--json")
    shown = lamplighter("events", "--log", log, "--json")

    [file] = shelf.iterdir()
    assert (told.code, told.out) == (0, f"{file}: 3 events, positions 1 to 3\n")
    assert again.document == {"segments": []}
    assert [event["position"] for event in shown.document["items"]] == [4, 5, 6]
    assert shown.document["items"][-1]["data"]["why"] == "old"


@pytest.mark.parametrize(
    ("before", "code", "told"),
    [
        ("6", 1, "subscriber 'alerts' has read only up to 4: let the daemon run until it has read 5"),
        ("9", 2, "the log ends at 5: there is no position 8"),
        ("tomorrow-ish", 2, "is no instant"),
    ],
)
def test_what_cannot_be_archived_is_refused_with_what_to_do(
    lamplighter: Run, log: str, before: str, code: int, told: str
) -> None:
    refused = lamplighter("log", "archive", "--before", before, "--to", "shelf", "--log", log)

    assert refused.code == code
    assert told in refused.err
    assert not Path("shelf").exists()


@pytest.mark.parametrize(
    "words", [("archive", "--before", "2", "--to", "shelf"), ("import",)], ids=lambda words: str(words[0])
)
def test_what_writes_is_refused_while_the_log_is_held(
    lamplighter: Run, log: str, tmp_path: Path, words: tuple[str, ...]
) -> None:
    lamplighter("log", "export", "--log", log, "--to", str(tmp_path / "a.jsonl"))
    holder = asyncio.Runner()
    held = holder.run(SqliteLog.open(tmp_path / "log.db", holder="listening on 127.0.0.1:8787"))
    try:
        file = (str(tmp_path / "a.jsonl"),) if words == ("import",) else ()
        told = lamplighter("log", *words, *file, "--log", log)
    finally:
        holder.run(held.close())
        holder.close()

    assert told.code == 1
    assert f"`lamplighter log {words[0]}` needs the log for itself" in told.err
    assert "listening on 127.0.0.1:8787" in told.err
