"""`lamplighter log`: what is done with a log as a whole, on the file itself."""

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from events import codec
from events.catalogue.log import Redacted
from events.sqlite import SqliteLog, driver
from service.cli.finding import actor
from tests.contract.disks import added, draft, everything, unit
from tests.contract.test_migrating import old_log
from tests.unit.cli.hands import Run

LOG = ("--log", "sqlite:///log.db")
SECRET = "hf_" + "Zq7" * 20


@pytest.fixture(autouse=True)
def path(home: Path) -> Path:
    async def fill() -> None:
        log = await SqliteLog.open(home / "log.db", holder="a test")
        await added(log, unit("daemon", 0, draft("a"), draft(f"{SECRET} was seen", id_="1"), draft("c")))
        await log.close()

    asyncio.run(fill())
    return home / "log.db"


def sql(path: Path, statements: str) -> None:
    with closing(driver.connect(path, driver.MAKE)) as con:
        driver.script(con, statements)


def test_a_head_is_an_anchor_that_a_proof_takes(lamplighter: Run) -> None:
    head = lamplighter("log", "head", *LOG)
    told = lamplighter("log", "head", *LOG, "--json")
    proven = lamplighter("log", "verify", *LOG, "--anchor", head.out.strip())
    proven_json = lamplighter("log", "verify", *LOG, "--json")

    position, _, hash_ = head.out.strip().partition(":")
    assert (head.code, position, len(hash_)) == (0, "3", 64)
    assert told.document["anchor"] == head.out.strip()
    assert (told.document["position"], told.document["hash"]) == (3, hash_)
    assert len(told.document["log_id"]) == 32
    assert (proven.code, proven.out) == (0, f"whole: 3 events, and 1 anchor. Its head is {head.out}")
    assert proven_json.document == {"whole": True, "position": 3, "hash": hash_, "anchor": head.out.strip()}


def test_a_proof_ends_with_the_place_that_was_changed(lamplighter: Run, path: Path) -> None:
    sql(path, "DROP TRIGGER events_keep; UPDATE events SET actor = 'nobody' WHERE position = 2")

    told = lamplighter("log", "verify", *LOG)
    told_json = lamplighter("--json", "log", "verify", *LOG)

    assert (told.code, told.out) == (1, "")
    assert told.err.startswith("the log is broken at position 2: its columns do not give its hash. Keep a copy of")
    assert told_json.code == 1
    assert told_json.document == {"whole": False, "position": 2, "why": "its columns do not give its hash"}


def test_an_index_that_is_wrong_is_told_and_made_anew(lamplighter: Run, path: Path) -> None:
    sql(path, "UPDATE head SET known = 3")

    told, told_json = lamplighter("log", "verify", *LOG), lamplighter("log", "verify", *LOG, "--json")
    mended = lamplighter("log", "reindex", *LOG)

    wrong = "the index of the log is wrong at position 1, in its table ids: the event is not found by its id. No event"
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith(f"every event is there, but {wrong}")
    why = "the event is not found by its id"
    assert (told_json.code, told_json.document) == (1, {"whole": False, "index": "ids", "position": 1, "why": why})
    assert (mended.code, mended.out, mended.err) == (0, "log.db: the index of 3 events was made anew\n", "")
    assert lamplighter("log", "verify", *LOG).code == 0
    assert lamplighter("log", "reindex", *LOG, "--json").document == {"events": 3, "unread": []}


def test_an_anchor_of_another_history_is_told(lamplighter: Run) -> None:
    told = lamplighter("log", "verify", *LOG, "--anchor", f"2:{64 * '0'}")

    assert told.code == 1
    assert "the log is broken at position 2: here or before, history is not what the anchor knows" in told.err


