"""Where the daemon is, which configuration file is meant, and which token may be shown to whom.

Read by commands that only ask the daemon: nothing here imports what reads a configuration for a daemon (pydantic).
"""

import getpass
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from service.cli.exits import Exit, Stop
from service.failures import told_why
from service.places import token_file

DEFAULT_LISTEN = "127.0.0.1:8787"
# A daemon that listens on every address is asked on the one of this machine.
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "localhost": "127.0.0.1"}  # noqa: S104  # read, never listened on


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a daemon answers."""

    scheme: str
    host: str
    port: int
    prefix: str = ""

    def __str__(self) -> str:
        """Return HOST:PORT, as people say it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A configuration file, if there is one, and what it says, unchecked: the daemon checks it."""

    path: Path | None
    says: dict[str, Any]

    def text(self, key: str, otherwise: str) -> str:
        """Return a setting as the daemon takes it: the file first, then the environment."""
        value = self.says.get(key) or os.environ.get(f"LAMPLIGHTER_{key.upper()}")
        return str(value) if value else otherwise


def config_path(given: Path | None = None) -> Path | None:
    """Return the configuration file: as given, as LAMPLIGHTER_CONFIG says, here, or in the XDG directory; or None."""
    named = given or (Path(named) if (named := os.environ.get("LAMPLIGHTER_CONFIG")) else None)
    if named is not None:
        return named.expanduser()
    base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    places = (Path("lamplighter.toml"), base / "lamplighter" / "lamplighter.toml")
    return next((place for place in places if place.is_file()), None)


def find(given: Path | None = None) -> Found:
    """Return what the configuration file says; raise Stop for one that is named and cannot be read."""
    path = config_path(given)
    if path is None:
        return Found(path=None, says={})
    try:
        return Found(path=path, says=tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError) as error:
        raise Stop(f"cannot read the configuration {path}: {told_why(error)}", Exit.USAGE) from error


def address(url: str | None, found: Found) -> Address:
    """Return where the daemon is: --url, LAMPLIGHTER_URL, or where the configuration lets it listen."""
    url = url or os.environ.get("LAMPLIGHTER_URL") or f"http://{found.text('listen', DEFAULT_LISTEN)}"
    parts = urlsplit(url if "//" in url else f"http://{url}")
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == -1:
        raise Stop(f"{url!r} is not the URL of a daemon: write it like http://{DEFAULT_LISTEN}", Exit.USAGE)
    host = _EVERYWHERE.get(parts.hostname, parts.hostname)
    default = 443 if parts.scheme == "https" else 80
    return Address(
        scheme=parts.scheme, host=host, port=default if port is None else port, prefix=parts.path.rstrip("/")
    )


def token(at: Address, found: Found) -> str | None:
    """Return the token for the daemon there, or None. A token that is kept for one daemon is not shown to another."""
    if given := os.environ.get("LAMPLIGHTER_TOKEN"):
        return given.strip()
    if named := os.environ.get("LAMPLIGHTER_TOKEN_FILE"):
        return _read(Path(named).expanduser(), must=True)
    configured = found.says.get("token_file")
    if configured and belongs(at, found):
        return _read(Path(str(configured)), must=False)
    return _read(token_path(at), must=False)


def token_path(at: Address) -> Path:
    """Return where a daemon that listens there leaves the token that it made at its first start."""
    asked = token_file(at.host, at.port)
    # The daemon names the file after its own `listen`, which may spell this machine differently.
    spellings = (token_file(name, at.port) for name, host in _EVERYWHERE.items() if host == at.host)
    return asked if asked.exists() else next((path for path in spellings if path.exists()), asked)


def actor() -> str:
    """Return who asks: the user of the operating system."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):
        name = f"uid-{os.getuid()}"
    return name.encode("ascii", "replace").decode()


def belongs(at: Address, found: Found) -> bool:
    """Return whether the daemon there is the one that this configuration, or none, is about."""
    own = [f"http://{found.text('listen', DEFAULT_LISTEN)}", str(found.says.get("public_url") or "")]
    return any((at.host, at.port) == (there.host, there.port) for there in (address(url, found) for url in own if url))


def _read(path: Path, *, must: bool) -> str | None:
    """Return the token of a file; one that we may not read is as good as none, unless it was named for this call."""
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        if not must:
            return None
        raise Stop(
            f"cannot read the token file {path} (LAMPLIGHTER_TOKEN_FILE): {told_why(error)}", Exit.USAGE
        ) from error
