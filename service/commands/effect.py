"""Whether a command had its effect, told from what was seen; pure."""

from events.catalogue.acts import Intended
from service.commands import wanted
from service.ports import Item
from service.watch.track import Track
from statemachine.configuration import Scalar
from statemachine.machine import Command
from statemachine.model import Seen
from statemachine.status import AnyStatus, Status


def shows(command: Command, status: AnyStatus) -> bool:
    """Return whether a status is the effect of a command."""
    match command:
        case Command.PAUSE:
            return status is Status.PAUSED
        case Command.SCALE_TO_ZERO:
            return status is Status.SCALED_TO_ZERO
        case Command.RESUME:
            return status in {Status.PENDING, Status.INITIALIZING, Status.RUNNING, Status.UPDATING}
        case _:
            return False


def effect_of(intended: Intended, track: Track) -> AnyStatus | None:
    """Return the status in which a command shows its effect on an endpoint as it was last seen, or None.

    Of one that cannot be read now, the status is that of some earlier time, and shows nothing.
    """
    command, status = Command(intended.command), track.endpoint.status
    match command:
        case Command.UPDATE:
            edited = track.edited_at is not None and track.edited_at != intended.updated_at
            return status if edited and track.life == intended.life and wanted.shows(intended, track) else None
        case Command.DELETE:
            gone = status is Status.ABSENT or (track.life is not None and track.life != intended.life)
            return Status.ABSENT if gone else None
        case _:
            return status if track.endpoint.readable and shows(command, status) else None


def undone(command: Command, answer: Item | None, track: Track) -> AnyStatus | None:
    """Return the status that the answer showed, if the effect was there and somebody has edited the endpoint since."""
    if answer is None or not isinstance(answer.observation, Seen):
        return None
    shown = answer.observation.sighting
    return shown.status if track.edited_at != shown.updated_at and shows(command, shown.status) else None


def scaling_of(track: Track) -> dict[str, Scalar]:
    """Return `compute.scaling` as it was last seen, by its dotted paths."""
    configuration = track.endpoint.sighting.configuration if track.endpoint.sighting else {}
    return {path: value for path, value in configuration.items() if path.startswith("compute.scaling.")}
