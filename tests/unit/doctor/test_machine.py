"""This machine is judged by what can be seen of it, and what cannot is not called well."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from events.sqlite import driver
from events.sqlite.file import OLDEST_SQLITE
from service.doctor import Verdict, clock, disk, file_system, proxies, sqlite, token_file


@pytest.mark.parametrize(
    ("seconds", "verdict", "says"),
    [
        (0.4, Verdict.OK, "within a few seconds of Hugging Face's"),
        (-20, Verdict.OK, "20 s behind Hugging Face's"),
        (95, Verdict.LACKS, "95 s ahead of Hugging Face's"),
        (-95, Verdict.LACKS, "95 s behind Hugging Face's"),
    ],
)
def test_a_clock_is_judged_by_how_far_it_is_off(seconds: float, verdict: Verdict, says: str) -> None:
    check = clock(timedelta(seconds=seconds))

    assert (check.verdict, check.says) == (verdict, says)
    assert bool(check.do) is (verdict is Verdict.LACKS)


def test_a_clock_that_could_not_be_compared_is_not_called_right() -> None:
    assert clock(None).verdict is Verdict.NOT_TRIED


@pytest.mark.parametrize(
    ("log", "verdict", "kind"),
    [
        ("home/x.db", Verdict.FAILS, "nfs4"),
        ("home/not/there/yet/x.db", Verdict.FAILS, "nfs4"),
        ("home/local/x.db", Verdict.OK, "xfs"),
        ("homely/x.db", Verdict.OK, "ext4"),
    ],
)
def test_a_log_on_a_network_file_system_fails(tmp_path: Path, log: str, verdict: Verdict, kind: str) -> None:
    (tmp_path / "home" / "local").mkdir(parents=True)
    mounts = [("/", "ext4"), (str(tmp_path / "home"), "nfs4"), (str(tmp_path / "home" / "local"), "xfs")]

    check = file_system(tmp_path / log, lambda: mounts)

    assert check.verdict is verdict
    assert check.says.startswith(f"{kind}, mounted at ")


def test_a_system_that_does_not_tell_its_file_systems_is_not_called_well() -> None:
    assert file_system(Path("/y/x.db"), list).verdict is Verdict.NOT_TRIED


def test_the_disk_of_a_log_that_is_not_there_yet_is_that_of_the_nearest_folder(tmp_path: Path) -> None:
    check = disk(tmp_path / "new" / "log.db")

    assert check.verdict in {Verdict.OK, Verdict.LACKS}  # as full as the machine is
    assert "GiB free" in check.says


def test_a_folder_that_may_not_be_written_to_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda place, _: place != tmp_path)  # nothing is really forbidden to root

    assert disk(tmp_path / "log.db").verdict is Verdict.FAILS


@pytest.mark.parametrize(("mode", "verdict"), [(0o600, Verdict.OK), (0o640, Verdict.LACKS), (0o644, Verdict.LACKS)])
def test_a_token_that_others_can_read_is_told(tmp_path: Path, mode: int, verdict: Verdict) -> None:
    path = tmp_path / "token"
    path.write_text("hf_x")
    path.chmod(mode)

    check = token_file("acme", path)

    assert check.verdict is verdict
    assert "hf_x" not in f"{check.says}{check.do}"


def test_a_token_file_that_is_not_there_fails(tmp_path: Path) -> None:
    assert token_file("acme", tmp_path / "none").verdict is Verdict.FAILS


def test_a_proxy_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://user:secret@proxy.acme.example:3128")

    assert proxies().says == "https by http://proxy.acme.example:3128"


@pytest.mark.parametrize("proxy", ["socks5://user:secret@proxy:1080", "http://user:secret@proxy:99999", "http://[x"])
def test_a_proxy_that_cannot_be_used_fails_by_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("https_proxy", proxy)

    check = proxies()

    assert (check.verdict, check.says.split()[0]) == (Verdict.FAILS, "https_proxy")
    assert "secret" not in f"{check.says}{check.do}"


def test_a_log_below_a_file_or_in_a_closed_folder_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    assert disk(tmp_path / "file" / "log.db").verdict is Verdict.FAILS

    (tmp_path / "log.db").write_text("")  # may itself be written to, and SQLite writes beside it
    monkeypatch.setattr(os, "access", lambda place, _: place != tmp_path)
    assert disk(tmp_path / "log.db").verdict is Verdict.FAILS


def test_looking_who_can_read_a_token_reads_nothing_of_it(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path, mode=0o600)
    writer = os.open(path, os.O_RDWR)
    os.write(writer, b"hf_x")

    assert token_file("acme", path).verdict is Verdict.OK
    assert os.read(writer, 4) == b"hf_x"
    os.close(writer)


def test_this_machines_sqlite_is_new_enough_for_the_log() -> None:
    assert sqlite(driver.version(), OLDEST_SQLITE).verdict is Verdict.OK


def test_an_sqlite_that_is_too_old_fails_and_says_which_is_needed() -> None:
    check = sqlite((3, 51, 2), (3, 51, 3))

    assert (check.verdict, check.do) == (Verdict.FAILS, "3.51.3 or newer is needed: upgrade apsw, which brings it")
