"""Every command that asks the daemon and does nothing besides, in words that ask it; of an endpoint that is given."""

from collections.abc import Iterator

Words = tuple[str, ...]

# What only a daemon needs, or a command that is one for a while. Each costs whoever imports it 20 ms or more.
DEAR = (
    *("aiohttp", "pydantic", "pydantic_settings", "huggingface_hub", "structlog", "transitions", "prometheus_client"),
    *("rich.console", "rich.table"),  # colours, where nobody sees them
)


def asking(endpoint: str) -> Iterator[Words]:
    """Yield those after which everything is as before."""
    yield ("status",)
    yield ("list",)
    yield ("show", endpoint)
    yield ("show", endpoint, "--at", "now")
    yield ("explain", endpoint)
    yield ("timeline", endpoint)
    yield ("uptime",)
    yield ("plan",)
    yield ("wait", endpoint, "--for", "running")
    yield ("leases",)
    yield ("events", "--last", "10")
    yield ("events", "--since", "1h", "--type", "endpoint.status_changed")
    yield ("parked",)
    yield ("token", "list")


def ordering(endpoint: str) -> Iterator[Words]:
    """Yield those by which the daemon is asked to do something."""
    yield from ((verb, endpoint) for verb in ("pause", "resume", "scale-to-zero"))
    yield ("create", endpoint, "--repository", "gpt2")
    yield ("update", endpoint, "--max-replica", "2")
    yield ("delete", endpoint, "--yes")
    yield ("hold", endpoint, "--for", "1h", "--reason", "a demo")
    yield ("unhold", endpoint)
    yield ("with", endpoint, "--", "true")
    yield ("token", "create", "ci", "--role", "read")
    yield ("token", "revoke", "ci")
    yield ("parked", "replay", "7", "--subscriber", "alerts")
    yield ("parked", "skip", "7", "--subscriber", "alerts", "--why", "broken")


# What looks at this machine or at Hugging Face, or is a daemon itself.
ALONE = frozenset(
    {"survey", "init", "check-config", "doctor", "run", "once", "demo", "simulate", "diagram", "hooks", "log"}
)
