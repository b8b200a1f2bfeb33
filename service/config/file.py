"""From a file, the environment and flags to settings, and back to the line that says something.

`mode = "act"` counts only where the file says it. A key that this version does not know is refused by name; one that
is planned is refused by a sentence that says so.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from service.config.settings import Misplaced, Mode, Settings, flatten
from service.failures import told_why
from service.knownkeys import unknown_key

# What belongs to later versions: the path, with * for any part, and what to do today.
LATER = {
    "policies.*.when.schedule": "only when = { max_age = … } is there yet",
    "policies.*.when.budget": "only when = { max_age = … } is there yet",
    "policies.*.when.stuck": "stuck endpoints are alerted: see [incidents] stuck_for",
    "policies.*.when.failed": "failed endpoints are alerted",
    "policies.*.even_if_scarce": "hardware that is scarce is not looked at yet",
    "channels.*.pagerduty_key_file": "only a webhook (url or url_file) or a command is there yet",
    "channels.*.apprise": "only a webhook (url or url_file) or a command is there yet",
    "alerts.*.digest": "every message is sent by itself",
    "alerts.*.owner": "routes do not know owners yet",
    "roles": "one token may write: see the README",
}

# What the environment may say. Whether and where something is written is not among it, in whatever spelling.
IN_THE_ENVIRONMENT = ("hub_url", "log", "listen", "public_url", "token_file", "settle", "zone")


class ConfigError(Exception):
    """The configuration cannot be used; the message says where and what to do."""


class Configuration:
    """Settings together with the file they came from, so that an answer can name the line to change."""

    def __init__(self, settings: Settings, *, path: Path | None = None, text: str = "") -> None:
        """Without a file there is no right to act, whatever else is said."""
        self.settings = settings
        self.path = path
        self._text = text

    def acts(self, namespace: str) -> bool:
        """Return whether this process may write to a namespace: the stricter mode wins, and only a file may allow."""
        own = self.settings.namespaces.get(namespace)
        if self.path is None or own is None:
            return False
        return self.settings.mode is Mode.ACT and own.mode is Mode.ACT

    def why_observe(self, namespace: str) -> str:
        """Return the sentence that says why nothing is written to a namespace, and the line to change."""
        if self.path is None:
            return (
                f"{namespace} is in observe mode: this daemon runs without a configuration file. "
                'Write one that says mode = "act", and start with --config. Nothing was sent.'
            )
        if self.settings.mode is Mode.OBSERVE:
            line = self._line(r"mode\s*=", section=None)
            where = f"line {line}" if line else 'which does not say mode = "act"'
            return f"{namespace} is in observe mode ({self.path.name} {where}). Nothing was sent."
        if namespace not in self.settings.namespaces:
            return f"{namespace} is not watched: name it under [namespaces] in {self.path.name}. Nothing was sent."
        line = self._line(rf'"?{re.escape(namespace)}"?\s*=.*\bmode\s*=', section="namespaces")
        line = line or self._line(r"mode\s*=", section=f"namespaces.{namespace}")
        where = f"line {line}" if line else f"which does not name {namespace} under [namespaces]"
        return f"{namespace} is in observe mode ({self.path.name} {where}). Nothing was sent."

    def _line(self, pattern: str, *, section: str | None) -> int | None:
        current: str | None = None
        for number, line in enumerate(self._text.splitlines(), 1):
            header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line)
            if header:
                current = header[1].replace('"', "")
            elif current == section and re.match(rf"\s*{pattern}", line):
                return number
        return None


def load(path: Path | None, flags: Mapping[str, Any] | None = None) -> Configuration:
    """Read a configuration file, the environment and flags (flags win); raise ConfigError with what to do.

    Flags are settings by their names, and `namespace`: the names to watch, instead of those in the file.
    """
    text = _read(path) if path else ""
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # not only TOMLDecodeError: numbers without end, lists without bottom
        raise ConfigError(f"{path}: not TOML: {error}") from error
    _refuse_what_comes_later(values, path)
    given = {key: value for key, value in (flags or {}).items() if value}
    if names := given.pop("namespace", None):
        # What is only named on the command line is only observed.
        given["namespaces"] = {name: values.get("namespaces", {}).get(name, {"mode": "observe"}) for name in names}
    try:
        settings = Settings(**{**_environment(), **values, **given})
    except ValidationError as error:
        lines = [f"  {_place(item)}: {_complaint(item)}" for item in error.errors()]
        message = "\n".join([f"{path or 'flags and environment'}: cannot be used", *lines])
        raise ConfigError(message) from error
    if not settings.namespaces:
        raise ConfigError(
            f"{path or 'flags'}: nothing to watch: name a namespace under [namespaces], or by --namespace"
        )
    if path is None and settings.mode is Mode.ACT:
        raise ConfigError('act needs a configuration file that says mode = "act": use --config')
    return Configuration(settings, path=path, text=text)


def _environment() -> dict[str, str]:
    """Return what the environment says; refuse what it may not say, however it is spelt."""
    said = {}
    for variable, value in os.environ.items():
        key = variable.lower().removeprefix("lamplighter_")
        if not variable.upper().startswith("LAMPLIGHTER_") or key not in Settings.model_fields:
            continue
        if key not in IN_THE_ENVIRONMENT:
            raise ConfigError(f"{variable} is not read: say {key} in a configuration file")
        said[key] = value
    return said


def _place(error: Mapping[str, Any]) -> str:
    known = error.get("ctx", {}).get("error")
    return known.place if isinstance(known, Misplaced) else ".".join(map(str, error["loc"])) or "file"


def _complaint(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return unknown_key(Settings, error["loc"])
    return str(error["msg"]).removeprefix("Value error, ")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {told_why(error)}") from error


def _refuse_what_comes_later(values: Mapping[str, Any], path: Path | None) -> None:
    for key in flatten(values):
        for pattern, instead in LATER.items():
            if fnmatchcase(key, pattern) or fnmatchcase(key, pattern + ".*"):
                raise ConfigError(f"{path}: {key} belongs to a later version and would do nothing: {instead}")
