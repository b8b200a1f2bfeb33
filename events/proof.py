"""The proof of a log: its hash chain worked out anew, event by event, whatever store it lies in.

No column is trusted. What the chain covers must give the hashes that stand there; what is worked out from other columns
(the subject, the facets) must be what it was worked out to be. A payload that was redacted is not the one that the
chain covers: a later event, which the chain does cover, must tell of its replacement.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from events.anchor import BEGINNING, Anchor, Broken
from events.catalogue import Event
from events.catalogue.log import Redacted
from events.chain import digest, hashed, link
from events.codec import Undecodable, decode, known
from events.facets import Facets, facets
from events.record import Recorded, Sealed
from events.streams import subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Stub:
    """What the chain covers of an event, as a store holds it; of an archived event nothing else stays."""

    position: int
    id: str
    stream: str
    version: int
    type: str
    schema: int
    time: str
    actor: str
    data_hash: bytes

    def after(self, previous: bytes) -> bytes:
        """Return the hash that the event has if it follows one with that hash."""
        texts = (self.stream, self.id, self.type, self.time, self.actor)
        return hashed(previous, self.data_hash, (self.position, self.version, self.schema), texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An event as a store holds it: every column."""

    stub: Stub
    namespace: str | None
    name: str | None
    facets: Facets
    data: bytes
    redacted: int | None
    hash: bytes

    @property
    def recorded(self) -> Recorded:
        """Return the event."""
        stub = self.stub
        return Recorded(
            position=stub.position,
            id=stub.id,
            stream=stub.stream,
            version=stub.version,
            type=stub.type,
            schema=stub.schema,
            instant=stub.time,
            actor=stub.actor,
            data=self.data,
        )


def row(event: Sealed, facets: Facets) -> Row:
    """Return an event as a store would hold it that finds it by these facets."""
    recorded, about = event.recorded, subject(event.recorded.stream)
    stub = Stub(
        position=recorded.position,
        id=recorded.id,
        stream=recorded.stream,
        version=recorded.version,
        type=recorded.type,
        schema=recorded.schema,
        time=recorded.instant,
        actor=recorded.actor,
        data_hash=event.data_hash,
    )
    return Row(
        stub=stub,
        namespace=about.namespace,
        name=about.name,
        facets=facets,
        data=recorded.data,
        redacted=event.redacted,
        hash=event.hash,
    )


@dataclass(frozen=True, slots=True)
class _Claim:
    """What an event whose payload was replaced needs to be told of it, by the position that it names."""

    position: int
    data_hash: str
    replaced_by: str


