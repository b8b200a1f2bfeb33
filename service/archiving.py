"""What must be kept of events before they go into an archive: snapshots, so that nobody has to read them again."""

from events.anchor import Broken
from events.errors import LogError
from events.log import EventLog
from service.clock import Clock
from service.config import Settings
from service.live import Live
from service.subscribers.alerts import Alerts


async def keep_views(log: EventLog, clock: Clock) -> None:
    """Write snapshots of now. Raises LogError if the log is broken, or was never read by those who keep views of it."""
    live = Live(log, clock)
    proved = await log.verify(since=await live.recall())
    if isinstance(proved, Broken):
        raise LogError(f"{proved}. Run `lamplighter log verify`")
    await live.catch_up()
    await live.save()
    alerts = Alerts(log=log, clock=clock, settings=Settings(), looked_at=lambda _: None)
    if not await alerts.keep():
        raise LogError(f"subscriber {alerts.name!r} has never read this log: let the daemon run until it has")
