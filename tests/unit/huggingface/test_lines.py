from itertools import pairwise

import pytest
from hypothesis import given, strategies

from service.huggingface.lines import Lines, cut, read_lines

SECRET = "hf_abcdefghijklmnopqrstuv"


def read(text: str | bytes, line_bytes: int = 1000) -> tuple[str, ...]:
    return read_lines(text.encode() if isinstance(text, str) else text, line_bytes=line_bytes)


def test_lines_come_one_by_one_and_the_last_may_have_no_end() -> None:
    assert read("one\ntwo\r\n\nfour") == ("one", "two", "", "four")
    assert read("one\n") == ("one",)
    assert read("") == ()


def test_what_would_steer_a_terminal_is_gone() -> None:
    assert read("\x1b[31mred\x1b[0m \x1b]0;title\x07done\x07\x00") == ("red done",)
    assert read(b"\xff\xfe ok") == ("\ufffd\ufffd ok",)


def test_a_token_is_masked_even_with_colours_inside() -> None:
    assert read(f"login with {SECRET} ok") == ("login with <masked> ok",)
    assert read(f"login with {SECRET[:9]}\x1b[1m{SECRET[9:]}") == ("login with <masked>",)


def test_a_private_key_is_masked_from_its_begin_to_its_end() -> None:
    text = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nshort=\n-----END RSA PRIVATE KEY-----\nready"

    shown = read(text)

    assert "MIIEow" not in repr(shown)
    assert "short" not in repr(shown)
    assert len(shown) == 5
    assert shown[-1] == "ready"


def test_a_line_without_end_is_cut_between_words_and_hides_no_half_of_a_token() -> None:
    shown = read("word " * 3 + SECRET + "\nnext", line_bytes=28)

    assert shown == ("word word word …", "next")


@given(
    text=strategies.text(alphabet="ab hf_\n\r\x1b[m" + SECRET[3:], max_size=200).map(lambda text: text + SECRET),
    cuts=strategies.lists(strategies.integers(0, 220), max_size=6),
)
def test_it_does_not_matter_in_which_chunks_it_comes(text: str, cuts: list[int]) -> None:
    raw, lines = text.encode(), Lines(line_bytes=50)
    edges = [0, *sorted(cuts), len(raw)]

    chunks = [raw[begin:end] for begin, end in pairwise(edges)]
    shown = [line for chunk in chunks for line in lines.feed(chunk)] + list(lines.end())

    assert tuple(shown) == read(raw, line_bytes=50)
    assert SECRET not in repr(shown)


@pytest.mark.parametrize("line, shown", [("abc", "abc"), ("abcd", "abc …"), ("", "")])
def test_a_line_is_cut_to_its_length(line: str, shown: str) -> None:
    assert cut(line, 3) == shown
