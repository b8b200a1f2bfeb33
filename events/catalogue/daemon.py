"""What a daemon tells of itself: when it was there, and by which configuration."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from statemachine.configuration import Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonStarted:
    """A daemon opened the log. `down_since` is the board's last sign of life before, if there was one.

    `version`: which Lamplighter it is. `mode`: observe or act. `configuration`: the digest of what it goes by.
    """

    version: str
    mode: str
    configuration: str
    down_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonStopped:
    """A daemon ended in good order; `reason` says what made it."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationApplied:
    """A configuration came into force; `changes` is the masked difference, path to new value, from the one before.

    `digest` tells this configuration from others.
    """

    digest: str
    changes: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationRefused:
    """A configuration could not be read, for `reason`; the one before stays in force."""

    reason: str
