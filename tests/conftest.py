"""What holds for every test: it sees nothing of the caller's machine, and slow ones run only when asked for."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

# Tokens, configuration and proxies of whoever runs the tests would change what the tests see, or let them reach out.
FOREIGN_PREFIXES = ("LAMPLIGHTER_", "HF_", "HUGGING_FACE_", "HUGGINGFACE_", "XDG_")
FOREIGN_NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "force_color", "no_color")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow, too")


def pytest_configure(config: pytest.Config) -> None:
    # A shell that starts the tests in the background lets them ignore Ctrl-C, and so every command that they start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # Else looptime makes a loop for the first synchronous test, which nobody closes.
    asyncio.set_event_loop(None)
    for name in list(os.environ):
        if name.startswith(FOREIGN_PREFIXES) or name.lower() in FOREIGN_NAMES:
            del os.environ[name]
    os.environ["TZ"] = "UTC"  # by whose clocks commands show instants
    home = tempfile.TemporaryDirectory(prefix="lamplighter-home-")
    config.add_cleanup(home.cleanup)
    os.environ["HOME"] = str(Path(home.name).resolve())
    # On two busy cores a deadline for one example tells of the machine, not of the code. Where a test does not say how
    # many examples it needs, the gate takes half as many as is usual, and the slow form twice as many.
    usual = settings.get_profile(settings.get_current_profile_name())
    examples = usual.max_examples * 2 if config.getoption("--slow") else usual.max_examples // 2
    settings.register_profile("lamplighter", usual, deadline=None, max_examples=examples)
    settings.load_profile("lamplighter")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    skip = pytest.mark.skip(reason="slow: runs with --slow")
    for item in items:
        if item.get_closest_marker("slow") and not config.getoption("--slow"):
            item.add_marker(skip)
        # looptime lets a loop turn 42 times in vain before each step of the time, for what may come from outside. Here
        # that comes by sockets on loopback, which are ready at once.
        if item.get_closest_marker("looptime"):
            item.add_marker(pytest.mark.looptime(noop_cycles=4))


@pytest.fixture(autouse=True)
def _own_log_lines() -> Iterator[None]:
    """A test that configures the log must not leave its stream, soon closed, to the next."""
    yield
    structlog.reset_defaults()


# The tests of the wheel need one: .ci/run builds it and runs them.
collect_ignore = ["packaging"]
