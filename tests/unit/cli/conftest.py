from collections.abc import Iterator
from pathlib import Path

import pytest

from service.cli.main import main
from service.cli.zones import show_by
from tests.unit.cli.hands import Run, SaidDaemon, Told, said_daemon


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing of the machine's own configuration, tokens and logs is found."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("TZ", "UTC")
    show_by(None)
    return tmp_path


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[SaidDaemon]:
    with said_daemon() as said:
        monkeypatch.setenv("LAMPLIGHTER_URL", said.url)
        yield said


@pytest.fixture
def lamplighter(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> Told:
        code = main(arguments)
        printed = capsys.readouterr()
        return Told(code=code, out=printed.out, err=printed.err)

    return run
