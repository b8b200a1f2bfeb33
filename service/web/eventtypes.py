"""What the events mean: every type with its fields and the JSON Schema of its payload."""

import msgspec
from aiohttp import web

from events import dictionary
from events.dictionary import UnknownType
from events.schemas import json_schema
from service.web import shapes
from service.web.answers import Problem, answer, encode


async def event_types(_request: web.Request) -> web.Response:
    """Answer with every type."""
    return answer(shapes.EventTypes(items=tuple(map(_shown, dictionary.entries()))))


async def event_type(request: web.Request) -> web.Response:
    """Answer with one type."""
    try:
        return answer(_shown(dictionary.entry(request.match_info["type"])))
    except UnknownType as error:
        raise Problem(404, str(error)) from None


def _shown(entry: dictionary.Entry) -> shapes.EventType:
    return shapes.EventType(
        type=entry.type,
        schema=entry.schema,
        meaning=entry.shape.meaning,
        fields=msgspec.convert(entry.shape.fields, tuple[shapes.EventField, ...], from_attributes=True),
        parts=msgspec.convert(entry.parts, tuple[shapes.EventPart, ...], from_attributes=True),
        json_schema=msgspec.Raw(encode(json_schema(entry.type))),
    )
