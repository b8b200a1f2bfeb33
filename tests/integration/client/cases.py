"""For each row the calls that show it, made of both clients: what comes of them must be the same."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import huggingface_hub
from huggingface_hub import HfApi
from huggingface_hub._inference_endpoints import InferenceEndpointScalingMetric

from service.endpoint import InferenceEndpoint, InferenceEndpoints
from tests.e2e.clients.cases import CREATE, LEAST, UPDATE
from tests.integration.client.rows import CLASS, WHOLE, Row, official
from tests.integration.client.twins import FIELDS

EACH = ("run", "off", "start", "nothing")  # what `sown` makes, and a name that nobody has


@dataclass(frozen=True, slots=True)
class Case:
    """One call, as each client makes it. `moving`: it needs a world in which time passes."""

    theirs: Callable[[HfApi], Any]
    ours: Callable[[InferenceEndpoints], Any]
    moving: bool = False


def function(name: str, /, *positional: Any, **given: Any) -> Case:
    """Return a call of a function that both have by one name."""
    return Case(
        lambda api: getattr(api, name)(*positional, **given), lambda front: getattr(front, name)(*positional, **given)
    )


def held(method: str, name: str = "run", *, moving: bool = False, **given: Any) -> Case:
    """Return a call of a method of the endpoint object that both have."""

    def theirs(api: HfApi) -> Any:
        return getattr(api.get_inference_endpoint(name), method)(**given)

    async def ours(front: InferenceEndpoints) -> Any:
        return await getattr(await front.get_inference_endpoint(name), method)(**given)

    return Case(theirs, ours, moving)


def seen(look: Callable[[Any], Any], name: str = "run") -> Case:
    """Return a look at the endpoint object that both have."""

    async def ours(front: InferenceEndpoints) -> Any:
        return look(await front.get_inference_endpoint(name))

    return Case(lambda api: look(api.get_inference_endpoint(name)), ours)


def made(change: Callable[[Any], Any], **given: Any) -> Case:
    """Return a document's way into an object, after a change to it."""
    return Case(
        lambda api: huggingface_hub.InferenceEndpoint.from_raw(
            change(api.get_inference_endpoint("run").raw), **{"namespace": "alice", **given}
        ),
        lambda front: _made(front, change, given),
    )


async def _made(front: InferenceEndpoints, change: Callable[[Any], Any], given: Any) -> Any:
    raw = change((await front.get_inference_endpoint("run")).raw)
    return InferenceEndpoint.from_raw(raw, **{"namespace": "alice", **given})


def cases(row: Row) -> Iterator[Case]:
    """Yield the cases of a row, if there are any; what only one of them has cannot be compared."""
    if row not in official():
        return
    if row.method == "create_inference_endpoint":
        yield from _creating(row)
    elif row.method in {"update_inference_endpoint", f"{CLASS}.update"}:
        yield from _updating(row)
    elif row.method.removeprefix(f"{CLASS}.") in FIELDS:
        yield from (seen(lambda one: getattr(one, row.method.removeprefix(f"{CLASS}.")), name) for name in EACH)
    else:
        yield from CASES.get(row, ())


def _creating(row: Row) -> Iterator[Case]:
    name, whole = "create_inference_endpoint", {"name": "new", **LEAST}
    if row.parameter == WHOLE:
        yield from (function(name, **whole), function(name, **{**whole, "name": "run"}))
    elif row.parameter in CREATE:
        case = CREATE[row.parameter]
        yield function(name, **{**whole, **case.beside, row.parameter: case.value})
        yield from (function(name, **whole, **given) for given in AS_ENUMERATED.get(row.parameter, ()))
    elif row.parameter == "name":
        yield from (function(name, **{**whole, "name": one}) for one in ("other", "Bad_Name", "run"))
    else:
        yield from (function(name, **whole, **given) for given in PLACES[row.parameter])


def _updating(row: Row) -> Iterator[Case]:
    of_object = row.method.startswith(CLASS)
    of: Any = held if of_object else function
    name, place = ("update", {}) if of_object else ("update_inference_endpoint", {"name": "run"})
    if row.parameter == WHOLE:
        yield of(name, **place, min_replica=0, max_replica=4)
    elif row.parameter in UPDATE:
        case = UPDATE[row.parameter]
        yield of(name, **{**place, **case.beside, row.parameter: case.value})
    elif row.parameter == "name":
        yield from (function(name, one, tags=["grey"]) for one in EACH)
    else:
        yield from (function(name, "run", tags=["grey"], **given) for given in PLACES[row.parameter])


