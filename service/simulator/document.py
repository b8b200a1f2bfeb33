"""What an endpoint's document may say: the schema on the way in, defaults, and how an update merges into it.

What is sent is kept as it was sent, secrets and unknown fields included: to find what a client leaks, the simulator
must not be the one who masks.
"""

import re
from collections.abc import Collection, Mapping
from copy import deepcopy
from math import inf
from typing import Any

from service.simulator.errors import Invalid, Malformed
from service.simulator.image import complaints_of

Document = dict[str, Any]

NAME = re.compile(r"[a-z0-9-]{1,32}")
TYPES = ("public", "authenticated", "private", "protected")
ACCELERATORS = ("cpu", "gpu", "neuron")
MOST_REPLICAS = 1_000  # assumed
MOST_MINUTES = 366 * 1440  # of scaleToZeroTimeout, assumed

# What must be there on creation, and of which type; on update what is there must be of it.
REQUIRED: Mapping[str, type] = {
    "compute": dict,
    "compute.accelerator": str,
    "compute.instanceSize": str,
    "compute.instanceType": str,
    "model": dict,
    "model.image": dict,
    "model.repository": str,
    "provider": dict,
    "provider.region": str,
    "provider.vendor": str,
    "type": str,
}
OPTIONAL: Mapping[str, type] = {
    "compute.scaling": dict,
    "compute.scaling.measure": dict,
    "compute.scaling.minReplica": int,
    "compute.scaling.maxReplica": int,
    "compute.scaling.scaleToZeroTimeout": int,
    "healthRoute": str,
    "model.args": list,
    "model.command": list,
    "model.env": dict,
    "model.framework": str,
    "model.revision": str,
    "model.secrets": dict,
    "model.task": str,
    "route": dict,
    "tags": list,
}

# The short names that a test or a scenario may use instead of a document.
SHORT: Mapping[str, str] = {
    "accelerator": "compute.accelerator",
    "args": "model.args",
    "command": "model.command",
    "env": "model.env",
    "framework": "model.framework",
    "health_route": "healthRoute",
    "image": "model.image",
    "instance_size": "compute.instanceSize",
    "instance_type": "compute.instanceType",
    "max_replica": "compute.scaling.maxReplica",
    "measure": "compute.scaling.measure",
    "min_replica": "compute.scaling.minReplica",
    "region": "provider.region",
    "repository": "model.repository",
    "revision": "model.revision",
    "scale_to_zero_timeout": "compute.scaling.scaleToZeroTimeout",
    "secrets": "model.secrets",
    "tags": "tags",
    "task": "model.task",
    "type": "type",
    "vendor": "provider.vendor",
}

_DEFAULTS: Document = {
    "type": "authenticated",
    "provider": {"vendor": "aws", "region": "us-east-1"},
    "compute": {
        "accelerator": "gpu",
        "instanceType": "nvidia-l4",
        "instanceSize": "x1",
        "scaling": {"minReplica": 1, "maxReplica": 1, "scaleToZeroTimeout": None},
    },
    "model": {
        "repository": "openai-community/gpt2",
        "framework": "custom",
        "revision": "607a30d783dfa663caf39e06633721c8d4cfcd7e",
        "task": "text-generation",
        "image": {"huggingface": {}},
    },
    "tags": [],
}


def check_new(document: Any) -> None:
    """Refuse what cannot be created, naming every fault at once."""
    if not isinstance(document, dict):
        raise Malformed(f"invalid type: {type(document).__name__}, expected an endpoint object")
    missing = [f"missing field `{path}`" for path in ("name", *REQUIRED) if not _has(document, path)]
    _refuse([*missing, *_complaints(document)])
    check_name(document["name"])
    check_values(document)


def check_update(document: Any, *, name: str) -> None:
    """Refuse what cannot be applied to the endpoint of this name."""
    if not isinstance(document, dict):
        raise Malformed(f"invalid type: {type(document).__name__}, expected an endpoint update object")
    if document.get("name", name) != name:
        raise Invalid(f"Bad Request: an endpoint cannot be renamed: {name!r} to {document['name']!r}")


