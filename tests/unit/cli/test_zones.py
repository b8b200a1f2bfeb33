"""Which zone is meant when nobody says."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.cli import zones
from service.cli.exits import Exit, Stop
from service.cli.finding import find

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TZ", "LAMPLIGHTER_ZONE", "LAMPLIGHTER_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    table = tmp_path / "zoneinfo" / "Asia" / "Tokyo"
    table.parent.mkdir(parents=True)
    table.touch()
    (tmp_path / "localtime").symlink_to(table)
    monkeypatch.setattr(zones, "LOCALTIME", tmp_path / "localtime")


def test_the_nearest_that_says_a_zone_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = [str(zones.zone(None, find()))]
    monkeypatch.setenv("TZ", ":Europe/Paris")
    named.append(str(zones.zone(None, find())))
    (tmp_path / "lamplighter.toml").write_text('zone = "Europe/Rome"\n')
    named.append(str(zones.zone(None, find())))
    named.append(str(zones.zone("America/Lima", find())))

    assert named == ["Asia/Tokyo", "Europe/Paris", "Europe/Rome", "America/Lima"]


def test_a_machine_that_says_none_is_taken_to_go_by_utc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(zones, "LOCALTIME", tmp_path / "nowhere")

    assert zones.zone(None, find()) is UTC


def test_a_zone_that_nobody_knows_is_refused_with_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST")

    with pytest.raises(Stop, match=r"'CET-1CEST' is no zone that this machine knows.*or TZ") as refused:
        zones.zone(None, find())

    assert refused.value.code == Exit.USAGE


def test_what_is_no_instant_ends_the_command() -> None:
    assert zones.moment("today 9:00", now=NOON, zone=UTC) == NOON.replace(hour=9)
    with pytest.raises(Stop, match="yesterday 14:00"):
        zones.moment("sometime", now=NOON, zone=UTC)
