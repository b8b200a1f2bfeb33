"""What the log may tell of a document that is written, and whether it shows."""

from datetime import UTC, datetime
from typing import Any

import pytest

from events.catalogue.acts import Intended
from service.commands.wanted import shows, wanted_of
from service.watch.track import Track
from statemachine.configuration import Flattened
from statemachine.model import Endpoint, Sighting
from statemachine.status import Status

AT = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"tags": ["b", "a"]}, {"tags": "a, b"}),
        ({"compute": {"scaling": {"scaleToZeroTimeout": None}}}, {"compute.scaling.scaleToZeroTimeout": None}),
        ({"model": {"image": {"huggingface": {}}}}, {"model.image.huggingface": None}),
        ({"model": {"args": ["--key", "x"]}}, {"model.args": "<masked>, <masked>"}),
        ({"model": {"env": {"A": "s3cret"}, "secrets": {"B": "s3cret"}}}, {
            "model.env.A": "<masked>",
            "model.secrets.B": "<masked>",
        }),
        ({"notifications": [{"url": "https://x"}]}, {"notifications.0.url": "<masked>"}),
        ({"cacheHttpResponses": True}, {"cacheHttpResponses": True}),
        ({}, {}),
    ],
)  # fmt: skip
def test_every_path_is_told_and_no_value_that_may_be_a_secret(document: Any, told: Any) -> None:
    assert wanted_of(document) == told


def track(**configuration: Any) -> Track:
    flat = Flattened({path.replace("_", "."): value for path, value in configuration.items()})
    sighting = Sighting(status=Status.RUNNING, created_at=AT, configuration=flat)
    return Track(endpoint=Endpoint(since=None, sighting=sighting), life=AT)


@pytest.mark.parametrize(
    ("wanted", "there", "shown"),
    [
        ({"type": "public"}, {"type": "public"}, True),
        ({"type": "public"}, {"type": "private"}, False),
        ({"type": "public"}, {}, False),
        ({"model.env.A": "<masked>"}, {}, True),  # what is masked cannot be compared
        ({"model.revision": None}, {"model_revision": "abc"}, True),  # the platform fills in what is left open
        ({"name": "tgi"}, {}, True),  # stands in the endpoint's own name
    ],
)
def test_it_shows_if_all_that_may_be_read_is_as_it_was_wanted(wanted: Any, there: Any, *, shown: bool) -> None:
    intended = Intended(
        intent="i", command="update", life=AT, version=1, evidence=(), reason="r", deadline=AT, wanted=wanted
    )

    assert shows(intended, track(**there)) is shown
    assert not shows(intended, Track())
