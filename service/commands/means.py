"""What a command acts through, handed to whoever decides on one and to whoever carries it out."""

from collections.abc import Mapping
from dataclasses import dataclass

from events.log import EventLog
from service.clock import Clock
from service.config import Configuration
from service.live import Live
from service.ports import Writer
from service.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """`writers` holds only the namespaces that this process may write to."""

    log: EventLog
    live: Live
    watch: Watch
    writers: Mapping[str, Writer]
    clock: Clock
    configuration: Configuration
