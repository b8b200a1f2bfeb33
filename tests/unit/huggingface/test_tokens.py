import os
from pathlib import Path

import pytest

from service.huggingface import Token, Tokens, saved_login
from service.ports import Unauthorized


def tokens(path: Path) -> Tokens:
    return Tokens({"acme": path}, default=lambda: "hf_default")


def test_each_namespace_has_the_token_of_its_file_and_the_others_the_default(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("  hf_acme\n")

    assert tokens(path).of("acme").header == "Bearer hf_acme"
    assert tokens(path).of("other").header == "Bearer hf_default"


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("hf_old")
    known = tokens(path)
    assert known.of("acme").secret == "hf_old"

    path.write_text("hf_newer")
    assert known.of("acme").secret == "hf_newer"

    (tmp_path / "next").write_text("hf_third")
    (tmp_path / "next").replace(path)
    assert known.of("acme").secret == "hf_third"


def test_a_file_that_only_seems_unchanged_is_read_again_after_a_401(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("hf_one")
    stat = path.stat()
    known = tokens(path)
    refused = known.of("acme")

    path.write_text("hf_two")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    assert known.of("acme") == refused
    assert known.renewed("acme", refused) == Token("hf_two")
    assert known.renewed("acme", Token("hf_two")) is None


def test_a_token_that_comes_by_a_pipe_is_read_once_and_kept() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"hf_piped")
    os.close(writer)
    known = tokens(Path(f"/dev/fd/{reader}"))

    token = known.of("acme")

    assert token == known.of("acme") == Token("hf_piped")
    assert known.renewed("acme", token) is None
    os.close(reader)


def test_the_default_is_asked_again_after_a_401_and_not_before() -> None:
    answers = iter(["hf_one", "hf_two"])
    known = Tokens(default=lambda: next(answers))

    assert known.of("a") == known.of("b") == Token("hf_one")
    assert known.renewed("a", Token("hf_one")) == Token("hf_two")


@pytest.mark.parametrize(
    "content, why", [("", "is empty"), (" \n", "is empty"), ("hf_a\nhf_b", "more than"), ("hf_é", "more than")]
)
def test_a_file_without_one_token_is_told_by_its_name(tmp_path: Path, content: str, why: str) -> None:
    path = tmp_path / "token"
    path.write_text(content)

    with pytest.raises(Unauthorized, match=why) as raised:
        tokens(path).of("acme")

    assert str(path) in str(raised.value)
    assert "hf_" not in str(raised.value)


def test_a_file_that_cannot_be_read_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for path, why in (
        (tmp_path / "missing", "No such file"),
        (tmp_path, "Is a directory"),
        (tmp_path / "binary", "more than"),
    ):
        with pytest.raises(Unauthorized, match=why) as raised:
            tokens(path).of("acme")

        assert str(path) in str(raised.value)


def test_a_file_that_comes_back_is_used(tmp_path: Path) -> None:
    path = tmp_path / "token"
    known = tokens(path)
    with pytest.raises(Unauthorized):
        known.of("acme")

    path.write_text("hf_acme")

    assert known.of("acme").secret == "hf_acme"


def test_without_any_token_the_error_says_what_to_do() -> None:
    with pytest.raises(Unauthorized, match=r"HF_TOKEN.*hf auth login.*token_file"):
        Tokens(default=lambda: None).of("acme")


def test_a_token_shows_itself_to_nobody(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("hf_acme")
    known = tokens(path)
    token = known.of("acme")

    assert "hf_acme" not in f"{token} {token!r} {known!r} {known.source('acme')} {[token]}"


def test_the_saved_login_is_hf_token_or_the_file_of_the_official_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_from_the_environment")

    assert saved_login() == "hf_from_the_environment"

    monkeypatch.delenv("HF_TOKEN")
    assert saved_login() is None