# Values that are no plain texts.
AS_ENUMERATED: dict[str, tuple[dict[str, Any], ...]] = {
    "type": tuple({"type": one} for one in huggingface_hub.InferenceEndpointType),
    "scaling_metric": ({"scaling_metric": InferenceEndpointScalingMetric.HARDWARE_USAGE, "scaling_threshold": 80},),
}
# Whose endpoint, and who asks.
PLACES: dict[str, tuple[dict[str, Any], ...]] = {
    "namespace": ({"namespace": "alice"}, {"namespace": "acme"}, {"namespace": "nobodys"}),
    "token": (
        {"token": "hf_bob"},
        {"token": "hf_bob", "namespace": "alice"},
        {"token": "hf_mallory", "namespace": "alice"},
        {"token": False, "namespace": "alice"},
        {"token": True, "namespace": "alice"},
    ),
}


def _places(name: str, *positional: Any) -> dict[Row, tuple[Case, ...]]:
    return {
        Row(name, parameter): tuple(function(name, *positional, **given) for given in places)
        for parameter, places in PLACES.items()
    }


def _acting(name: str) -> dict[Row, tuple[Case, ...]]:
    return {
        Row(name): (function(name, "run"),),
        Row(name, "name"): tuple(function(name, one) for one in EACH),
        **_places(name, "run"),
    }


def _client(one: Any) -> Any:
    return [(type(client).__name__, client.model) for client in (one.client, one.async_client)]


def _without(key: str) -> Callable[[Any], Any]:
    return lambda raw: {name: value for name, value in raw.items() if name != key}


SOON: Any = 0.05  # the official client says int, and takes any number

CASES: dict[Row, tuple[Case, ...]] = {
    **_acting("get_inference_endpoint"),
    **_acting("pause_inference_endpoint"),
    **_acting("resume_inference_endpoint"),
    **_acting("scale_to_zero_inference_endpoint"),
    **_acting("delete_inference_endpoint"),
    Row("resume_inference_endpoint", "running_ok"): tuple(
        function("resume_inference_endpoint", name, running_ok=ok) for name in ("run", "off") for ok in (True, False)
    ),
    Row("list_inference_endpoints"): (function("list_inference_endpoints"),),
    **_places("list_inference_endpoints"),
    Row(f"{CLASS}.from_raw"): (made(dict),),
    Row(f"{CLASS}.from_raw", "raw"): tuple(
        made(_without(key)) for key in ("name", "model", "healthRoute", "status", "type", "tags")
    ),
    Row(f"{CLASS}.from_raw", "namespace"): (made(dict, namespace="acme"),),
    Row(f"{CLASS}.from_raw", "token"): tuple(made(dict, token=token) for token in ("hf_bob", None, True, False)),
    Row(f"{CLASS}.client"): (seen(_client), seen(_client, "off")),
    Row(f"{CLASS}.async_client"): (seen(_client), seen(_client, "off")),
    Row(f"{CLASS}.fetch"): tuple(held("fetch", name) for name in ("run", "off", "start")),
    Row(f"{CLASS}.pause"): tuple(held("pause", name) for name in ("run", "off", "start")),
    Row(f"{CLASS}.resume"): tuple(held("resume", name) for name in ("run", "off", "start")),
    Row(f"{CLASS}.resume", "running_ok"): tuple(
        held("resume", name, running_ok=ok) for name in ("run", "off") for ok in (True, False)
    ),
    Row(f"{CLASS}.scale_to_zero"): tuple(held("scale_to_zero", name) for name in ("run", "off", "start")),
    Row(f"{CLASS}.delete"): tuple(held("delete", name) for name in ("run", "off")),
    Row(f"{CLASS}.wait"): (held("wait", "start", moving=True, refresh_every=SOON),),
    Row(f"{CLASS}.wait", "timeout"): (
        held("wait", "start", timeout=-1),
        held("wait", "start", timeout=0),
        held("wait", "start", timeout=20, refresh_every=SOON, moving=True),
        held("wait", "stuck", timeout=0.2, refresh_every=SOON, moving=True),
        held("wait", "breaks", timeout=20, refresh_every=SOON, moving=True),
    ),
    Row(f"{CLASS}.wait", "refresh_every"): (
        held("wait", "start", refresh_every=0),
        held("wait", "start", refresh_every=-1),
        held("wait", "start", refresh_every=SOON, moving=True),
    ),
}
