"""/openapi.json, made from the table of routes and the shapes of the answers: it cannot say what is not so."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp import web

from service.web import shapes
from service.web.answers import answer
from service.web.context import parts_of
from service.web.parameters import Parameter
from service.web.routes import ROUTES, Route

PATH = "/openapi.json"
ABOUT = (
    "What Lamplighter knows of Hugging Face Inference Endpoints, and what it can be asked to do. Writing takes the "
    "daemon's token; reading takes it beyond loopback. HEAD is answered wherever GET ends at once."
)
PATH_TEXTS = {
    "namespace": "The user or organisation.",
    "name": "The endpoint's name.",
    "type": "A type of event.",
    "lease": "The lease's id.",
}


def describe(routes: Sequence[Route], *, version: str) -> dict[str, Any]:
    """Return the description of these routes, and of itself."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    itself = {"200": {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}}}
    paths[PATH] = {"get": {"summary": "This description.", "responses": itself}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Lamplighter", "version": version, "description": ABOUT},
        "paths": paths,
        "components": {
            "schemas": _schemas(routes)[1],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


async def openapi(request: web.Request) -> web.Response:
    """Answer with the description of every route of this app."""
    return answer(describe(ROUTES, version=parts_of(request).version))


def _operation(route: Route) -> dict[str, Any]:
    names = re.findall(r"\{(\w+)\}", route.path)
    found: dict[str, Any] = {
        "summary": route.summary,
        "parameters": [
            *(_parameter(Parameter(name=name, text=PATH_TEXTS[name]), "path") for name in names),
            *(_parameter(parameter, "query") for parameter in route.parameters),
            *(_parameter(parameter, "header") for parameter in route.headers),
        ],
        "responses": {
            **{str(code): _response(what, route.media) for code, what in route.answers.items()},
            "default": {"description": "An error: what to do.", "content": _json(shapes.Error)},
        },
    }
    if route.method != "GET":
        found["security"] = [{"token": []}]
    if route.body is not None:
        found["requestBody"] = {"content": _json(route.body), "required": _is_required(route.body)}
    return found


def _is_required(body: type) -> bool:
    """Return whether no body at all, which counts as an empty object, would not do."""
    return any(field.required for field in msgspec.structs.fields(body))


def _parameter(parameter: Parameter, place: str) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": place,
        "required": place == "path",
        "description": parameter.text,
        "schema": parameter.schema,
    }


def _response(what: type | str, media: Sequence[str]) -> dict[str, Any]:
    texts = {name: {"schema": {"type": "string"}} for name in ([what] if isinstance(what, str) else media)}
    if isinstance(what, str):
        return {"description": what, "content": texts}
    return {"description": (what.__doc__ or "").partition("\n")[0], "content": {**_json(what), **texts}}


def _json(shape: type) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{shape.__name__}"}}}


def _schemas(routes: Sequence[Route]) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    used = [what for route in routes for what in (*route.answers.values(), route.body, shapes.Error)]
    types = {what for what in used if isinstance(what, type)}
    ordered = sorted(types, key=lambda shape: shape.__name__)
    return msgspec.json.schema_components(ordered, ref_template="#/components/schemas/{name}")
