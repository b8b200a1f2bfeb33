"""What one document means to someone who waits: ready, not yet, or never. Pure: who waits does the asking.

Ready is what `running`, a ready replica, a url and a health route that answers make together; the health route is asked
only then, since a request to an endpoint that is scaled to zero would wake and bill it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from huggingface_hub import InferenceEndpointError

from service.client.errors import InferenceEndpointFailed, InferenceEndpointPaused
from service.client.official import parse_datetime

Document = Mapping[str, Any]
_MOVING = frozenset({"pending", "initializing", "updating"})


@dataclass(frozen=True, slots=True)
class MayBeReady:
    """All that the document can tell is there: what is left is that this address answers 200."""

    health_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotYet:
    """What is missing, as a person would say it. `moving`: what was asked for is under way."""

    missing: str
    moving: bool


@dataclass(frozen=True, slots=True)
class Never:
    """Waiting longer is no use."""

    error: InferenceEndpointError


Verdict = MayBeReady | NotYet | Never


def is_older(document: Document, written: Document | None) -> bool:
    """Return whether a document is from before a write's answer: a list or a view may lag behind its own writes.

    The time of the last edit tells; where it is the same, another revision does.
    """
    if written is None:
        return False
    told, wrote = _updated_at(document), _updated_at(written)
    return told < wrote or (told == wrote and document["model"]["revision"] != written["model"]["revision"])


def judge(document: Document, written: Document | None) -> Verdict:
    """Return what the document means to someone who waits, and whose own last write was answered by `written`."""
    state, name = document["status"]["state"], document["name"]
    if is_older(document, written):
        return NotYet(missing=f"an answer that is as new as its last change; it says {state}", moving=False)
    match state:
        case "running":
            return _of_running(document)
        case "failed":
            return Never(InferenceEndpointFailed(_failed(document, f"Inference Endpoint {name} failed to deploy")))
        case "updateFailed":
            return Never(InferenceEndpointFailed(_failed(document, f"Inference Endpoint {name} failed to update")))
        case "paused":
            return Never(
                InferenceEndpointPaused(
                    f"Inference Endpoint {name} is paused{_reason(document)}: waiting is no use until it is resumed; "
                    "call resume() first"
                )
            )
        case "scaledToZero":
            return NotYet(missing="a request or a resume to wake it; it is scaled to zero", moving=False)
        case _:
            return NotYet(missing=f"status running; it is {state}{_reason(document)}", moving=state in _MOVING)


def _of_running(document: Document) -> Verdict:
    status = document["status"]
    if status.get("readyReplica") == 0:
        return NotYet(missing="its first ready replica", moving=False)
    url = status.get("url")
    if not url:
        return NotYet(missing="its url", moving=False)
    return MayBeReady(f"{url.rstrip('/')}/{document['healthRoute'].lstrip('/')}")


def _failed(document: Document, what: str) -> str:
    return f"{what}{_reason(document)}. Please check the logs for more information."


def _reason(document: Document) -> str:
    """Return what the platform says of it, in brackets, or nothing."""
    status = document["status"]
    said = status.get("errorMessage") or status.get("message")
    return f" ({said})" if said else ""


def _updated_at(document: Document) -> datetime:
    return parse_datetime(document["status"]["updatedAt"])
