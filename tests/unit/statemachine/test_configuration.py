"""A configuration held small is a mapping like any other, and shares what it can."""

from collections.abc import Iterable
from types import MappingProxyType

import pytest
from hypothesis import given, strategies as st

from statemachine import configuration
from statemachine.configuration import LONGEST_SHARED, Flattened, Scalar
from tests.unit.statemachine.histories import scalars

items = st.dictionaries(st.text(max_size=2), scalars)


def after(plain: dict[str, Scalar], changes: dict[str, Scalar]) -> dict[str, Scalar]:
    return {path: value for path, value in (plain | changes).items() if value is not None}


def anew(text: str) -> str:
    """Return an equal text that is another object."""
    return "".join([text[:1], text[1:]])


@given(items, items)
def test_it_equals_whatever_has_the_same_items_and_nothing_else(one: dict[str, Scalar], two: dict[str, Scalar]) -> None:
    held = Flattened(one)

    assert held == one
    assert one == held
    assert held == MappingProxyType(one)
    assert dict(held) == held.plain() == one
    for other in (two, {**one, "more": 1}, dict(list(one.items())[1:])):
        assert (held == other) is (one == other)
        assert (held == Flattened(other)) is (one == other)
    assert held != sorted(one)


@given(items, st.lists(items))
def test_after_any_changes_it_is_what_a_dict_is_after_them(
    plain: dict[str, Scalar], changes: list[dict[str, Scalar]]
) -> None:
    held = Flattened(plain)

    for change in changes:
        before = dict(held)
        changed = held.changed(change)
        assert changed == Flattened(after(before, change))
        assert held == before, "a change must not reach what it was made of"
        held = changed


@given(items, items)
def test_a_path_that_becomes_null_is_gone_and_a_null_is_as_good_as_none(
    plain: dict[str, Scalar], changes: dict[str, Scalar]
) -> None:
    changed = Flattened(plain).changed(changes)

    assert None not in changed.values()
    assert all(changed.get(path) == value for path, value in changes.items())


@given(items)
def test_it_is_in_the_order_of_the_paths_whatever_order_they_came_in(plain: dict[str, Scalar]) -> None:
    told, reversed_ = Flattened(plain), Flattened(dict(reversed(plain.items())))

    assert list(told) == list(told.plain()) == sorted(plain)
    assert list(told.items()) == list(reversed_.items())


@given(items, items, items)
def test_it_tells_where_another_differs_in_the_order_of_the_paths(
    plain: dict[str, Scalar], other: dict[str, Scalar], changes: dict[str, Scalar]
) -> None:
    held = Flattened(plain)

    for new in (Flattened(other), held.changed(changes), held):
        paths = [path for path in sorted({*held, *new}) if held.get(path) != new.get(path)]
        assert list(held.differing(new)) == [(path, held.get(path), new.get(path)) for path in paths]


@given(items, st.text(max_size=2))
def test_a_path_that_it_does_not_have_is_missed_as_in_a_dict(plain: dict[str, Scalar], path: str) -> None:
    held = Flattened(plain)

    assert (path in held) is (path in plain)
    assert held.get(path, "nothing") == plain.get(path, "nothing")
    assert len(held) == len(plain)
    if path not in plain:
        with pytest.raises(KeyError):
            held[path]


def test_two_with_equal_paths_share_them_and_their_texts() -> None:
    first = Flattened({anew("compute.id"): anew("aws-l4"), anew("model.task"): anew("text-generation")})
    other = Flattened({anew("model.task"): anew("text-generation"), anew("compute.id"): anew("aws-t4")})

    assert first._paths is other._paths
    assert first["model.task"] is other["model.task"]


def test_a_change_of_values_leaves_the_paths_shared_and_so_does_one_that_leads_to_known_paths() -> None:
    small, large = Flattened({"a": 1}), Flattened({"a": 1, "b": anew("word")})

    assert large.changed({"a": 2})._paths is large._paths
    assert small.changed({"b": "word"})._paths is large._paths
    assert small.changed({"b": anew("word")})["b"] is large["b"]
    assert large.changed({"b": None})._paths is small._paths


def test_what_is_shared_is_bounded_in_number_and_length() -> None:
    long, longest = "x" * (LONGEST_SHARED + 1), "x" * LONGEST_SHARED
    before = configuration._shared_text.cache_info()

    held = Flattened({"long": long})

    assert held["long"] is long
    assert Flattened({"long": anew(long)})["long"] is not long
    assert Flattened({"a": anew(longest)})["a"] is Flattened({"a": anew(longest)})["a"]
    assert before.maxsize is not None
    for cache in (configuration._shared_text, configuration._shared_paths):
        assert 1000 <= (cache.cache_info().maxsize or 0) <= 10_000


@pytest.mark.parametrize("pair", [(1, True), (1, 1.0), ("1", 1), (0, False)])
def test_values_of_different_types_are_never_taken_for_each_other(pair: Iterable[Scalar]) -> None:
    for value in pair:
        told = Flattened({"a": value}).changed({"b": value})
        assert [type(held) for held in told.values()] == [type(value)] * 2


def test_it_shows_how_it_is_made() -> None:
    assert repr(Flattened({"b": 1, "a": "x"})) == "Flattened({'a': 'x', 'b': 1})"


def test_it_has_no_hash_as_no_mapping_has_one_that_it_may_equal() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Flattened({}))


def test_a_path_that_there_is_not_is_named() -> None:
    with pytest.raises(KeyError, match="b"):
        Flattened({"a": 1, "c": 2})["b"]


def test_two_are_equal_if_their_paths_and_their_values_are_also_where_they_could_not_share_them() -> None:
    held = Flattened({"a": 1})
    configuration._shared_paths.cache_clear()
    again = Flattened({"a": 1})

    assert again._paths is not held._paths
    assert held == again
    assert held != Flattened({"b": 1})
    assert held != Flattened({"a": 2})
