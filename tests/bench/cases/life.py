"""What it takes to keep a log of 1,000,000 events: export, import, archive, backup and verify, each beside its limit.

Each is a process of its own (see `keeper`), and so is timed from its start to its end. Right after it goes what no
program could leave out: the bytes that it wrote, copied and on disk; what it compressed, compressed; what it read,
hashed; a file that is a backup, made by SQLite's own. Judged is the memory: how much it is, and whether it is
more than for a tenth of the events.
"""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from events.sqlite import driver
from tests.bench import biglog
from tests.bench.disk import durable_folder
from tests.bench.figure import Figure
from tests.bench.keeper import archived_of
from tests.bench.memory import Progress, Watch

EVENTS = 1_000_000
BLOCK = 1 << 20  # bytes
FEWER = 10  # times: of so many fewer events the memory is compared
MORE_MIB = 8.0  # nine bytes an event
PEAK_MIB = 128.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is done to how many events, what it is given, and the least that has to be done for it, in words."""

    name: str
    events: int
    given: tuple[Path, Path]
    limit: Callable[[], None]
    against: str


def measure(events: int = EVENTS) -> Iterator[Figure]:
    parent, _ = durable_folder()
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        few = {job.name: _done(job)[1] for job in _jobs(Path(folder) / "few", events // FEWER)}
        for job in _jobs(Path(folder) / "all", events):
            yield from _figures(job, few[job.name])


def _jobs(folder: Path, events: int) -> Iterator[Job]:
    folder.mkdir()
    log, lines, beside = folder / "log.db", folder / "log.jsonl", folder / "beside"
    biglog.copied(events, log)
    head = _head(log)
    yield Job(
        name="export",
        events=head,
        given=(log, lines),
        limit=lambda: _copied(lines, beside),
        against="the time of a copy of the lines, on disk",
    )
    made = folder / "imported.db"
    yield Job(
        name="import",
        events=head,
        given=(lines, made),
        limit=lambda: _copied(made, beside),
        against="the time of a copy of the new log, on disk",
    )
    made.unlink()
    kept = folder / "backup.db"
    yield Job(
        name="backup",
        events=head,
        given=(log, kept),
        limit=lambda: _backed_up(log, beside),
        against="the time of SQLite's own backup",
    )
    kept.unlink()
    yield Job(
        name="verify",
        events=head,
        given=(log, log),
        limit=lambda: _hashed(log),
        against="the time of hashing the file",
    )
    yield Job(
        name="archive",
        events=archived_of(head),
        given=(log, folder / "archive"),
        limit=lambda: _compressed(lines, beside),
        against="the time of compressing the lines, on disk",
    )


def _figures(job: Job, with_few: float) -> Iterator[Figure]:
    took, peak = _done(job)
    began = time.perf_counter()
    job.limit()
    least = time.perf_counter() - began
    said = f"life, {job.name} of {job.events:,} events"
    yield Figure(name=said, value=job.events / took, unit="events/s", ratio=took / least, against=job.against)
    yield Figure(name=f"{said}: memory", value=peak, unit="MiB", reach=f"<= {PEAK_MIB:g}", met=peak <= PEAK_MIB)
    more = peak - with_few
    yield Figure(
        name=f"{said}: more than of a tenth", value=more, unit="MiB", reach=f"<= {MORE_MIB:g}", met=more <= MORE_MIB
    )


def _done(job: Job) -> tuple[float, float]:
    """Do a job; return the seconds that it took, and the most that it had in memory, in MiB."""
    began = time.perf_counter()
    words = [sys.executable, "-m", "tests.bench.keeper", job.name, *map(str, job.given)]
    with subprocess.Popen(words) as process, Watch(process.pid, Progress()) as watch:
        process.wait()
    took = time.perf_counter() - began
    if process.returncode:
        raise RuntimeError(f"{job.name} ended with {process.returncode}")
    return took, watch.peak


def _head(log: Path) -> int:
    with closing(driver.connect(log)) as con:
        return int(con.execute("SELECT position FROM head").fetchone()[0])


def _copied(source: Path, to: Path) -> None:
    with source.open("rb") as file, to.open("wb") as copy:
        shutil.copyfileobj(file, copy, BLOCK)
        os.fsync(copy.fileno())
    to.unlink()


def _backed_up(log: Path, to: Path) -> None:
    with closing(driver.connect(log)) as source:
        driver.copy(source, to)
    _synced(to)


def _compressed(source: Path, to: Path) -> None:
    with source.open("rb") as file, gzip.open(to, "wb", compresslevel=6) as copy:
        shutil.copyfileobj(file, copy, BLOCK)
    _synced(to)


def _synced(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    path.unlink()


def _hashed(path: Path) -> None:
    with path.open("rb") as file:
        hashlib.file_digest(file, "sha256")
