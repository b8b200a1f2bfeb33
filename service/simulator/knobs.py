"""The knobs as JSON, there and back: a set is a list, a pair `[a, b]`, a key (namespace, name) `"namespace/name"`."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from msgspec import to_builtins

from service.simulator.errors import Invalid
from service.simulator.orders import Order, read_orders

MOST_SECONDS = 10 * 366 * 86_400.0  # ten years: what is later cannot be scheduled
# Whether a 429 says when to come back: one of three ways by dice, or always the same.
HINTS = ("any", "none", "Retry-After", "RateLimit")
# How an endpoint's metrics can be missing: refused, not implemented, no series at all, or all but the newer half.
NO_METRICS = ("404", "501", "empty", "partial")


def read_knob(name: str, value: Any, now: Any) -> Any:
    """Return what a knob is set to by this value; `now` is what it is set to, and tells its type."""
    read = READERS.get(name) or (_chance if name.startswith("p_") else _like(now))
    try:
        return read(value)
    except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError) as error:
        raise Invalid(f"fault {name!r} cannot be {value!r}: {error}; it is now {tell_knob(now)!r}") from error


def tell_knob(value: Any) -> Any:
    """Return a knob's value as JSON, in the shape that `read_knob` reads."""
    match value:
        case [Order(), *_]:
            return to_builtins(value)
        case set():
            return sorted("/".join(item) if isinstance(item, tuple) else item for item in value)
        case dict():
            return {"/".join(key) if isinstance(key, tuple) else key: item for key, item in value.items()}
        case _:
            return value


def _texts(values: Any) -> set[str]:
    if isinstance(values, str):
        raise TypeError("a list is wanted")
    return {str(value) for value in values}


def _chance(value: Any) -> float:
    if 0 <= float(value) <= 1:
        return float(value)
    raise ValueError("a chance is from 0 to 1")


def _like(now: Any) -> Callable[[Any], Any]:
    if isinstance(now, bool):
        return _flag
    return _seconds if isinstance(now, float) else type(now)


def _seconds(value: Any) -> float:
    if abs(float(value)) <= MOST_SECONDS:
        return float(value)
    raise ValueError(f"it is at most {MOST_SECONDS:g} seconds")


def _range(ends: Any) -> tuple[float, float]:
    least, most = ends
    if 0 <= _seconds(least) <= _seconds(most):
        return float(least), float(most)
    raise ValueError("a range is [least, most], from 0 on")


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise TypeError("true or false is wanted")


def _one_of(known: tuple[str, ...], value: Any) -> str:
    if value in known:
        return str(value)
    raise ValueError(f"{value!r} is none of {', '.join(known)}")


def _place(place: Any) -> tuple[str, str]:
    namespace, name = place.split("/") if isinstance(place, str) else place
    return str(namespace), str(name)


READERS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "bad_tokens": _texts,
        "down_namespaces": _texts,
        "fail_page": lambda page: None if page is None else (str(page[0]), int(page[1])),
        "hint_429": lambda hint: _one_of(HINTS, hint),
        "latency_seconds": _range,
        "no_metrics": lambda kinds: {_place(place): _one_of(NO_METRICS, kind) for place, kind in kinds.items()},
        "orders": read_orders,
        "unknown_status": lambda statuses: {_place(place): str(status) for place, status in statuses.items()},
        "unreadable": lambda places: {_place(place) for place in places},
    }
)
