"""How an answer goes out: whole, or as a stream of pieces until it ends or nobody listens any more."""

from contextlib import aclosing

from aiohttp import web

from service.simulator.answers import Answer, Stream

SMALLEST = 512  # bytes that are worth compressing


def to_web(answer: Answer, *, gzip: bool = False) -> web.Response:
    """Return a whole answer as aiohttp sends it; compressed, if it may be, for who asks for that."""
    response = web.Response(
        status=answer.status, body=answer.body, content_type=answer.content_type, headers=dict(answer.headers)
    )
    if gzip and len(answer.body) >= SMALLEST:
        response.enable_compression()
    return response


async def send(request: web.Request, answer: Answer, *, gzip: bool = False, torn: bool = False) -> web.StreamResponse:
    """Send an answer; a torn stream is cut after its first piece."""
    if answer.stream is None:
        return to_web(answer, gzip=gzip)
    response = web.StreamResponse(status=answer.status, headers=dict(answer.headers))
    response.content_type = answer.content_type
    await response.prepare(request)
    await _pour(request, response, answer.stream, torn=torn)
    return response


async def _pour(request: web.Request, response: web.StreamResponse, stream: Stream, *, torn: bool) -> None:
    async with aclosing(stream()) as pieces:
        async for piece in pieces:
            if request.transport is None or request.transport.is_closing():
                return
            if piece:
                await _write(response, piece)
            if piece and torn:
                request.transport.close()
                return


async def _write(response: web.StreamResponse, piece: bytes) -> None:
    try:
        await response.write(piece)
    except ConnectionError:
        return  # the listener went this moment: the next look at the transport sees it
