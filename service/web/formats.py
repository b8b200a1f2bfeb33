"""Pages of events in the formats that can be asked for: by `format`, or by the media types that the caller accepts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec
from aiohttp import web

from events import cloudevents
from events.query import Page
from service.eventtable import COLUMNS, cells, csv_line
from service.web import render
from service.web.answers import Problem, encode
from service.web.parameters import Parameter, named

Render = Callable[[Page, str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A way to write a page; `render` takes the page and the id of its log."""

    media: str
    render: Render
    parameters: str = ""

    @property
    def content(self) -> str:
        """Return the content type."""
        return f"{self.media}{self.parameters}"


def _json_lines(page: Page, _log_id: str) -> bytes:
    return b"".join(encode(render.event(recorded)) + b"\n" for recorded in page.events)


def _csv(page: Page, _log_id: str) -> bytes:
    shown = (msgspec.json.decode(encode(render.event(recorded))) for recorded in page.events)
    return "".join(map(csv_line, [COLUMNS, *map(cells, shown)])).encode()


def _one(page: Page, log_id: str) -> bytes:
    if len(page.events) > 1:
        raise Problem(400, "one CloudEvent is one event: say limit=1, or take application/cloudevents-batch+json")
    if not page.events:
        raise Problem(404, "no event matches, and one was asked for")
    return cloudevents.render(page.events[0], log_id)


JSON = "json"
FORMATS: Mapping[str, Format] = {
    JSON: Format(media="application/json", render=lambda page, _log_id: encode(render.events(page))),
    "jsonl": Format(media="application/x-ndjson", render=_json_lines),
    "csv": Format(media="text/csv", parameters="; charset=utf-8; header=present", render=_csv),
    "cloudevents": Format(media="application/cloudevents+json", render=_one),
    "cloudevents-batch": Format(
        media="application/cloudevents-batch+json", render=lambda page, log_id: cloudevents.batch(page.events, log_id)
    ),
}
FORMAT = Parameter(
    name="format",
    text="How to write the events; without it, what Accept says; else JSON.",
    schema={"type": "string", "enum": list(FORMATS), "default": JSON},
)


def format_of(request: web.Request, said: Mapping[str, str]) -> str:
    """Return the name of the format that the caller wants."""
    name = named(said, "format", FORMATS)
    return _accepted(request.headers.get("Accept", "*/*")) if name is None else name


def _accepted(accept: str) -> str:
    """Return the format that is liked best; among equals the one that is named first."""
    ranges = sorted(map(_range, accept.split(",")), key=lambda liked: -liked[1])
    for media, liking in ranges:
        if liking <= 0:
            continue
        if media in {"*/*", "application/*"}:
            return JSON
        for name, one in FORMATS.items():
            if media in {one.media, f"{one.media.partition('/')[0]}/*"}:
                return name
    raise Problem(
        406, f"nothing of {accept[:60]!r} can be given: accept {', '.join(one.media for one in FORMATS.values())}"
    )


def _range(text: str) -> tuple[str, float]:
    media, *parameters = (part.strip().lower() for part in text.split(";"))
    weight = next((part.removeprefix("q=") for part in parameters if part.startswith("q=")), "1")
    try:
        return media, float(weight)
    except ValueError:
        return media, 0.0
