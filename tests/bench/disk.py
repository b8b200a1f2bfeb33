"""Where a benchmark writes, and what the least durable write costs there."""

import os
import tempfile
import time
from pathlib import Path

MOUNTS = Path("/proc/self/mounts")
PAGE_BYTES = 4096
WITHOUT_A_DISK = ("tmpfs", "ramfs", "overlay")


def durable_folder() -> tuple[str, str]:
    """Return a folder on a real file system, and the name of that; of the temporary one if there is no other."""
    folders = [tempfile.gettempdir(), "/var/tmp", str(Path.cwd())]  # noqa: S108 - the caller makes its own in it
    found = [(folder, file_system(Path(folder))) for folder in folders if os.access(folder, os.W_OK)]
    return next((one for one in found if one[1] not in WITHOUT_A_DISK), found[0])


def file_system(folder: Path) -> str:
    """Return the type of the file system that a folder is on."""
    if not MOUNTS.exists():
        return "unknown"
    mounts = [line.split()[1:3] for line in MOUNTS.read_text(encoding="utf-8").splitlines()]
    inside = [(point, kind) for point, kind in mounts if folder.resolve().is_relative_to(point)]
    return max(inside, key=lambda mount: len(mount[0]))[1]


def syncs(path: Path, size: int, times: int) -> list[float]:
    """Return the seconds that each write of one page in place takes, until it is on disk, in a file of that size.

    No commit can cost less: nothing grows, so no other than the data itself has to be written.
    """
    page = os.urandom(PAGE_BYTES)
    took = []
    with path.open("w+b", buffering=0) as file:
        file.write(bytes(size))
        os.fsync(file)
        for number in range(times):
            began = time.perf_counter()
            os.pwrite(file.fileno(), page, number * PAGE_BYTES % size)
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    return took