def test_a_redacted_text_is_gone_and_the_log_is_whole_with_the_anchor_from_before(lamplighter: Run, path: Path) -> None:
    anchor = lamplighter("log", "head", *LOG).out.strip()

    told = lamplighter("log", "redact", "2", "--why", "a token was logged", *LOG)

    assert (told.code, told.out) == (0, "position 2: reason redacted, as position 4 tells\n")
    assert told.err == "What was copied before still holds it. Look through backups, exports and what was delivered\n"
    assert lamplighter("log", "verify", *LOG, "--anchor", anchor).code == 0
    assert SECRET.encode() not in b"".join(file.read_bytes() for file in path.parent.glob("log.db*"))
    event = asyncio.run(last(path))
    assert isinstance(event[1], Redacted)
    assert (event[0], event[1].why) == (actor(), "a token was logged")


async def last(path: Path) -> tuple[str, object]:
    log = await SqliteLog.open(path, holder="a test")
    recorded = (await everything(log))[-1]
    await log.close()
    return recorded.actor, codec.decode(recorded)


def test_copies_beside_the_log_that_still_hold_the_text_are_named(lamplighter: Run, path: Path) -> None:
    copy = path.with_name("log.db.schema-1.bak")
    copy.touch()

    told = lamplighter("log", "redact", "2", "--why", "a leak", "--field", "reason", *LOG, "--json")

    assert told.document == {"position": 2, "fields": ["reason"], "told_at": 4}
    assert copy.name in told.err


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("redact", "9", "--why", "x", *LOG), 1, "position 9 cannot be redacted: there is no such event: the log reac"),
        (("redact", "1", "--why", "x", "--field", "text", *LOG), 1, "it has no text 'text'. It has: reason"),
        (("redact", "1", "--why", "  ", *LOG), 1, "nobody would know why; say it"),
        (("redact", "1", *LOG), 2, "Missing option '--why'"),
        (("redact", "0", "--why", "x", *LOG), 2, "0 is not in the range x>=1"),
        (("redact", "1", "--why", "x", "--log", "sqlite:///none.db"), 1, "it cannot be opened. Is it there"),
        (("verify", "--anchor", "3", *LOG), 2, "'3' is no anchor: it looks like POSITION:HASH, as `lamplighter log he"),
        (("verify", "--log", "postgresql://x/y"), 2, "names no log that can be read"),
        (("reindex", "--log", "sqlite:///none.db"), 1, "it cannot be opened. Is it there"),
        (("head", "--log", "sqlite:///none.db"), 1, "it cannot be opened. Is it there"),
        (("head",), 1, "it cannot be opened. Is it there"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_changes_nothing(
    lamplighter: Run, path: Path, arguments: tuple[str, ...], code: int, why: str
) -> None:
    told = lamplighter("log", *arguments)

    assert (told.code, told.out) == (code, "")
    assert why in told.err
    assert not path.with_name("none.db").exists()
    assert lamplighter("log", "head", *LOG).out.startswith("3:")


def test_a_daemon_that_holds_the_log_is_to_be_stopped_before_a_redaction(lamplighter: Run, path: Path) -> None:
    async def hold() -> None:
        log = await SqliteLog.open(path, holder="listening on 127.0.0.1:8787")
        told = await asyncio.to_thread(lamplighter, "log", "redact", "2", "--why", "a leak", *LOG)
        proven = await asyncio.to_thread(lamplighter, "log", "verify", *LOG)
        indexing = await asyncio.to_thread(lamplighter, "log", "reindex", *LOG)
        await log.close()

        assert indexing.code == 1
        assert indexing.err.startswith("`lamplighter log reindex` needs the log for itself: the log")

        assert told.code == 1
        assert told.err.startswith("`lamplighter log redact` needs the log for itself: the log")
        assert "(listening on 127.0.0.1:8787)" in told.err
        assert "Stop that one" in told.err
        assert proven.code == 0

    asyncio.run(hold())


def test_a_log_of_an_older_version_is_told_what_to_do_with(lamplighter: Run, home: Path) -> None:
    old_log(home / "old.db")

    for command in (("head",), ("verify",), ("redact", "1", "--why", "x")):
        told = lamplighter("log", *command, "--log", "sqlite:///old.db")
        assert told.code == 1
        assert "has schema 1, and this version reads 3: start the daemon once, which keeps a copy" in told.err