class Walk:
    """Goes along a chain from where it is known to hold; `at` is how far it was found to hold.

    Each step returns what is broken, if anything is, and the walk is then over.
    """

    def __init__(self, since: Anchor = BEGINNING, anchors: Sequence[Anchor] = ()) -> None:
        """Start behind `since`, and compare with anchors on the way. Raises ValueError for one that lies before."""
        self.at = since
        self._anchors: defaultdict[int, list[Anchor]] = defaultdict(list)
        self._claims: defaultdict[int, list[_Claim]] = defaultdict(list)
        for anchor in anchors:
            if anchor.position < since.position:
                raise ValueError(
                    f"the anchor {anchor} lies before position {since.position}: verify from the beginning"
                )
            self._anchors[anchor.position].append(anchor)

    def begin(self) -> Broken | None:
        """Compare with the anchors of the place from which the walk starts."""
        return self._unlike_its_anchors()

    def pass_stub(self, stub: Stub) -> Broken | None:
        """Go past an archived event; whether it is what it was, the end of its segment shows."""
        if missing := self._missing(stub.position):
            return missing
        self.at = Anchor(position=stub.position, hash=stub.after(self.at.hash))
        self._claims.pop(stub.position, None)  # of events that were archived with it since they were passed
        return self._unlike_its_anchors()

    def pass_end(self, first: int, last: int, hash_: bytes) -> Broken | None:
        """Compare with the hash at an end of an archived segment, whose events reach from `first` to `last`."""
        if self.at.hash == hash_:
            return None
        return Broken(position=first, why=f"what is kept of the archived events {first} to {last} is not theirs")

    def step(self, row: Row) -> Broken | None:
        """Go past an event."""
        stub = row.stub
        if missing := self._missing(stub.position):
            return missing
        hash_, recorded = stub.after(self.at.hash), row.recorded
        why = _wrong_payload(row) or (None if hash_ == row.hash else "its columns do not give its hash")
        why = why or _wrong_for_queries(row, recorded)
        if why is not None:
            return Broken(position=stub.position, why=why)
        self.at = Anchor(position=stub.position, hash=hash_)
        self._claim(row.redacted, recorded, stub.data_hash)
        return self._untold(recorded) or self._unlike_its_anchors()

    def follow(self, event: Sealed) -> Broken | None:
        """Go past an event of a copy, which has no column beside what the chain covers.

        Its `data_hash` was worked out from its payload as that was read, unless it was redacted.
        """
        recorded = event.recorded
        if missing := self._missing(recorded.position):
            return missing
        hash_ = link(self.at.hash, recorded, event.data_hash)
        why = _told_before(event.redacted, recorded.position)
        if why is None and hash_ != event.hash:
            why = "its columns do not give its hash"
        if why is not None:
            return Broken(position=recorded.position, why=why)
        self.at = Anchor(position=recorded.position, hash=hash_)
        self._claim(event.redacted, recorded, event.data_hash)
        return self._untold(recorded) or self._unlike_its_anchors()

    def end(self, head: Anchor) -> Broken | None:
        """Compare with what the store says of its own end."""
        at = self.at
        if head.position > at.position:
            return Broken(position=at.position + 1, why=f"it is missing: the log reaches to {head.position}")
        if head.position < at.position:
            return Broken(position=head.position + 1, why="it stands beyond the head of the log")
        if head.hash != at.hash:
            return Broken(position=at.position, why="the head of the log has another hash than its events give")
        claims = [claim.position for claims in self._claims.values() for claim in claims]
        if claims:
            return Broken(position=min(claims), why="its payload was replaced, and no later event tells of it")
        beyond = max(self._anchors, default=0)
        if beyond > at.position:
            return Broken(position=at.position + 1, why=f"it is missing: an anchor knows position {beyond}")
        return None

    def _missing(self, position: int) -> Broken | None:
        wanted = self.at.position + 1
        return None if position == wanted else Broken(position=wanted, why=f"it is missing: {position} comes next")

    def _unlike_its_anchors(self) -> Broken | None:
        at = self.at
        if all(anchor == at for anchor in self._anchors.get(at.position, ())):
            return None
        return Broken(position=at.position, why=f"here or before, history is not what the anchor knows: now it is {at}")

    def _claim(self, redacted: int | None, recorded: Recorded, data_hash: bytes) -> None:
        """Remember what a redacted event needs to be told of it."""
        if redacted is not None:
            claim = _Claim(recorded.position, data_hash.hex(), digest(recorded.data).hex())
            self._claims[redacted].append(claim)

    def _untold(self, recorded: Recorded) -> Broken | None:
        """Return the first event that names this one as what tells of its redaction, if it does not."""
        claims = self._claims.pop(recorded.position, ())
        told = _told(recorded) if claims else None
        for claim in claims:
            if claim != told:
                why = f"its payload was replaced, and position {recorded.position} does not tell of it"
                return Broken(position=claim.position, why=why)
        return None


def _told(recorded: Recorded) -> _Claim | None:
    event = _decoded(recorded)
    return _Claim(event.position, event.data_hash, event.replaced_by) if isinstance(event, Redacted) else None


def _wrong_payload(row: Row) -> str | None:
    if row.redacted is None:
        return None if digest(row.data) == row.stub.data_hash else "its payload is not the one that was written"
    return _told_before(row.redacted, row.stub.position)


def _told_before(redacted: int | None, position: int) -> str | None:
    if redacted is not None and redacted <= position:
        return f"it calls itself redacted by position {redacted}, which was before it"
    return None


def _wrong_for_queries(row: Row, recorded: Recorded) -> str | None:
    """Return what is wrong with the columns by which the event is found."""
    about = subject(row.stub.stream)
    if (row.namespace, row.name) != (about.namespace, about.name):
        return f"it is found under another namespace or name than its stream {row.stub.stream!r} has"
    if not known(row.stub.type, row.stub.schema):
        return None  # a newer version wrote it, and knows by what it is found
    event = _decoded(recorded)
    if row.facets != (Facets() if event is None else facets(event)):
        return "it is found under another status, cause, policy or intent than its payload has"
    return None


def _decoded(recorded: Recorded) -> Event | None:
    """Return the event, or None if it cannot be understood."""
    try:
        return decode(recorded)
    except Undecodable:
        return None
