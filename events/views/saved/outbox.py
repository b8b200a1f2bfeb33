"""The outbox in a snapshot: its incidents, and its letters."""

from collections.abc import Iterable, Iterator

import msgspec

from events.catalogue.notifications import Notified
from events.views.incidents import Incident, Incidents
from events.views.outbox import Letter, Outbox
from events.views.saved.form import Shape

FOLD = 2


class OpenRow(msgspec.Struct, frozen=True, kw_only=True, tag="open"):
    """An incident that is open."""

    incident: Incident


class RecentRow(msgspec.Struct, frozen=True, kw_only=True, tag="recent"):
    """An incident that ended lately."""

    incident: Incident


class PendingRow(msgspec.Struct, frozen=True, kw_only=True, tag="pending"):
    """A letter to send."""

    letter: Letter


class EndedRow(msgspec.Struct, frozen=True, kw_only=True, tag="ended"):
    """A letter that ended lately."""

    letter: Letter


class UntoldRow(msgspec.Struct, frozen=True, kw_only=True, tag="untold"):
    """A firing that ended undelivered, and that the resolve to come will tell."""

    channel: str
    incident: str
    notified: Notified


Row = OpenRow | RecentRow | PendingRow | EndedRow | UntoldRow


def _rows(outbox: Outbox) -> Iterator[Row]:
    incidents = outbox.incidents
    yield from (OpenRow(incident=incident) for incident in incidents.open.values())
    yield from (RecentRow(incident=incident) for incident in incidents.recent)
    yield from (PendingRow(letter=letter) for letter in outbox.pending.values())
    yield from (EndedRow(letter=letter) for letter in outbox.ended)
    for (channel, incident), notified in outbox.untold.items():
        yield UntoldRow(channel=channel, incident=incident, notified=notified)


def _view(position: int, rows: Iterable[Row]) -> Outbox:
    found = list(rows)
    outbox = Outbox(Incidents())
    outbox.position = outbox.incidents.position = position
    outbox.incidents.know(
        open_=(row.incident for row in found if isinstance(row, OpenRow)),
        recent=(row.incident for row in found if isinstance(row, RecentRow)),
    )
    outbox.know(
        pending=(row.letter for row in found if isinstance(row, PendingRow)),
        ended=(row.letter for row in found if isinstance(row, EndedRow)),
        untold={(row.channel, row.incident): row.notified for row in found if isinstance(row, UntoldRow)},
    )
    return outbox


OUTBOX = Shape(name="outbox", fold=FOLD, row=Row, rows=_rows, view=_view)
