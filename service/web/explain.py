"""Why an endpoint is as it is, what comes next and what holds it, in sentences; pure. Nothing is claimed unseen."""

from collections.abc import Iterator, Sequence

from service.subscribers.plan import STALE
from service.web import because, coming, keepers, shapes
from service.web.spoken import instant, span
from service.web.told import Told


def passages(
    told: Told, to_come: Sequence[shapes.Step], held_by: Sequence[shapes.Keeper]
) -> tuple[shapes.Passage, ...]:
    """Return what there is to say, by topic; one of which there is nothing to say is left out."""
    found = {
        "state": (_state(told), *_doubts(told)),
        "why": tuple(because.sentences(told)),
        "next": tuple(coming.sentences(told, to_come)),
        "held": tuple(keepers.sentences(told, held_by)),
    }
    return tuple(shapes.Passage(topic=topic, sentences=said) for topic, said in found.items() if said)


def _state(told: Told) -> str:
    shown = told.shown
    if told.gone:
        return f"{shown.status}: it is gone."
    words = [shown.status]
    if shown.target_replicas is not None:
        ready = "?" if shown.ready_replicas is None else shown.ready_replicas
        words.append(f"{ready} of {shown.target_replicas} replicas")
    if shown.seconds_since_seen is not None:
        words.append(f"seen {span(shown.seconds_since_seen)} ago")
    elif shown.watched:
        words.append("not looked at since the daemon started")
    else:
        words.append(f"not looked at: {shown.namespace} is not under [namespaces]")
    return f"{', '.join(words)}."


def _doubts(told: Told) -> Iterator[str]:
    shown = told.shown
    if not shown.readable and not told.gone:
        yield "Its document cannot be read: what stands here is the last that could be."
    if trouble := told.health.unreachable:
        yield (
            f"{shown.namespace} cannot be read since {instant(trouble.since)} ({trouble.detail}): "
            "what stands here is from before."
        )
    elif shown.seconds_since_seen is not None and shown.seconds_since_seen > STALE.total_seconds() and not told.gone:
        yield "That is too long ago to act on: it may have changed since."
    if suspected := told.health.suspected:
        here = f", {shown.endpoint} among them" if shown.name in suspected.missing else ""
        yield (
            f"{len(suspected.missing)} of {suspected.known} endpoints of {shown.namespace} vanished at once{here}: "
            "nothing counts as deleted yet."
        )
