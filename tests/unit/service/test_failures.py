from pathlib import Path

import pytest

from service.failures import told_why


def test_a_reason_names_neither_a_number_nor_the_path_again(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised:
        (tmp_path / "none").read_text()

    assert told_why(raised.value) == "No such file or directory"


def test_what_has_no_reason_of_the_system_is_told_in_its_own_words() -> None:
    with pytest.raises(UnicodeDecodeError) as raised:
        b"\xff".decode()

    assert told_why(raised.value) == "it is not UTF-8"
    assert told_why(TimeoutError("timed out")) == "timed out"
    assert told_why(ConnectionResetError()) == "ConnectionResetError"
    assert told_why(ValueError("line 3")) == "line 3"
