import traceback
from datetime import UTC, datetime

import aiohttp
import msgspec
import pytest
from yarl import URL

from service.huggingface.answers import Again, Answer, Call, Trouble
from service.huggingface.refusals import scrub_body
from service.huggingface.verdicts import broken, judge, told_wait
from service.ports import Conflict, HubError, Invalid, NotFound, Refused, Unauthorized, Unavailable
from statemachine.model import Look

NOW = datetime(2026, 3, 2, 6, 0, 0, tzinfo=UTC)
CALL = Call(
    doing="list the endpoints of acme",
    url=URL("https://api.endpoints.huggingface.cloud/v2/endpoint/acme"),
    namespace="acme",
    token_source="the file /run/secrets/hf-acme",
    most_bytes=1000,
)
TOKEN = "hf_abcdefghijklmnopqrstuvwxyz"


def judged(code: int, body: bytes = b"", **headers: str) -> Trouble:
    look = Look(asked_at=NOW, answered_at=NOW, asked=0, answered=0)
    told = {key.replace("_", "-"): value for key, value in headers.items()}
    return judge(CALL, Answer(code=code, headers=told, body=body, look=look), secret="short-token", now=NOW)


@pytest.mark.parametrize(
    "code, kind, word, again",
    [
        (302, Unavailable, "malformed", Again.NEVER),
        (400, Refused, "refused", Again.NEVER),
        (401, Unauthorized, "unauthorized", Again.IF_RENEWED),
        (403, Unauthorized, "unauthorized", Again.NEVER),
        (404, NotFound, "not_found", Again.NEVER),
        (409, Conflict, "conflict", Again.NEVER),
        (422, Invalid, "invalid", Again.NEVER),
        (429, Unavailable, "rate_limited", Again.ALWAYS),
        (500, Unavailable, "server_error", Again.IF_HARMLESS),
        (503, Unavailable, "server_error", Again.IF_HARMLESS),
        (501, Refused, "refused", Again.NEVER),
        (599, Unavailable, "server_error", Again.IF_HARMLESS),
    ],
)
def test_every_code_has_its_error_and_its_sentence(code: int, kind: type[HubError], word: str, again: Again) -> None:
    trouble = judged(code, b'{"error": "It is so"}')

    assert type(trouble.error) is kind
    assert (trouble.error.word, trouble.again) == (word, again)
    assert str(trouble.error).startswith(f"cannot list the endpoints of acme: {code}, 'It is so'; ")


@pytest.mark.parametrize("code", [429, 500, 503])
@pytest.mark.parametrize(("asked", "wait"), [({"Retry-After": "17"}, 17.0), ({}, 0.0)])
def test_an_answer_that_asks_to_be_left_alone_says_so_in_its_error(
    code: int, asked: dict[str, str], wait: float
) -> None:
    error = judged(code, b"", **asked).error

    assert isinstance(error, Unavailable)
    assert error.wait_seconds == wait


def test_a_bad_token_is_told_by_where_it_comes_from() -> None:
    assert "/run/secrets/hf-acme" in str(judged(401).error)
    assert "/run/secrets/hf-acme" in str(judged(403).error)


@pytest.mark.parametrize(
    "headers, seconds",
    [
        ({}, None),
        ({"Retry-After": "17"}, 17),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "Mon, 02 Mar 2026 06:00:30 GMT"}, 30),
        ({"Retry-After": "Mon, 02 Mar 2026 05:00:00 GMT"}, 0),
        ({"Retry-After": "Mon, 02 Mar 2026 06:00:30"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "5", "RateLimit": '"api";r=0;t=55'}, 5),
        ({"RateLimit": '"api";r=0;t=55'}, 55),
        ({"RateLimit": "limit=100, remaining=0, reset=50"}, 50),
        ({"RateLimit-Reset": "40"}, 40),
        ({"RateLimit": "nonsense"}, None),
    ],
)
def test_how_long_an_answer_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert told_wait(headers, NOW) == seconds


def test_a_refusal_keeps_its_code_and_its_words() -> None:
    error = judged(400, b'{"error": "Bad Request: Endpoint is already running"}').error

    assert isinstance(error, Refused)
    assert (error.code, error.body) == (400, '{"error": "Bad Request: Endpoint is already running"}')


@pytest.mark.parametrize(
    "body, left",
    [
        (b"plain words", "plain words"),
        (b'{"a":  1}', '{"a":  1}'),
        (b'{"error": "bad hf_abcdefghijklmnop"}', '{"error":"bad <masked>"}'),
        (b'{"error": "bad short-token"}', '{"error": "bad <masked>"}'),
        (b'{"token": "x", "n": [1]}', '{"token":"<masked>","n":[1]}'),
        (b"<p>hf_abcdefghijklmnop</p>", "<p><masked></p>"),
        (b"\xff", "�"),
        (b"[" * 10_000, "[" * 10_000),
    ],
)
def test_a_body_is_handed_on_without_tokens_and_otherwise_unchanged(body: bytes, left: str) -> None:
    assert scrub_body(body, "short-token") == left


@pytest.mark.parametrize("code", [302, 400, 401, 403, 404, 409, 429, 500])
@pytest.mark.parametrize("shape", ["{}", '{{"error": "{}"}}', '{{"error": {{"x": "{}"}}}}', '["{}"]', '{{"{}": 1}}'])
def test_no_error_tells_a_token(code: int, shape: str) -> None:
    for secret in (TOKEN, "short-token"):
        error = judged(code, shape.format(f"see {secret} here").encode()).error

        assert secret not in "".join(traceback.format_exception(error)) + repr(vars(error))


def test_the_words_of_an_error_are_short_and_on_one_line() -> None:
    text = str(judged(422, msgspec.json.encode({"error": "a\nb " * 5000})).error)

    assert "\n" not in text
    assert len(text) < 500


@pytest.mark.parametrize(
    "error, word, again",
    [
        (aiohttp.ServerDisconnectedError(), "connection", Again.IF_HARMLESS),
        (ConnectionResetError(), "connection", Again.IF_HARMLESS),
        (aiohttp.ClientPayloadError(TOKEN), "malformed", Again.IF_HARMLESS),
        (aiohttp.InvalidURL(TOKEN), "connection", Again.IF_HARMLESS),
        (aiohttp.ConnectionTimeoutError(), "connection", Again.ALWAYS),
    ],
)
def test_a_failure_below_http_quotes_nothing_that_was_received(error: Exception, word: str, again: Again) -> None:
    assert isinstance(error, aiohttp.ClientError | OSError)

    trouble = broken(CALL, error)

    assert (trouble.error.word, trouble.again) == (word, again)
    assert TOKEN not in str(trouble.error)


@pytest.mark.parametrize(
    "body, complaints",
    [
        (b'{"error": "no"}', ()),
        (b"<html>", ()),
        (b'{"detail": "model.task: must be a text"}', ("model.task: must be a text",)),
        (
            b'{"detail": [{"loc": ["model", "task"], "msg": "must be a text"}, {"msg": "hf_abcdefghijklmnopqrst"}]}',
            ("model.task: must be a text", "<masked>"),
        ),
        (b'{"errors": [{"path": "name", "message": "too long"}, "and so on", 5]}', ("name: too long", "and so on")),
    ],
)
def test_a_422_keeps_what_the_schema_complains_of(body: bytes, complaints: tuple[str, ...]) -> None:
    error = judged(422, body).error

    assert isinstance(error, Invalid)
    assert error.complaints == complaints
    assert all(complaint in str(error) for complaint in complaints)
