"""What holds for every noun of the state machine: nobody changes it, and it holds nothing but what it is made of."""

import gc
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from importlib import import_module
from pkgutil import iter_modules
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest

import statemachine
from statemachine.model import Endpoint, Sighting

# Small enough that each place in them speaks for itself.
BY_POSITION = {
    "AlreadySo",
    "Arrow",
    "Box",
    "Classification",
    "EndpointName",
    "NotPermitted",
    "Ours",
    "Permitted",
    "Route",
    "Suspects",
    "UnknownStatus",
    "_Walk",
}


def nouns() -> Iterator[type[Any]]:
    for module in iter_modules(statemachine.__path__, "statemachine."):
        for thing in vars(import_module(module.name)).values():
            if isinstance(thing, type) and thing.__module__ == module.name and names_of(thing) is not None:
                yield thing


def names_of(noun: type[Any]) -> list[str] | None:
    """Return the names of a noun's fields; None if it is no noun."""
    if issubclass(noun, msgspec.Struct):
        return list(noun.__struct_fields__)
    return [field.name for field in fields(noun)] if is_dataclass(noun) else None


def defaults(noun: type[Any]) -> dict[str, object]:
    """Return what the fields of a noun are that nothing is said of."""
    if issubclass(noun, msgspec.Struct):
        return {f.name: f.default for f in msgspec.structs.fields(noun) if f.default is not msgspec.NODEFAULT}
    return {field.name: field.default for field in fields(noun) if field.default is not MISSING}


def is_as_plain_as_can_be(value: object, kind: Any) -> bool:
    if NoneType in get_args(kind):
        return value is None
    return value in get_args(kind) if get_origin(kind) is Literal else isinstance(value, get_origin(kind) or kind)


NOUNS = sorted(nouns(), key=lambda noun: noun.__name__)


def some(noun: type[Any]) -> Any:
    return noun(**dict.fromkeys(names_of(noun) or ()))


@pytest.mark.parametrize("noun", NOUNS)
def test_a_noun_cannot_be_changed(noun: type[Any]) -> None:
    thing = some(noun)

    for name in names_of(noun) or ():
        with pytest.raises(AttributeError):
            setattr(thing, name, "other")
    assert hash(thing) == hash(some(noun))


@pytest.mark.parametrize("noun", NOUNS)
def test_a_noun_has_no_room_for_more_than_it_is_made_of(noun: type[Any]) -> None:
    assert not hasattr(some(noun), "__dict__")


@pytest.mark.parametrize("noun", [noun for noun in NOUNS if noun.__name__ not in BY_POSITION])
def test_a_noun_is_built_by_naming_what_it_is_made_of(noun: type[Any]) -> None:
    with pytest.raises(TypeError):
        noun(*names_of(noun) or ())


@pytest.mark.parametrize("noun", NOUNS)
def test_what_a_noun_is_not_told_is_none_where_none_is_allowed_and_else_of_the_kind_that_is(noun: type[Any]) -> None:
    kinds = get_type_hints(noun)

    for name, default in defaults(noun).items():
        assert is_as_plain_as_can_be(default, kinds[name]), name


@pytest.mark.parametrize("noun", [Sighting, Endpoint])
def test_the_garbage_collector_need_not_look_at_what_each_endpoint_has_in_memory(noun: type[Any]) -> None:
    assert not gc.is_tracked(some(noun))


def test_there_are_nouns_and_those_that_need_no_names_are_among_them() -> None:
    assert len(NOUNS) > 40
    assert {noun.__name__ for noun in NOUNS} > BY_POSITION
