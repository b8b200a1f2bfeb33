"""Which configuration is in force, as the log tells it: every masked value, and whether a newer file was refused."""

from events.catalogue import Event
from events.catalogue.daemon import ConfigurationApplied, ConfigurationRefused
from events.record import Recorded
from statemachine.configuration import Scalar


class Configured:
    """What the applied changes add up to, up to `position`; `digest` is None before the first."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.position = 0
        self.digest: str | None = None
        self.refused = False
        self.flat: dict[str, Scalar] = {}

    def apply(self, recorded: Recorded, event: Event) -> None:
        """Take in the next event of the log; one that was taken in before changes nothing."""
        if recorded.position <= self.position:
            return
        self.position = recorded.position
        match event:
            case ConfigurationApplied(digest=digest, changes=changes):
                self.digest, self.refused, self.flat = digest, False, {**self.flat, **changes}
            case ConfigurationRefused():
                self.refused = True
            case _:
                pass

    def still(self) -> "Configured":
        """Return what is known now; what comes later does not change it."""
        still = Configured()
        still.position, still.digest, still.refused, still.flat = self.position, self.digest, self.refused, self.flat
        return still
