"""Which file systems a log may lie on."""

from pathlib import Path

import pytest

from events.errors import LogUnusable
from events.sqlite.lock import refuse_network

MOUNTS = r"""
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:30 / /home rw,relatime - nfs4 server:/home rw
31 30 254:1 / /home/ann/local rw,relatime - xfs /dev/vdb rw
32 22 0:32 / /mnt/c rw,noatime - 9p drvfs rw
33 22 0:33 / /mnt/my\040share rw - cifs //nas/share rw
34 22 0:34 / /mnt/far rw - fuse.sshfs ann@far:/ rw
35 22 0:35 / /over rw - nfs server:/old rw
36 35 0:36 / /over rw - tmpfs tmpfs rw
a line that means nothing
"""


@pytest.mark.parametrize("path", ["/home/bob/log.db", "/mnt/c/log.db", "/mnt/my share/log.db", "/mnt/far/a/b/log.db"])
def test_a_log_on_a_network_file_system_is_refused(path: str) -> None:
    with pytest.raises(LogUnusable, match=r"network file system .* put it on a disk of this machine"):
        refuse_network(Path(path), MOUNTS)


@pytest.mark.parametrize("path", ["/var/log.db", "/home/ann/local/log.db", "/homely/log.db", "/over/log.db"])
def test_a_log_on_a_disk_of_this_machine_is_taken(path: str) -> None:
    refuse_network(Path(path), MOUNTS)


def test_where_the_mounts_are_not_known_any_path_is_taken() -> None:
    refuse_network(Path("/home/bob/log.db"), "")
