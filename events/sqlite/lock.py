"""Who may write to a log that is a file: one process, on a disk of this machine.

Two daemons on one log would act twice, and SQLite's write-ahead log needs shared memory, which no network file system
gives. Both are refused before the file is touched.
"""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from events.errors import LogHeld, LogUnusable

# Also with a suffix (`nfs4`) and behind `fuse.` (`fuse.sshfs`).
NETWORK_FILE_SYSTEMS = (
    "9p", "afs", "beegfs", "ceph", "cifs", "davfs", "gcsfuse", "gfs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs",
    "ocfs2", "rclone", "s3fs", "smb", "sshfs",
)  # fmt: skip
MOUNTS = Path("/proc/self/mountinfo")


class FileLock:
    """A lock on a file beside the log; the kernel lets go of it when the process ends, however it ends."""

    def __init__(self, descriptor: int) -> None:
        """Keep the descriptor to which the lock is bound."""
        self._descriptor = descriptor

    @classmethod
    def take(cls, path: Path, holder: str) -> "FileLock":
        """Lock a log, and write down who did; `holder` adds to process and host. Raises LogHeld."""
        beside = path.with_name(path.name + ".lock")
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()} ({holder})".encode())
        except BlockingIOError as error:
            who = os.read(descriptor, 4096).decode(errors="replace") or "another process"
            os.close(descriptor)
            raise LogHeld(
                f"the log {path} is held by {who}: two daemons on one log would act twice. "
                "Stop that one, or give this one a log of its own"
            ) from error
        except BaseException:
            os.close(descriptor)
            raise
        return cls(descriptor)

    def release(self) -> None:
        """Let go."""
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def refuse_network(path: Path, mounts: str) -> None:
    """Raise LogUnusable if a path lies on a network file system, by a text like that of /proc/self/mountinfo."""
    within = [(point, kind) for point, kind in _mounts(mounts) if path.is_relative_to(point)]
    if not within:
        return
    _, kind = max(enumerate(within), key=lambda item: (len(item[1][0].parts), item[0]))[1]
    if kind.removeprefix("fuse.").startswith(NETWORK_FILE_SYSTEMS):
        raise LogUnusable(
            f"the log {path} would lie on a network file system ({kind}), where SQLite loses data: "
            "put it on a disk of this machine"
        )


def _mounts(mounts: str) -> Iterator[tuple[Path, str]]:
    """Yield mount point and type: fields 5 and, after a lone dash, the first."""
    for line in mounts.splitlines():
        before, dash, after = line.partition(" - ")
        if dash:
            point = before.split()[4].encode().decode("unicode_escape")  # a space is written \040
            yield Path(point), after.split()[0]


def secure(path: Path) -> None:
    """Make the file and the folders it lies in, for their owner alone; what is there already keeps its mode."""
    for folder in reversed(path.parents):
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the operating system says of a path into LogUnusable."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise LogUnusable(
            f"cannot open the log {path}: {reason} ({error.filename or path}). Give a path that this user may write to"
        ) from error
