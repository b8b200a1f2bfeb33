"""/openapi.json says what there is: no route more, none less, and no shape that is not there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from service.web import create_app, openapi
from service.web.access import OF_HUB
from service.web.openapi import describe
from service.web.problems import SENTENCES
from service.web.routes import ROUTES
from tests.unit.web.hands import discover, make_parts, served

KEPT = Path(__file__).parents[3] / "docs" / "openapi.json"


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
        if route.resource is not None and route.method != "HEAD" and not route.resource.canonical.startswith(OF_HUB)
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
    assert {"Endpoint", "Event", "Error", "Outcome", "Plan", "Refusal"} <= named


def test_every_route_that_takes_more_than_to_read_says_that_it_needs_a_token() -> None:
    for path, operations in describe(ROUTES, version="1")["paths"].items():
        for method, operation in operations.items():
            assert ({} not in operation["security"]) == (method != "get" or path == "/api/tokens"), path


def test_the_description_is_openapi_3_1_to_who_knows_it_best() -> None:
    document = msgspec.json.decode(msgspec.json.encode(describe(ROUTES, version="1")))

    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_the_description_that_is_kept_is_that_of_this_code(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    openapi.main()

    assert capfdbinary.readouterr().out == KEPT.read_bytes(), "run scripts/diagram, which writes docs/openapi.json"


def test_every_address_tells_its_errors_each_in_words_and_as_a_problem() -> None:
    for path, operations in describe(ROUTES, version="1")["paths"].items():
        for method, operation in operations.items():
            answers = operation["responses"]
            assert {"400", "401", "403", "421", "429", "500", "503"} <= answers.keys(), path
            assert ("404" in answers) >= ("{" in path), path
            assert "default" not in answers
            for code, answer in answers.items():
                if code[0] in "45":
                    assert answer["description"] in SENTENCES.values() or code == "503"
                    assert list(answer["content"]) == ["application/problem+json"], (method, path)


async def test_what_is_answered_has_the_fields_that_are_described(tmp_path: Path) -> None:
    parts = make_parts(tmp_path)
    await discover(parts.log, "acme/tgi")
    await parts.live.catch_up()

    async with served(parts) as caller:
        document = await caller.json("GET", "/openapi.json")
        answers = {
            path: await caller.json("GET", path.format(namespace="acme", name="tgi", type="hold.placed"), token=True)
            for path, operations in document["paths"].items()
            if "get" in operations and path.startswith("/api/") and not path.endswith(("/wait", "/stream"))
        }

    schemas = document["components"]["schemas"]
    assert len(answers) == 13
    for path, answer in answers.items():
        reference = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        assert answer.keys() == schemas[reference.rpartition("/")[2]]["properties"].keys()
