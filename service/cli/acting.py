"""`lamplighter pause`, `resume`, `scale-to-zero`, `hold` and `unhold`: what a person asks the daemon to do."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from service.cli.asking import ACT_SECONDS, NotReached, Reply, endpoint_path
from service.cli.calling import EndpointName, Json, OneEndpoint, Url, daemon, wants_json
from service.cli.exits import Exit, Stop
from service.cli.printing import document, say
from service.cli.spelling import counted, moment, parse_endpoint, parse_span

Reason = Annotated[str, typer.Option("--reason", help="Why; it stands in the log.")]
MaybeEndpoint = Annotated[str | None, OneEndpoint]
All = Annotated[bool, typer.Option("--all", help="All endpoints, instead of one.")]


def pause(ctx: typer.Context, endpoint: EndpointName, reason: Reason = "", url: Url = None, json: Json = False) -> None:
    """Pause an endpoint, and see that it took effect."""
    _act(ctx, "pause", endpoint, reason, url, json=json)


def resume(
    ctx: typer.Context, endpoint: EndpointName, reason: Reason = "", url: Url = None, json: Json = False
) -> None:
    """Resume an endpoint, and see that it took effect; `wait` tells when it is ready."""
    _act(ctx, "resume", endpoint, reason, url, json=json)


def scale_to_zero(
    ctx: typer.Context, endpoint: EndpointName, reason: Reason = "", url: Url = None, json: Json = False
) -> None:
    """Scale an endpoint to zero: the next request wakes it."""
    _act(ctx, "scale-to-zero", endpoint, reason, url, json=json)


def hold(
    ctx: typer.Context,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why: whoever wonders reads it.")],
    for_: Annotated[str, typer.Option("--for", metavar="SPAN", help="How long: 2h, 1d.")],
    endpoint: MaybeEndpoint = None,
    everything: All = False,
    url: Url = None,
    json: Json = False,
) -> None:
    """Keep every policy away from an endpoint (or from all) for a while."""
    parse_span(for_)
    if not reason.strip():
        raise Stop("--reason is blank: say why, for whoever wonders reads it", Exit.USAGE)
    path = _hold_path(endpoint, everything=everything)
    asked = daemon(ctx, url)
    told = asked.checked(asked.ask("POST", path, body={"for": for_, "reason": reason}))
    if wants_json(ctx, json):
        document(told)
        return
    say(f"{endpoint or 'all endpoints'}: held until {moment(told.get('until'))}. No policy acts until then.")


def unhold(
    ctx: typer.Context, endpoint: MaybeEndpoint = None, everything: All = False, url: Url = None, json: Json = False
) -> None:
    """Lift the holds on an endpoint (or those on all)."""
    path = _hold_path(endpoint, everything=everything)
    asked = daemon(ctx, url)
    told = asked.checked(asked.ask("DELETE", path))
    if wants_json(ctx, json):
        document(told)
        return
    lifted = told.get("lifted") if isinstance(told, Mapping) else None
    done = "nothing was held" if lifted == 0 else "no longer held"
    how_many = f" ({counted(lifted, 'hold')} lifted)" if lifted else ""
    say(f"{endpoint or 'all endpoints'}: {done}{how_many}")


def _hold_path(endpoint: str | None, *, everything: bool) -> str:
    if everything == (endpoint is not None):
        raise Stop("say which: one endpoint as NS/NAME, or --all", Exit.USAGE)
    return "/api/hold" if endpoint is None else endpoint_path(parse_endpoint(endpoint), "hold")


def _act(ctx: typer.Context, act: str, endpoint: str, reason: str, url: str | None, *, json: bool) -> None:
    path = endpoint_path(parse_endpoint(endpoint), act)
    told_act(ctx, act, endpoint, "POST", path, body={"reason": reason} if reason else {}, url=url, json=json)


def told_act(
    ctx: typer.Context,
    act: str,
    endpoint: str,
    method: str,
    path: str,
    *,
    body: Mapping[str, Any] | None = None,
    reason: str = "",
    url: str | None,
    json: bool,
) -> None:
    """Ask for something to be done, and tell how it ended; `reason` is for what has another body."""
    asked = daemon(ctx, url)
    query = {"reason": reason} if reason else None
    try:
        reply = asked.ask(method, path, query=query, body=body, seconds=ACT_SECONDS)
    except NotReached as error:
        raise (_unanswered(endpoint, act, error) if error.lost else error) from error
    told: dict[str, Any] = reply.document if isinstance(reply.document, dict) else {}
    if told.get("outcome") not in {"done", "nothingToDo"}:
        if "outcome" not in told:
            asked.checked(reply)
        raise _refused(endpoint, reply, told)
    if wants_json(ctx, json):
        document(told)
    elif told["outcome"] == "done":
        say(f"{endpoint}: {'gone' if act == 'delete' else told.get('status')}")
    else:
        say(f"{endpoint}: nothing to do, it is {told.get('status')}")


def _unanswered(endpoint: str, act: str, error: NotReached) -> Stop:
    sentence = (
        f"the daemon at {error.at} was lost before it answered: whether {act} took effect is not known here. "
        f"Look, before asking again: lamplighter events --endpoint {endpoint}"
    )
    return Stop(sentence, Exit.NOT_REACHED)


def _refused(endpoint: str, reply: Reply, told: dict[str, Any]) -> Stop:
    outcome = told["outcome"]
    if outcome == "notAllowed":
        return Stop(f"not allowed: {reply.error}", Exit.NOT_ALLOWED, document=told)
    if outcome in {"unfit", "keyTaken"}:
        return Stop(f"{endpoint}: {reply.error}", Exit.USAGE, document=told)
    if outcome == "cannotApply" and reply.code == 404:
        return Stop(reply.error, Exit.GONE, document=told)
    if outcome == "rejected":
        code = told.get("code")
        exit_code = Exit.NOT_ALLOWED if code in {401, 403} else Exit.FAILED
        said = "came to nothing" if code is None else f"Hugging Face said no ({code})"
        return Stop(f"{endpoint}: {said}: {reply.error}", exit_code, document=told)
    if outcome == "givenUp":
        return Stop(f"{endpoint}: given up, nothing more is sent: {reply.error}", Exit.FAILED, document=told)
    return Stop(reply.error, Exit.FAILED, document=told)
