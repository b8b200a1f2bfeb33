"""Which errors can be answered where, for /openapi.json: every code, in words."""

from collections.abc import Mapping

SENTENCES: Mapping[int | str, str] = {
    400: "What was asked is not understood.",
    401: "The token is missing, or not known.",
    403: "Not allowed: to this token, to another page, or in observe mode.",
    404: "There is no such thing, or nobody watches it.",
    406: "It cannot be had in a form that is accepted.",
    409: "It does not apply as things stand now.",
    413: "The body is too large.",
    421: "The daemon is not known by this Host.",
    422: "What was sent cannot be written: a mark over a hidden value, a key that was used for something else.",
    429: "Too many requests, or too many failures to name a good token.",
    500: "The daemon failed: its own log says how.",
    502: "Hugging Face did not do it, or its effect never showed.",
    503: "Not now: the daemon begins or ends, or its log cannot be used.",
    "4XX": "Hugging Face's own refusal: its code, and its words in `body`, unchanged.",
}
ANYWHERE = (400, 401, 403, 421, 429, 500, 503)
OF_WRITES = (409, 413, 422)
OF_COMMANDS: tuple[int | str, ...] = (404, 409, 502, "4XX")
