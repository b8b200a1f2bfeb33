"""What the log tells of the configuration: each change once."""

from pathlib import Path

from events.catalogue.daemon import ConfigurationApplied
from events.memory import MemoryLog
from events.views.configured import Configured
from service.clock import SystemClock
from service.config import load
from service.journal import Journal
from tests.unit.alerts.stories import told


async def test_what_was_taken_out_of_the_configuration_is_told_once(tmp_path: Path) -> None:
    log, file = MemoryLog(), tmp_path / "lamplighter.toml"
    journal = Journal(log, SystemClock(), Configured())

    for text in ("[namespaces.acme]\n[namespaces.beta]", "[namespaces.acme]", 'settle = "20m"\n[namespaces.acme]'):
        file.write_text(text)
        await journal.applied(load(file))

    _, without, settled = await told(log, ConfigurationApplied)
    assert without.changes == {"namespaces.beta.mode": None}
    assert settled.changes == {"settle": "PT20M"}
