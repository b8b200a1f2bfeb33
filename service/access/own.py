"""The token that lets a caller write: made at the first start, in a file that only its owner can read."""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from service.config import ConfigError, Settings
from service.failures import told_why
from service.places import token_file

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def host_and_port(listen: str) -> tuple[str, int]:
    """Return the two parts of HOST:PORT."""
    parts = urlsplit(f"//{listen}")
    return parts.hostname or "127.0.0.1", parts.port if parts.port is not None else 8787


def spell(host: str, port: int) -> str:
    """Return HOST:PORT, as a URL holds it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def load_token(settings: Settings) -> str:
    """Return the token; make it if none is configured, or raise ConfigError beyond loopback."""
    host, port = host_and_port(settings.listen)
    if settings.token_file is not None:
        return _read(settings.token_file)
    if host not in LOOPBACK:
        raise ConfigError(
            f"cannot listen on {settings.listen} without a token: anybody who reaches it could read. "
            "Write one into a file and name it as token_file, or listen on 127.0.0.1"
        )
    path = token_file(host, port)
    if not path.exists():
        _make(path)
    return _read(path)


def _make(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"ll_{secrets.token_urlsafe(32)}\n")
    except OSError as error:
        raise ConfigError(
            f"cannot keep a token in {path}: {error.strerror}; set XDG_DATA_HOME to a folder that can be written, "
            "or name a token_file"
        ) from error


def _read(path: Path) -> str:
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the token file {path}: {told_why(error)}") from error
    if len(token) < 16:  # shorter ones can be guessed
        raise ConfigError(f"the token in {path} is too short to be one: write at least 16 characters")
    return token
