"""Server-sent events: an answer that comes piece by piece, each a line of JSON."""

import json
from collections.abc import AsyncGenerator, Iterable
from typing import Any

from service.simulator.answers import Answer

DONE = b"data: [DONE]\n\n"


def events(documents: Iterable[Any], *, done: bool = False) -> Answer:
    """Answer documents as events; `done` says at the end that there are no more, as OpenAI does and TGI does not."""
    told = [f"data: {json.dumps(document, separators=(',', ':'))}\n\n".encode() for document in documents]

    async def stream() -> AsyncGenerator[bytes, None]:
        for event in [*told, DONE] if done else told:
            yield event

    return Answer(status=200, body=b"", content_type="text/event-stream", stream=stream)
