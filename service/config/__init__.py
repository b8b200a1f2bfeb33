"""The configuration: `settings` is what it may say, `file` how it is read.

Neither a flag nor the environment can give the right to write.
"""

from service.config.file import ConfigError, Configuration, load
from service.config.receivers import Channel, Hook, Receiver
from service.config.settings import (
    SQLITE,
    Group,
    Incidents,
    Mode,
    Namespace,
    Policy,
    Poll,
    Route,
    Settings,
    When,
)
from service.durations import parse_duration

__all__ = [
    "SQLITE",
    "Channel",
    "ConfigError",
    "Configuration",
    "Group",
    "Hook",
    "Incidents",
    "Mode",
    "Namespace",
    "Policy",
    "Poll",
    "Receiver",
    "Route",
    "Settings",
    "When",
    "load",
    "parse_duration",
]
