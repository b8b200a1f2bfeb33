"""Everything that can go wrong, as knobs. All are off until someone turns them.

What happens to the n-th request is drawn from (seed, n) alone, so turning one knob does not move the others' dice.
The knobs touch the management API and whoami; never the data plane, and never `/_simulator`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from random import Random
from typing import Any

from service.simulator.errors import Invalid
from service.simulator.knobs import read_knob, tell_knob
from service.simulator.orders import Hint, Kind, Order


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
    retry_after_seconds: int
    body: bytes  # of a wrong one


# What is JSON, and not what anybody asked for.
WRONG_BODIES = (b"null", b"[]", b"{}", b'"ok"', b'{"items":null}', b'{"items":{"0":{}}}', b'{"error":"maintenance"}')


@dataclass(kw_only=True)
class Faults:
    """The knobs. Chances are 0 to 1 per request (or per start, per update); times are seconds of the clock."""

    seed: int = 0

    # --- per request -------------------------------------------------------------------------------------------------
    latency_seconds: tuple[float, float] = (0.0, 0.0)
    p_429: float = 0.0  # never done
    hint_429: str = (
        "any"  # a third of them each with Retry-After, with RateLimit, with neither; or one of `knobs.HINTS`
    )
    p_5xx: float = 0.0  # 500, 502, 503 or 504; half of the writes were done all the same
    p_reset: float = 0.0  # the connection is cut without an answer; half of the writes were done
    p_truncated: float = 0.0  # Content-Length promises more than comes; writes were done
    p_not_json: float = 0.0  # 200 with a page of HTML; writes were done
    p_wrong_body: float = 0.0  # 200 with JSON of another shape; writes were done
    p_late_answer: float = 0.0  # only writes: done at once, answered after `late_answer_seconds`
    p_lost_answer: float = 0.0  # only writes: done, then the connection is cut
    late_answer_seconds: float = 45.0
    retry_after_seconds: int = 20
    slow_list_seconds: float = 0.0  # a list page is taken at arrival and answered this much later
    orders: list[Order] = field(default_factory=list)  # what befalls the next requests that match, before any dice

    # --- by place ----------------------------------------------------------------------------------------------------
    down: bool = False  # 503 for all, whoami too
    down_namespaces: set[str] = field(default_factory=set)
    fail_page: tuple[str, int] | None = None  # (namespace, index of the page, from 0) answers 500
    bad_tokens: set[str] = field(default_factory=set)  # 401, here and on the data plane
    unreadable: set[tuple[str, str]] = field(default_factory=set)  # (namespace, name): the document is garbage
    unknown_status: dict[tuple[str, str], str] = field(default_factory=dict)  # shown instead of the true status
    no_metrics: dict[tuple[str, str], str] = field(default_factory=dict)  # its metrics: one of `knobs.NO_METRICS`
    extra_fields: dict[str, Any] = field(default_factory=dict)  # put into every object of every document
    shifting_pages: bool = False  # cursors count places, so that pages shift when endpoints come and go

    clock_skew_seconds: float = 0.0  # so much is the server's clock ahead: in the Date header, in what is written now

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

    def mishap(self, number: int, *, write: bool, method: str = "", path: str = "") -> Mishap:
        """Draw what befalls the request of this number, or take what was ordered for it."""
        dice = Random(f"{self.seed}/faults/{number}")
        drawn = Mishap(
            latency_seconds=dice.uniform(*self.latency_seconds),
            kind=self._kind(dice.random(), write=write),
            at_arrival=dice.random() < 0.5,
            done=dice.random() < 0.5,
            code=dice.choice((500, 502, 503, 504)),
            hint=self._hint(dice.choice(("", "Retry-After", "RateLimit"))),
            retry_after_seconds=self.retry_after_seconds,
            body=dice.choice(WRONG_BODIES),
        )
        ordered = self._ordered(method, path)
        return drawn if ordered is None else _as_ordered(drawn, ordered)

    def _ordered(self, method: str, path: str) -> Order | None:
        """Take the first order that fits; one that is carried out often enough is gone."""
        fitting = next((order for order in self.orders if order.fits(method, path)), None)
        if fitting is not None:
            fitting.count -= 1
            self.orders = [order for order in self.orders if order.count > 0]
        return fitting

    def _hint(self, drawn: Hint) -> Hint:
        match self.hint_429:
            case "any":
                return drawn
            case "Retry-After" | "RateLimit" as hint:
                return hint
            case _:
                return ""

    def _kind(self, rolled: float, *, write: bool) -> Kind:
        chances: tuple[tuple[Kind, float], ...] = (
            ("429", self.p_429),
            ("5xx", self.p_5xx),
            ("reset", self.p_reset),
            ("truncated", self.p_truncated),
            ("not_json", self.p_not_json),
            ("late_answer", self.p_late_answer if write else 0.0),
            ("lost_answer", self.p_lost_answer if write else 0.0),
            ("wrong_body", self.p_wrong_body),
        )
        for kind, chance in chances:
            if rolled < chance:
                return kind
            rolled -= chance
        return ""

    def turn(self, knobs: Mapping[str, Any]) -> None:
        """Set knobs from JSON, as `knobs` has it; all are checked before any is set."""
        known = {knob.name for knob in fields(self)} - {"seed"}
        if unknown := sorted(knobs.keys() - known):
            raise Invalid(f"unknown faults {unknown}; known are {sorted(known)}")
        for name, value in {name: read_knob(name, value, getattr(self, name)) for name, value in knobs.items()}.items():
            setattr(self, name, value)

    def told(self) -> dict[str, Any]:
        """Return the knobs as JSON, in the shape that `turn` reads."""
        return {knob.name: tell_knob(getattr(self, knob.name)) for knob in fields(self) if knob.name != "seed"}


def _as_ordered(drawn: Mishap, order: Order) -> Mishap:
    """Return the mishap as it was ordered; the dice decide what the order leaves open."""
    return replace(
        drawn,
        kind=order.kind,
        latency_seconds=order.latency_seconds,
        hint=order.hint,
        at_arrival=drawn.at_arrival if order.at_arrival is None else order.at_arrival,
        done=drawn.done if order.done is None else order.done,
        code=drawn.code if order.code is None else order.code,
        retry_after_seconds=order.retry_after_seconds or drawn.retry_after_seconds,
        body=drawn.body if order.body is None else order.body.encode(),
    )
