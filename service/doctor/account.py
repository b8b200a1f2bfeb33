"""What a namespace's token can do, found by doing it. Nothing that would change anything is tried, and that is said."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from service.doctor.findings import Check, Verdict
from service.ports import HubError, Inspector, Sweep
from statemachine.model import EndpointName, Seen
from statemachine.status import FACTS, Status

Trial = Callable[[], Awaitable[str]]


async def examine_namespace(hub: Inspector, namespace: str, now: datetime) -> list[Check]:
    """Try all that reads, one after the other; what needs an endpoint is tried on one that runs, if there is one."""
    checks = [await _try("identity", namespace, lambda: _identity(hub, namespace))]
    try:
        sweep = await hub.sweep(namespace)
    except HubError as error:
        checks.append(_failed("list", namespace, error))
        return [*checks, _writes(namespace)]
    checks.append(
        _check("list", namespace, Verdict.OK, f"{len(sweep.items)} endpoint{'' if len(sweep.items) == 1 else 's'}")
    )
    checks.append(await _try("prices", namespace, lambda: _prices(hub, namespace)))
    checks.append(await _try("audit log", namespace, lambda: _audit(hub, namespace)))
    names = specimens(sweep)
    checks.append(await _try_on(names, "metrics", namespace, lambda name: _metrics(hub, name, now)))
    checks.append(await _try_on(names, "open metrics", namespace, lambda name: _open_metrics(hub, name)))
    return [*checks, _writes(namespace)]


def specimens(sweep: Sweep) -> list[EndpointName]:
    """Return the few endpoints to try things on: such as serve, or else any."""
    serving = [
        name
        for name, item in sweep.items.items()
        if isinstance(item.observation, Seen)
        and isinstance(status := item.observation.sighting.status, Status)
        and FACTS[status].serves
    ]
    return sorted(serving or sweep.items)[:MOST_SPECIMENS]


MOST_SPECIMENS = 3  # what one endpoint lacks, all may have: a few tell
NEEDED_FOR: Mapping[str, str] = {
    "prices": "costs stay unknown",
    "audit log": "who did what is known from the documents alone (it is a feature of paid accounts)",
    "metrics": "nobody can tell what is idle: everything counts as active",
    "open metrics": "requests are known from the metrics route alone (it is a feature of Team and Enterprise)",
}


async def _identity(hub: Inspector, namespace: str) -> str:
    identity = await hub.whoami(namespace)
    if namespace not in identity.namespaces:
        raise HubError(f"the token of {identity.name} does not name {namespace}: let it read that organisation")
    return f"the token of {identity.name}"


async def _prices(hub: Inspector, namespace: str) -> str:
    return f"{len(await hub.prices(namespace))} kinds of hardware"


async def _audit(hub: Inspector, namespace: str) -> str:
    entries = await hub.audit_log(namespace)
    return f"{len(entries)} entries"


async def _metrics(hub: Inspector, name: EndpointName, now: datetime) -> str:
    told = await hub.request_counts(name, since=now - timedelta(days=1), until=now, step=timedelta(hours=1))
    if not told.counts:
        raise HubError(f"{name} has no request data of the last day")
    return f"{sum(count for _, count in told.counts)} requests to {name} in the last day"


async def _open_metrics(hub: Inspector, name: EndpointName) -> str:
    return f"{len(await hub.open_metrics(name))} samples of {name}"


async def _try(what: str, namespace: str, trial: Trial) -> Check:
    try:
        return _check(what, namespace, Verdict.OK, await trial())
    except HubError as error:
        return _failed(what, namespace, error)


async def _try_on(
    names: Sequence[EndpointName], what: str, namespace: str, trial: Callable[[EndpointName], Awaitable[str]]
) -> Check:
    """Try something on one endpoint after the other, until it works on one."""
    check = _check(what, namespace, Verdict.NOT_TRIED, "there is no endpoint to try it on")
    for name in names:
        check = await _try(what, namespace, partial(trial, name))
        if check.verdict is Verdict.OK:
            break
    return check


def _failed(what: str, namespace: str, error: HubError) -> Check:
    """Tell what does not work; what Lamplighter can do without is told by what is missing then."""
    trouble, _, why = str(error).partition(": ")
    if what in NEEDED_FOR:
        says = f"not to be had: {why.partition('; ')[0] or trouble}"
        return _check(what, namespace, Verdict.LACKS, says, f"without it {NEEDED_FOR[what]}")
    return _check(what, namespace, Verdict.FAILS, trouble, why)


def _check(what: str, namespace: str, verdict: Verdict, says: str, do: str = "") -> Check:
    return Check(subject=namespace, what=what, verdict=verdict, says=says, do=do)


def _writes(namespace: str) -> Check:
    return _check("writes", namespace, Verdict.NOT_TRIED, "pause, resume and the like are never tried here")