def check_name(name: Any) -> None:
    """Refuse what is not 1 to 32 of `[a-z0-9-]`."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise Invalid(f"Bad Request: invalid name {name!r}: it must be 1 to 32 characters of a-z, 0-9 and -")


def completed(document: Mapping[str, Any]) -> Document:
    """Return a copy with a default for everything that the API always answers; refuse what breaks the schema."""
    _refuse(_complaints(document))
    whole = merged(_DEFAULTS, {key: value for key, value in document.items() if key not in {"name", "status"}})
    for key in ("framework", "revision", "task"):
        whole["model"][key] = whole["model"].get(key) or _DEFAULTS["model"][key]
    whole.setdefault("healthRoute", _health_route(whole["model"]["image"], "/health"))
    return whole


def updated(old: Document, change: Mapping[str, Any]) -> Document:
    """Return the document after an update, or refuse it; a new image brings its own health route, if it names one."""
    _refuse(_complaints(change))
    whole = merged(old, {key: value for key, value in change.items() if key not in {"name", "status"}})
    image = (change.get("model") or {}).get("image")
    if image and "healthRoute" not in change:
        whole["healthRoute"] = _health_route(image, old["healthRoute"])
    check_values(whole)
    return whole


def from_short(names: Mapping[str, Any], *, besides: Collection[str] = ()) -> Document:
    """Build a partial document from short names: `min_replica=0` is `compute.scaling.minReplica`.

    `besides` are names that mean something else to who asks: they say nothing here.
    """
    if unknown := sorted(names.keys() - SHORT.keys() - set(besides)):
        known = sorted({*SHORT, *besides})
        raise Invalid(f"unknown overrides {unknown}; known are {known}, all else goes into `document`")
    built: Document = {}
    for name, value in names.items():
        if name in besides:
            continue
        *parents, last = SHORT[name].split(".")
        place = built
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = deepcopy(value)
    return built


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> Document:
    """Return `old` with `new` laid over it: compute, scaling, model, provider and route by key, all else whole."""
    result = deepcopy(dict(old))
    for key, value in new.items():
        if key in {"compute", "scaling", "model", "provider", "route"} and isinstance(value, Mapping):
            old_value = result.get(key)
            result[key] = merged(old_value if isinstance(old_value, dict) else {}, value)
        else:
            result[key] = deepcopy(value)
    return result


def _complaints(document: Mapping[str, Any]) -> list[str]:
    """Say of every value that is there whether it has the wrong type; null is right only where a field is optional."""
    wrong = [
        f"invalid type for `{path}`: expected {kind.__name__}, got {type(_at(document, path)).__name__}"
        for path, kind in (*REQUIRED.items(), *OPTIONAL.items())
        if _has(document, path) and not _fits(_at(document, path), kind, optional=path in OPTIONAL)
    ]
    return [*wrong, *_wrong_items(document), *complaints_of(document.get("model"))]


def _wrong_items(document: Mapping[str, Any]) -> list[str]:
    tags = document.get("tags") or []
    measure = _at(document, "compute.scaling.measure") if _has(document, "compute.scaling.measure") else None
    wrong_tags = isinstance(tags, list) and not all(isinstance(tag, str) for tag in tags)
    wrong_measure = isinstance(measure, dict) and not all(_is_threshold(value) for value in measure.values())
    return [
        *(["invalid type in `tags`: expected str"] if wrong_tags else []),
        *(["invalid value in `compute.scaling.measure`: expected a number above 0"] if wrong_measure else []),
    ]


def _is_threshold(value: Any) -> bool:
    """Tell whether it is a threshold; null leaves it to the platform."""
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < inf)


def _fits(value: Any, kind: type, *, optional: bool) -> bool:
    if value is None:
        return optional
    return isinstance(value, kind) and not isinstance(value, bool)


def check_values(document: Document) -> None:
    """Refuse a whole document that has the right shape and makes no sense."""
    if document["type"] not in TYPES:
        raise Malformed(f"unknown variant `{document['type']}` of `type`, expected one of {', '.join(TYPES)}")
    if document["compute"]["accelerator"] not in ACCELERATORS:
        raise Malformed(f"unknown variant of `compute.accelerator`, expected one of {', '.join(ACCELERATORS)}")
    scaling = document["compute"].get("scaling") or {}
    least, most = scaling.get("minReplica") or 0, scaling.get("maxReplica") or 1
    if not 0 <= least <= most <= MOST_REPLICAS:
        raise Invalid(
            f"Bad Request: minReplica {least} must be from 0 to maxReplica {most}, which is at most {MOST_REPLICAS}"
        )
    if not 0 <= (minutes := scaling.get("scaleToZeroTimeout") or 0) <= MOST_MINUTES:
        raise Invalid(f"Bad Request: scaleToZeroTimeout {minutes} must be from 0 to {MOST_MINUTES} minutes")


def _refuse(complaints: list[str]) -> None:
    if complaints:
        raise Malformed("; ".join(complaints))


def _has(document: Mapping[str, Any], path: str) -> bool:
    *parents, last = path.split(".")
    place: Any = document
    for parent in parents:
        place = place.get(parent) if isinstance(place, dict) else None
    return isinstance(place, dict) and last in place


def _at(document: Mapping[str, Any], path: str) -> Any:
    place: Any = document
    for key in path.split("."):
        place = place[key]
    return place


def _health_route(image: Mapping[str, Any], otherwise: str) -> str:
    for variant in image.values():
        if isinstance(variant, dict):
            for key in ("healthRoute", "health_route"):
                if isinstance(variant.get(key), str):
                    return str(variant[key])
    return otherwise
