"""What was kept last, so many at most."""

from service.recent import Recent


def test_the_one_that_was_kept_longest_ago_makes_room() -> None:
    kept = Recent[str, int](2)

    for number, key in enumerate("aba"):
        kept.keep(key, number)
    kept.keep("c", 3)

    assert dict(kept) == {"a": 2, "c": 3}


def test_what_is_only_read_grows_no_younger() -> None:
    kept = Recent[str, int](2)
    kept.keep("a", 1)
    kept.keep("b", 2)

    assert kept.get("a") == 1
    kept.keep("c", 3)

    assert list(kept) == ["b", "c"]


def test_where_none_is_kept_none_is() -> None:
    kept = Recent[str, int](0)

    kept.keep("a", 1)

    assert not kept
