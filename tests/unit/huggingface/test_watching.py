"""A sweep over pages that came again and pages that did not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from yarl import URL

from service.clock import SystemClock
from service.huggingface import HUB_URL, HuggingFace, Tokens
from service.huggingface.memory import Listed
from service.huggingface.pages import Page
from service.masking import Masker
from statemachine.model import Look, Seen
from tests.unit.huggingface.documents import NAME, document, encoded

AT = datetime(2026, 1, 1, tzinfo=UTC)


def looked(asked: float) -> Look:
    at = AT + timedelta(seconds=asked)
    return Look(asked_at=at, answered_at=at, asked=asked, answered=asked)


@pytest.mark.parametrize(("order", "status"), [(("old", "new"), "paused"), (("new", "old"), "running")])
async def test_of_two_pages_that_hold_a_name_the_later_look_counts_whichever_came_again(
    monkeypatch: pytest.MonkeyPatch, order: tuple[str, str], status: str
) -> None:
    hub = HuggingFace(tokens=Tokens(default=lambda: "hf_x"), clock=SystemClock(), masker=Masker())

    def page(state: str) -> Page[Listed]:
        raw = msgspec.Raw(encoded(document(state=state)))
        return Page(items=(hub._memory.read_listed(raw, NAME.namespace),), following=None)

    pages = {"old": page("running"), "new": page("paused")}
    shown = [("old",), order]

    async def listed(*_: Any) -> list[tuple[Page[Listed], Look]]:
        return [(pages[name], looked(at)) for at, name in enumerate(shown.pop(0))]

    monkeypatch.setattr(hub, "_listed", listed)
    await hub.sweep(NAME.namespace)
    observation = (await hub.sweep(NAME.namespace)).items[NAME].observation

    assert isinstance(observation, Seen)
    assert (str(observation.sighting.status), observation.look.asked) == (status, 1)


@pytest.mark.parametrize(
    ("hub_url", "path", "host"),
    [
        (HUB_URL, "/api/organizations/acme/members", "huggingface.co"),
        (HUB_URL, "/api/v1/catalog/list", "endpoints.huggingface.co"),
        (HUB_URL, "/api/catalog/repo-list", "endpoints.huggingface.co"),
        ("http://127.0.0.1:8788", "/api/v1/catalog/list", "127.0.0.1"),
    ],
)
async def test_what_is_handed_on_reaches_the_host_that_has_it(
    monkeypatch: pytest.MonkeyPatch, hub_url: str, path: str, host: str
) -> None:
    """The catalogue of models is not on the hub."""
    asked: list[URL] = []
    hub = HuggingFace(tokens=Tokens(default=lambda: "hf_x"), clock=SystemClock(), masker=Masker(), hub_url=hub_url)

    async def relay(url: URL, *, namespace: str) -> None:
        asked.append(url)

    monkeypatch.setattr(hub._transport, "relay", relay)
    await hub.relay(path, "limit=2", hub=True)

    assert [(url.host, url.raw_path_qs) for url in asked] == [(host, f"{path}?limit=2")]
