"""When it happened: the bounds of the instant of what a look tells.

Time is judged by whoever looks: a wall clock that jumped back is met here only so far that no window ends before it
begins, and that none begins before the one of the event before it ends. Which of two looks came first is not told
by wall time at all, but by `is_late`.
"""

from datetime import UTC, datetime, timedelta

from statemachine.model import Discovered, Endpoint, Look, Window

FIRST_INSTANT = datetime.min.replace(tzinfo=UTC)


def is_late(look: Look, other: Look) -> bool:
    """Say whether a look was asked for before another was answered: it may tell what was true before the other."""
    return look.asked < other.answered


def window_of(endpoint: Endpoint, look: Look, *, not_before: datetime | None, gap: bool) -> Window:
    """Bound the instant of what this look tells; `not_before` and `gap` as in `decide`.

    A last look that is later than this answer (the wall clock jumped back in between) bounds nothing, and counts as
    none. While the document could not be read nothing was known, whatever the looks at the namespace said: the window
    begins at the last readable look, and has a gap. At last both ends are pulled up to the end of the latest event's
    window, so that no two overlap; what that cuts off is the blur.
    """
    seen_at = look.answered_at
    latest = endpoint.latest
    if latest is None:
        return Window(not_before=min(not_before or seen_at, seen_at), seen_at=seen_at, gap=gap)
    begin = earliest(latest)
    if endpoint.readable and not_before is not None and not_before <= seen_at:
        begin = max(begin, not_before)
    return Window(
        not_before=max(begin, latest.seen_at),
        seen_at=max(seen_at, latest.seen_at),
        gap=gap or not endpoint.readable,
        blur_seconds=max(0.0, (latest.seen_at - begin).total_seconds()),
    )


def window_of_discovery(event: Discovered) -> Window:
    """Bound the beginning of the first status: no earlier than the endpoint was absent, or else than it was created."""
    begin = event.sighting.created_at if event.absent_at is None else event.absent_at
    return Window(
        not_before=min(begin, event.seen_at),
        seen_at=event.seen_at,
        gap=event.gap or event.absent_at is None,
        blur_seconds=event.blur_seconds,
    )


def earliest(window: Window) -> datetime:
    """Return the earliest instant that a window allows, its blur included. Total, whatever number the blur is."""
    if not window.blur_seconds > 0:
        return window.not_before
    room = window.not_before - FIRST_INSTANT
    if window.blur_seconds >= room.total_seconds():  # a float, and so it may be rounded to more than there is room for
        return FIRST_INSTANT
    return window.not_before - timedelta(seconds=window.blur_seconds)
