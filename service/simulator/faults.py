"""Everything that can go wrong, as knobs. All are off until someone turns them.

What happens to the n-th request is drawn from (seed, n) alone, so turning one knob does not move the others' dice.
The knobs touch the management API and whoami; never the data plane, and never `/_simulator`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from random import Random
from typing import Any, Literal

from service.simulator.errors import Invalid

Kind = Literal["", "429", "5xx", "reset", "truncated", "not_json", "late_answer", "lost_answer"]
Hint = Literal["", "Retry-After", "RateLimit"]

# How an endpoint's metrics can be missing: refused, not implemented, no series at all, or only the newer half of what
# was asked for.
NO_METRICS = ("404", "501", "empty", "partial")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """What befalls one request."""

    kind: Kind
    latency_seconds: float
    # The truth is sampled, and a write is done, when the request arrives; otherwise only after the latency.
    at_arrival: bool
    # A write under 5xx or reset has been done before the failure; otherwise it never is.
    done: bool
    code: int  # of a 5xx
    hint: Hint  # what a 429 tells about when to come back


@dataclass(kw_only=True)
class Faults:
    """The knobs. Chances are 0 to 1 per request (or per start, per update); times are seconds of the clock."""

    seed: int = 0

    # --- per request -------------------------------------------------------------------------------------------------
    latency_seconds: tuple[float, float] = (0.0, 0.0)
    p_429: float = 0.0  # never done; a third of them each with Retry-After, with RateLimit, with neither
    p_5xx: float = 0.0  # 500, 502, 503 or 504; half of the writes were done all the same
    p_reset: float = 0.0  # the connection is cut without an answer; half of the writes were done
    p_truncated: float = 0.0  # Content-Length promises more than comes; writes were done
    p_not_json: float = 0.0  # 200 with a page of HTML; writes were done
    p_late_answer: float = 0.0  # only writes: done at once, answered after `late_answer_seconds`
    p_lost_answer: float = 0.0  # only writes: done, then the connection is cut
    late_answer_seconds: float = 45.0
    retry_after_seconds: int = 20
    slow_list_seconds: float = 0.0  # a list page is taken at arrival and answered this much later

    # --- by place ----------------------------------------------------------------------------------------------------
    down: bool = False  # 503 for all, whoami too
    down_namespaces: set[str] = field(default_factory=set)
    fail_page: tuple[str, int] | None = None  # (namespace, index of the page, from 0) answers 500
    bad_tokens: set[str] = field(default_factory=set)  # 401, here and on the data plane
    unreadable: set[tuple[str, str]] = field(default_factory=set)  # (namespace, name): the document is garbage
    unknown_status: dict[tuple[str, str], str] = field(default_factory=dict)  # shown instead of the true status
    no_metrics: dict[tuple[str, str], str] = field(default_factory=dict)  # its metrics: one of NO_METRICS
    extra_fields: dict[str, Any] = field(default_factory=dict)  # put into every object of every document
    shifting_pages: bool = False  # cursors count places, so that pages shift when endpoints come and go

    # --- how the platform behaves ------------------------------------------------------------------------------------
    p_fail_start: float = 0.0
    p_stick_start: float = 0.0
    p_crash: float = 0.0  # per time that it comes up
    p_fail_update: float = 0.0
    p_update_restarts: float = 0.0  # running → pending on update, as in older guides
    resume_resets_scaling: bool = False  # a resume sets min and max replicas to 1, as a page of 2023 said
    delete_linger_seconds: float = 1.0  # so long a deleted endpoint is still told

    # --- what the platform offers: not every account, and not every year, has all of it ------------------------------
    log_search: bool = True  # without it `/v3/…/logs` answers 501
    open_metrics: bool = True  # without it 403, as for who has no Team or Enterprise plan
    audit_log: bool = True  # without it 403, as for who has no PRO plan
    etags: bool = False  # a list and an endpoint carry an ETag, and If-None-Match is answered with 304
    gzip: bool = False  # answers are compressed for who asks for it
    old_gateway: bool = False  # what cannot answer yet says 502, as in older documents, instead of 503

    def mishap(self, number: int, *, write: bool) -> Mishap:
        """Draw what befalls the request of this number."""
        dice = Random(f"{self.seed}/faults/{number}")
        return Mishap(
            latency_seconds=dice.uniform(*self.latency_seconds),
            kind=self._kind(dice.random(), write=write),
            at_arrival=dice.random() < 0.5,
            done=dice.random() < 0.5,
            code=dice.choice((500, 502, 503, 504)),
            hint=dice.choice(("", "Retry-After", "RateLimit")),
        )

    def _kind(self, rolled: float, *, write: bool) -> Kind:
        chances: tuple[tuple[Kind, float], ...] = (
            ("429", self.p_429),
            ("5xx", self.p_5xx),
            ("reset", self.p_reset),
            ("truncated", self.p_truncated),
            ("not_json", self.p_not_json),
            ("late_answer", self.p_late_answer if write else 0.0),
            ("lost_answer", self.p_lost_answer if write else 0.0),
        )
        for kind, chance in chances:
            if rolled < chance:
                return kind
            rolled -= chance
        return ""

    def turn(self, knobs: Mapping[str, Any]) -> None:
        """Set knobs from JSON: a set is a list, a pair is `[a, b]`, a key (namespace, name) is `"namespace/name"`.

        All are checked before any is set.
        """
        known = {knob.name for knob in fields(self)} - {"seed"}
        if unknown := sorted(knobs.keys() - known):
            raise Invalid(f"unknown faults {unknown}; known are {sorted(known)}")
        for name, value in {name: _read(name, value, getattr(self, name)) for name, value in knobs.items()}.items():
            setattr(self, name, value)

    def told(self) -> dict[str, Any]:
        """Return the knobs as JSON, in the shape that `turn` reads."""
        return {knob.name: _tell(getattr(self, knob.name)) for knob in fields(self) if knob.name != "seed"}


def _read(name: str, value: Any, now: Any) -> Any:
    try:
        match name:
            case "unreadable":
                return {_pair(place) for place in value}
            case "unknown_status":
                return {_pair(place): str(status) for place, status in value.items()}
            case "no_metrics":
                return {_pair(place): _one_of(NO_METRICS, kind) for place, kind in value.items()}
            case "fail_page":
                return None if value is None else (str(value[0]), int(value[1]))
            case "latency_seconds":
                return (float(value[0]), float(value[1]))
            case _ if isinstance(now, bool):
                return _flag(value)
            case _:
                return type(now)(value)
    except (TypeError, ValueError, AttributeError, IndexError) as error:
        raise Invalid(f"fault {name!r} cannot be {value!r}: {error}; it is now {_tell(now)!r}") from error


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise TypeError("true or false is wanted")


def _one_of(known: tuple[str, ...], value: Any) -> str:
    if value in known:
        return str(value)
    raise ValueError(f"{value!r} is none of {', '.join(known)}")


def _pair(place: Any) -> tuple[str, str]:
    namespace, name = place.split("/") if isinstance(place, str) else place
    return str(namespace), str(name)


def _tell(value: Any) -> Any:
    match value:
        case set():
            return sorted("/".join(item) if isinstance(item, tuple) else item for item in value)
        case dict():
            return {"/".join(key) if isinstance(key, tuple) else key: item for key, item in value.items()}
        case _:
            return value
