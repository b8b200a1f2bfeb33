"""/openapi.json says what there is: no route more, none less, and no shape that is not there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from service.web import create_app
from service.web.openapi import describe
from service.web.routes import ROUTES
from tests.unit.web.hands import discover, make_parts, served


def references(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        if "$ref" in document:
            yield document["$ref"]
        for value in document.values():
            yield from references(value)
    elif isinstance(document, list | tuple):
        for value in document:
            yield from references(value)


async def test_the_description_and_the_router_name_the_same_routes(tmp_path: Path) -> None:
    router = create_app(make_parts(tmp_path)).router
    routed = {
        (route.method, route.resource.canonical)
        for route in router.routes()
        if route.resource is not None and route.method != "HEAD"
    }

    described = {
        (method.upper(), path)
        for path, operations in describe(ROUTES, version="1")["paths"].items()
        for method in operations
    }

    assert described == routed


def test_every_shape_that_is_referred_to_is_described() -> None:
    document = describe(ROUTES, version="1")

    named = {reference.rpartition("/")[2] for reference in references(document)}
    assert named <= document["components"]["schemas"].keys()
    assert {"Endpoint", "Event", "Error", "Outcome", "Plan"} <= named


def test_every_route_that_writes_says_that_it_needs_the_token() -> None:
    for path, operations in describe(ROUTES, version="1")["paths"].items():
        for method, operation in operations.items():
            assert ("security" in operation) == (method != "get"), path


async def test_what_is_answered_has_the_fields_that_are_described(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    await discover(parts.log, "acme/tgi")
    await parts.live.catch_up()

    async with served(parts) as caller:
        document = await caller.json("GET", "/openapi.json")
        answers = {
            path: await caller.json("GET", path.format(namespace="acme", name="tgi", type="hold.placed"))
            for path, operations in document["paths"].items()
            if "get" in operations and path.startswith("/api/") and not path.endswith(("/wait", "/stream"))
        }

    schemas = document["components"]["schemas"]
    assert len(answers) == 12
    for path, answer in answers.items():
        reference = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        assert answer.keys() == schemas[reference.rpartition("/")[2]]["properties"].keys()
