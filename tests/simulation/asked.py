"""The promises on what people ask to be written: done once, under their own name, and told as it ended."""

from collections import defaultdict
from collections.abc import Iterator

from events.catalogue.acts import Confirmed
from tests.simulation.callers import Ask
from tests.simulation.record import Meant, Record
from tests.simulation.witness import ROBOT
from tests.simulation.world import OBSERVED


def asked_once(record: Record) -> Iterator[str]:
    """However often somebody asks with one key, it is meant once, as it was asked, and signed by whoever it must be.

    What is asked by Hugging Face's own API goes with the caller's token, and never with ours.
    """
    for ask, own in _pairs(record):
        if len(own) > 1:
            yield f"{ask.who}: one key, meant {len(own)} times: {[meant.entry.position for meant in own]}"
        for meant in own:
            if (meant.place, meant.intended.command) != (ask.place, ask.command):
                yield f"{ask.who} asked for {ask.verb} of {ask.place}, and meant is {meant.intended}"
            if meant.intended.borrowed != (ask.by == "hub"):
                yield f"{ask.who}: asked by the {ask.by}, and sent with the token of {meant.user}"


def written_by_name(record: Record) -> Iterator[str]:
    """Whatever is written with a caller's token, that caller had asked for, and the log says so under the same name."""
    asks = {ask.who: ask for ask in record.story.asks}
    sent = {id(write) for meant in record.meant if meant.intended.borrowed for write in record.sent(meant)}
    for write in record.writes:
        user = write.request.user or "nobody"
        if not user.startswith(ROBOT) and (user not in asks or id(write) not in sent):
            yield f"{write.request.path} was written at {write.at:%T} as {user}, of which the log does not know"


def told_as_it_ended(record: Record) -> Iterator[str]:
    """Whoever is told that it is done finds it confirmed in the log; whoever was refused, that nothing was sent.

    That there is nothing to do is no refusal: of two who ask at once with one key, one may see what the other did.
    """
    for ask, own in _pairs(record):
        confirmed = [out.at for meant in own for out in meant.outcomes if isinstance(out.event, Confirmed)]
        for tried in ask.tries:
            done = tried.good and (tried.body.get("outcome") == "done" or (ask.by == "hub" and bool(own)))
            if done and not any(at <= tried.answered_at for at in confirmed):
                yield f"{ask.who} was told at {tried.answered_at:%T} that it is done: {tried.body}"
            if done and ask.by == "api" and {meant.intended.intent for meant in own} != {tried.body["intent"]}:
                yield f"{ask.who} was told of another intent: {tried.body['intent']}"
            refused = tried.body.get("outcome") in {"notAllowed", "unfit", "cannotApply"}
            if refused and any(meant.entry.at <= tried.answered_at for meant in own):
                yield f"{ask.who} was refused ({tried.body}), and yet it was meant at {own[0].entry.at:%T}"


def never_where_it_is_observed(record: Record) -> Iterator[str]:
    """Whoever asks for a write where nothing may be written is told so, whichever API he asks.

    One of whom nobody can say who he is, since Hugging Face did not answer that, is told this instead.
    """
    for ask in record.story.asks:
        for tried in ask.tries:
            observed = ask.place.startswith(f"{OBSERVED}/") or record.story.configurations.mode == "observe"
            unknown = tried.code == 502 and "cannot ask whose token serves" in str(tried.body.get("error"))
            if observed and tried.code is not None and tried.code not in {403, 422, 503} and not unknown:
                yield f"{ask.who} asked for {ask.verb} of {ask.place}, and was answered {tried.code}: {tried.body}"


def _pairs(record: Record) -> Iterator[tuple[Ask, list[Meant]]]:
    meant = defaultdict(list)
    for each in record.meant:
        meant[each.entry.recorded.actor].append(each)
    yield from ((ask, meant[ask.actor]) for ask in record.story.asks)
