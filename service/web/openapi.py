"""/openapi.json, made from the table of routes and the shapes of the answers: it cannot say what is not so."""

import re
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version as installed
from typing import Any

import msgspec
from aiohttp import web

from service.access import Role
from service.masking import NAME
from service.web import shapes
from service.web.answers import PROBLEM, answer
from service.web.context import parts_of
from service.web.parameters import Parameter
from service.web.permissions import NEEDS
from service.web.problems import ANYWHERE, SENTENCES
from service.web.routes import ROUTES, Route

PATH = "/openapi.json"
ABOUT = (
    "What Lamplighter knows of Hugging Face Inference Endpoints, and what it can be asked to do. Writing takes a "
    "token; reading takes one beyond loopback, and on loopback sees everything without. A token has a role (read, "
    "operate or admin) in some namespaces, or in all: what it does not reach is answered as what does not exist. Too "
    "many wrong tokens are answered with 429. HEAD is answered wherever GET ends at once. Every "
    "error is a problem detail (RFC 9457)."
)
PATH_TEXTS = {
    "namespace": "The user or organisation.",
    "name": "The endpoint's name.",
    "type": "A type of event.",
    "lease": "The lease's id.",
    "token": "The name of a token.",
}
_PLACE = {"type": "string", "pattern": f"^{NAME.pattern}$"}
PATH_SCHEMAS = {"namespace": _PLACE, "name": _PLACE}


def describe(routes: Sequence[Route], *, version: str) -> dict[str, Any]:
    """Return the description of these routes, and of itself."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    itself = {"200": {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}}}
    errors = {str(code): _error(code, shapes.Error) for code in ANYWHERE}
    paths[PATH] = {
        "get": {
            "summary": "This description.",
            "description": _needed("GET", PATH),
            "operationId": "openapi",
            "security": READING,
            "responses": {**itself, **errors},
        }
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lamplighter",
            "version": version,
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": _schemas(routes)[1],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


_HEADER = {"schema": {"type": "string"}}
HEADERS: Mapping[int | str, Mapping[str, Any]] = {
    201: {"Location": {**_HEADER, "description": "The address of what was made."}},
    401: {"WWW-Authenticate": {**_HEADER, "description": "What is missing."}},
    429: {"Retry-After": {**_HEADER, "description": "After how many seconds to ask again, if that is known."}},
    503: {"Retry-After": {**_HEADER, "description": "After how many seconds to ask again, if that is known."}},
}
WRITING: list[dict[str, list[str]]] = [{"token": []}]
READING: list[dict[str, list[str]]] = [{}, {"token": []}]  # on loopback nothing need be shown


async def openapi(request: web.Request) -> web.Response:
    """Answer with the description of every route of this app."""
    return answer(describe(ROUTES, version=parts_of(request).version))


def _operation(route: Route) -> dict[str, Any]:
    names = re.findall(r"\{(\w+)\}", route.path)
    errors = (shapes.Refusal, shapes.Error) if route.commands else (shapes.Error,)
    found: dict[str, Any] = {
        "summary": route.summary,
        "operationId": _operation_id(route),
        "description": _needed(route.method, route.path),
        "parameters": [
            *(_parameter(_path_parameter(name), "path") for name in names),
            *(_parameter(parameter, "query") for parameter in route.parameters),
            *(_parameter(parameter, "header") for parameter in route.headers),
        ],
        "responses": {
            **{str(code): _response(what, route.media, code=code) for code, what in route.answers.items()},
            **{str(code): _error(code, *errors) for code in route.errors},
        },
        "security": READING if route.method == "GET" else WRITING,
    }
    need = NEEDS[route.method, route.path]
    if need is not None and need.role > Role.READ:
        found["security"] = [{"token": []}]
    if route.body is not None:
        found["requestBody"] = {"content": _json(route.body), "required": _is_required(route.body)}
    if route.takes is not None:
        found["requestBody"] = {"content": {"application/json": {"schema": route.takes}}, "required": True}
    return found


def _operation_id(route: Route) -> str:
    """Return a name for what generates a client: `get_endpoints_name_wait`."""
    words = re.sub(r"[^a-z]+", "_", route.path.removeprefix("/api").lower()).strip("_")
    return f"{route.method.lower()}_{words}"


def _path_parameter(name: str) -> Parameter:
    return Parameter(name=name, text=PATH_TEXTS[name], schema=PATH_SCHEMAS.get(name, {"type": "string"}))


def _error(code: int | str, *shapes_: type) -> dict[str, Any]:
    references = [{"$ref": f"#/components/schemas/{shape.__name__}"} for shape in shapes_]
    schema = references[0] if len(references) == 1 else {"anyOf": references}
    found: dict[str, Any] = {"description": SENTENCES[code], "content": {PROBLEM: {"schema": schema}}}
    if headers := HEADERS.get(code):
        found["headers"] = headers
    return found


def _needed(method: str, path: str) -> str:
    """Say which role an address takes, and where."""
    need = NEEDS[method, path]
    return "Open to whoever reaches it." if need is None else str(need)


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


def _response(what: type | str, media: Sequence[str], *, code: int) -> dict[str, Any]:
    others: dict[str, Any] = {name: _other(name) for name in ([what] if isinstance(what, str) else media)}
    if isinstance(what, str):
        return {"description": what, "content": others}
    own = {PROBLEM: _json(what)["application/json"]} if code >= 400 else _json(what)
    found: dict[str, Any] = {"description": _first_line(what), "content": {**own, **others}}
    if headers := HEADERS.get(code):
        found["headers"] = headers
    return found


def _other(media: str) -> dict[str, Any]:
    return {"schema": {} if media.endswith("+json") else {"type": "string"}}


def _first_line(shape: type) -> str:
    return (shape.__doc__ or "").partition("\n")[0]


def _json(shape: type) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{shape.__name__}"}}}


def _schemas(routes: Sequence[Route]) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    used = [what for route in routes for what in (*route.answers.values(), route.body, shapes.Error, shapes.Refusal)]
    types = {what for what in used if isinstance(what, type)}
    ordered = sorted(types, key=lambda shape: shape.__name__)
    return msgspec.json.schema_components(ordered, ref_template="#/components/schemas/{name}")


def main() -> None:
    """Print the document as it is kept in docs/openapi.json."""
    described = msgspec.json.encode(describe(ROUTES, version=installed("lamplighter")))
    sys.stdout.buffer.write(msgspec.json.format(described, indent=2) + b"\n")


if __name__ == "__main__":
    main()
