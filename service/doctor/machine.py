"""This machine: its clock, the disk that the log lies on, SQLite, proxies, and who can read the token files."""

import os
import stat
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from service.doctor.findings import Check, Verdict

MACHINE = "this machine"
LITTLE = 1 << 30  # bytes: a busy log grows by some tens of MB a month, the rest is room to act in
SKEW = timedelta(seconds=30)
NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb", "smb2", "smbfs", "afs", "9p", "sshfs", "fuse.sshfs", "ceph", "glusterfs"}
)


def sqlite(version: tuple[int, ...], oldest: tuple[int, ...]) -> Check:
    """Look at SQLite's version, which shall not be older than the log needs."""
    has = ".".join(map(str, version))
    if version < oldest:
        needed = f"{'.'.join(map(str, oldest))} or newer is needed: upgrade apsw, which brings it"
        return _check("SQLite", Verdict.FAILS, has, needed)
    return _check("SQLite", Verdict.OK, has)


def disk(log: Path) -> Check:
    """Look whether the log's folder can be written to, and how much room there is."""
    folder = _existing(log.absolute().parent)
    needed = [folder, *([log] if _there(log) else [])]  # SQLite writes beside the log, too
    if not folder.is_dir() or not all(os.access(place, os.W_OK) for place in needed):
        return _check(
            "disk", Verdict.FAILS, f"{log} may not be written to", "give this user the right to, or name another log"
        )
    free = psutil.disk_usage(str(folder)).free
    says = f"{free / (1 << 30):.1f} GiB free for {log}"
    if free < LITTLE:
        return _check(
            "disk", Verdict.LACKS, says, "make room: when the disk is full nothing can be recorded, and nothing is done"
        )
    return _check("disk", Verdict.OK, says)


def file_system(log: Path, mounts: Callable[[], list[tuple[str, str]]] | None = None) -> Check:
    """Look on which kind of file system the log lies: a network's does not keep SQLite's promises."""
    folder = _existing(log.absolute().parent).resolve()
    holding = [(point, kind) for point, kind in (mounts or _mounts)() if folder.is_relative_to(point)]
    if not holding:
        return _check("file system", Verdict.NOT_TRIED, "this system does not tell which it is", "use a local disk")
    point, kind = max(holding, key=lambda one: len(one[0]))
    if kind.lower() in NETWORK:
        advice = "name a log on a local disk: locks and syncs of a network file system are not to be trusted"
        return _check("file system", Verdict.FAILS, f"{kind}, mounted at {point}", advice)
    return _check("file system", Verdict.OK, f"{kind}, mounted at {point}")


def clock(ahead: timedelta | None) -> Check:
    """Judge by how much our clock is ahead of Hugging Face's."""
    if ahead is None:
        return _check("clock", Verdict.NOT_TRIED, "no answer told the time")
    seconds = ahead.total_seconds()
    says = f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} Hugging Face's"
    if abs(ahead) > SKEW:
        return _check(
            "clock", Verdict.LACKS, says, "set it (chrony, systemd-timesyncd): ages, schedules and signatures go by it"
        )
    return _check("clock", Verdict.OK, "within a few seconds of Hugging Face's" if abs(seconds) < 5 else says)


def proxies() -> Check:
    """Tell which proxies the environment names, without their passwords."""
    named = {scheme: proxy for scheme, proxy in urllib.request.getproxies().items() if scheme in {"http", "https"}}
    if not named:
        return _check("proxy", Verdict.OK, "none: straight to Hugging Face")
    spelt = {scheme: _without_password(proxy) for scheme, proxy in sorted(named.items())}
    if wrong := [f"{scheme}_proxy" for scheme, url in spelt.items() if url is None]:
        says = f"{' and '.join(wrong)} cannot be used: not the URL of an HTTP proxy"
        return _check("proxy", Verdict.FAILS, says, "write it like http://proxy.example.com:3128, or unset it")
    return _check("proxy", Verdict.OK, ", ".join(f"{scheme} by {url}" for scheme, url in spelt.items()))


def token_file(subject: str, path: Path) -> Check:
    """Look who can read a file with a token."""
    try:
        mode = path.stat().st_mode
        with path.open("rb"):  # and not read: a pipe gives its token once
            pass
    except OSError as error:
        says = f"{path} cannot be read ({error.strerror})"
        return Check(
            subject=subject, what="token", verdict=Verdict.FAILS, says=says, do="create it, or make it readable"
        )
    if mode & (stat.S_IRGRP | stat.S_IROTH):
        says = f"{path} can be read by others"
        return Check(subject=subject, what="token", verdict=Verdict.LACKS, says=says, do=f"chmod 600 {path}")
    return Check(subject=subject, what="token", verdict=Verdict.OK, says=str(path))


def _check(what: str, verdict: Verdict, says: str, do: str = "") -> Check:
    return Check(subject=MACHINE, what=what, verdict=verdict, says=says, do=do)


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest above it that is there already."""
    return next(place for place in (folder, *folder.parents) if _there(place))


def _there(place: Path) -> bool:
    """Return whether something is there that can be seen: in a folder that is closed to us, nothing can."""
    try:
        return place.exists()
    except OSError:
        return False


def _mounts() -> list[tuple[str, str]]:
    return [(mount.mountpoint, mount.fstype) for mount in psutil.disk_partitions(all=True) if mount.fstype]


def _without_password(proxy: str) -> str | None:
    """Return a proxy's URL, or None for what is none that the client can use."""
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        return None
    if not usable:
        return None
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
