"""A backup of a log on SQLite, made while a daemon writes to it: the file as it stood at one instant.

All of it is copied within one read transaction: SQLite would begin anew whenever the daemon commits. The write-ahead
log is not cut back meanwhile, which takes seconds. A copy gets its name only when it was read again and is whole.
"""

from collections.abc import Callable
from pathlib import Path

from events.anchor import Anchor, Broken
from events.errors import LogUnusable
from events.sqlite import driver
from events.sqlite.file import explained, open_for_reading
from events.sqlite.verifying import Verification
from events.transfer.files import whole_path

Progress = Callable[[int, int], None]  # told how many pages are done, and of how many


def back_up(path: Path, to: Path, progress: Progress) -> Anchor | Broken:
    """Copy a log into a file of its own; return how its chain stands, or what is broken in it. Raises LogError.

    A broken log is copied as it is: whoever looks into what happened needs it.
    """
    with whole_path(to) as part:
        with explained(path):
            con = open_for_reading(path)
            try:
                con.execute("BEGIN")
                head = con.execute("SELECT * FROM head").fetchone()
                with explained(part):
                    driver.copy(con, part, progress)
            finally:
                con.close()
        with explained(part):
            _require_whole(part, head)
            return _proven(part)


def _require_whole(part: Path, head: tuple[object, ...]) -> None:
    con = open_for_reading(part)
    try:
        [verdict] = con.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok" or con.execute("SELECT * FROM head").fetchone() != head:
            raise LogUnusable(f"the backup {part} is not whole ({verdict}): look at the disk, and try again")
    finally:
        con.close()


def _proven(part: Path) -> Anchor | Broken:
    verification = Verification(part)
    try:
        while (found := verification.go_on()) is None:
            pass
        return found
    finally:
        verification.close()
