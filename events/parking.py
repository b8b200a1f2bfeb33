"""Handing an event to a subscriber; what becomes of one that it cannot take: set aside, replayed, or skipped.

Whatever is done with an event that was set aside is told by the log, with who did it and why, in the stream
`subscriber/NAME`; the row that sets it aside goes in the very unit that holds what came of it. So a crash in between is
not possible: after one, the event is still there to be replayed, or its effect is, and never both.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from events import codec, streams
from events.catalogue import Event
from events.catalogue.parked import EventParked, EventReplayed, EventSkipped
from events.errors import LogError, LogUnusable
from events.log import EventLog
from events.query import Query
from events.record import Recorded
from events.unit import (
    AlreadyDecided,
    CursorMove,
    CursorMoved,
    FencedOff,
    IdReused,
    NotParked,
    Parked,
    Result,
    StaleVersion,
    Unit,
    Unparked,
    Write,
)

DECISIONS = 10  # tries of one event that come to nothing because another writer was first
ERROR_LETTERS = 1000

Told = EventParked | EventReplayed | EventSkipped


class NothingParked(LogError):
    """There is no such event set aside; the message says which there could be."""


class StillParked(LogError):
    """The subscriber could not take the event this time either; the message says why."""


class Time(Protocol):
    """Where time comes from; it is an argument here, as everywhere."""

    def now(self) -> datetime:
        """Return the wall time."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        ...


class Subscriber(Protocol):
    """Takes events, one at a time and in order; gets each at least once."""

    @property
    def name(self) -> str:
        """Return the name of its cursor."""
        ...

    @property
    def types(self) -> tuple[str, ...]:
        """Return the types that it wants; none means all."""
        ...

    async def handle(self, recorded: Recorded, event: Event) -> Unit | None:
        """Return what to append because of this event, or None; the cursor's move is added to it.

        A unit should be one decision: when it was made before, nothing of the unit is written. It is asked again when
        the unit's versions are stale, when it raised, and after a crash. An event that was set aside may come again
        at any later time, also while another one is being handled.
        """
        ...


async def hand_over(
    log: EventLog,
    subscriber: Subscriber,
    recorded: Recorded,
    event: Event,
    with_: Callable[[Unit], Awaitable[Unit]],
) -> Result | None:
    """Append what comes of an event, together with what `with_` adds; None if nothing comes of it.

    Decided anew when another writer was first; raises LogError when that happens too often.
    """
    refused: object = None
    for _ in range(DECISIONS):
        unit = await subscriber.handle(recorded, event)
        if unit is None:
            return None
        [result] = await log.append([await with_(unit)])
        if not isinstance(result, IdReused | StaleVersion):
            return result
        refused = result
    raise LogError(f"{subscriber.name!r} cannot append what comes of position {recorded.position}: {refused}")


async def set_aside(
    log: EventLog, name: str, recorded: Recorded, error: Exception, *, now: datetime, move: CursorMove | None
) -> CursorMoved | None:
    """Set an event aside and move the cursor past it, or tell that it is elsewhere; without a move, say anew why."""
    told = EventParked(subscriber=name, position=recorded.position, error=text_of(error))
    parked = Parked(name=name, position=recorded.position, error=told.error)
    unit = Unit(cursor=move, parking=parked)
    result = await _append(log, unit, told, actor=f"subscriber:{name}", now=now)
    return result if isinstance(result, CursorMoved) else None


async def replay(
    log: EventLog,
    subscriber: Subscriber,
    position: int,
    *,
    actor: str,
    why: str,
    now: Callable[[], datetime],
    wanted: bool = False,
    id_: str | None = None,
) -> None:
    """Hand an event that was set aside to its subscriber again, once. Raises NothingParked, StillParked.

    `wanted`: of this subscriber, None says that it does not want the event (any more), and so did not take it. `id_` is
    that of the event which tells of it: whether the log holds it tells whoever asks again.
    """
    name = subscriber.name
    recorded = await _parked(log, name, position)
    told = EventReplayed(subscriber=name, position=position, why=why)

    async def and_take_back(unit: Unit) -> Unit:
        unit = replace(unit, parking=Unparked(name=name, position=position))
        return await _telling(log, unit, told, actor=actor, now=now(), id_=id_)

    try:
        result = await hand_over(log, subscriber, recorded, codec.decode(recorded), and_take_back)
    except LogUnusable:
        raise
    except Exception as error:
        await set_aside(log, name, recorded, error, now=now(), move=None)
        raise StillParked(f"{name!r} did not take position {position} this time either: {text_of(error)}") from error
    if result is None and wanted:
        raise StillParked(f"{name!r} does not want position {position}, as it is configured now: skip it")
    if result is None or isinstance(result, AlreadyDecided):
        unit = Unit(parking=Unparked(name=name, position=position))
        result = await _append(log, unit, told, actor=actor, now=now(), id_=id_)
    if isinstance(result, NotParked):
        raise _nothing(name, position)
    if isinstance(result, FencedOff):
        raise LogError(f"{name!r} was given position {position} in vain: {result}")


async def skip(
    log: EventLog, name: str, position: int, *, actor: str, why: str, now: datetime, id_: str | None = None
) -> None:
    """Give an event up that was set aside. Raises NothingParked.

    `id_` is that of the event which tells of it: given up under one id, it is so for whoever asks with that id again.
    """
    told = EventSkipped(subscriber=name, position=position, why=why)
    unit = Unit(parking=Unparked(name=name, position=position))
    if isinstance(await _append(log, unit, told, actor=actor, now=now, id_=id_), NotParked):
        raise _nothing(name, position)


def text_of(error: Exception) -> str:
    """Return what an error says, short enough for a row, and as a line: a receiver may have chosen the words."""
    said = "".join(letter if letter.isprintable() else " " for letter in f"{type(error).__name__}: {error}")
    return " ".join(said.split())[:ERROR_LETTERS]


async def _parked(log: EventLog, name: str, position: int) -> Recorded:
    """Return an event that was set aside."""
    if all(parked.position != position for parked in await log.parked(name)):
        raise _nothing(name, position)
    page = await log.read(Query(after=position - 1, before=position + 1))
    if not page.events:
        raise NothingParked(f"position {position} can be read no more, so {name!r} cannot be given it: skip it")
    return page.events[0]


def _nothing(name: str, position: int) -> NothingParked:
    return NothingParked(f"{name!r} set nothing aside at position {position}: `lamplighter parked` lists what there is")


async def _append(
    log: EventLog, unit: Unit, told: Told, *, actor: str, now: datetime, id_: str | None = None
) -> Result:
    """Append a unit with what it tells, again as long as another event of the subscriber's stream was first."""
    while True:
        [result] = await log.append([await _telling(log, unit, told, actor=actor, now=now, id_=id_)])
        if not isinstance(result, StaleVersion):
            return result


async def _telling(log: EventLog, unit: Unit, told: Told, *, actor: str, now: datetime, id_: str | None = None) -> Unit:
    """Return a unit with the event that tells of it, on the present version of its stream."""
    stream = streams.subscriber(told.subscriber)
    version = await log.version(stream)
    if id_ is None:
        draft = codec.fact(stream, version + 1, told, time=now, actor=actor)
    else:
        draft = codec.decision(id_, told, time=now, actor=actor)
    return replace(unit, streams={**unit.streams, stream: Write(expected=version, drafts=(draft,))})
