"""What an answer that is not the wanted one means: which error it is, and whether the same request may be sent again.

Nothing that the other side wrote gets into an error unscrubbed, and no foreign exception is chained: its text can quote
what was received.
"""

import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
import msgspec

from service.huggingface.answers import Again, Answer, Call, Malformed, Trouble
from service.huggingface.refusals import invalid, refused, said, scrub_body
from service.ports import Conflict, NotFound, Refused, Unauthorized, Unavailable

_RESET = re.compile(r"(?:\bt|\breset)\s*=\s*(\d+)")


def judge(call: Call, answer: Answer, *, secret: str, now: datetime) -> Trouble:
    """Say what an answer with another code than 2xx means."""
    start, body = f"cannot {call.doing}: {answer.code}{said(answer.body, secret)}", scrub_body(answer.body, secret)
    match answer.code:
        case 401:
            do = f"the token was not accepted: put a valid one into {call.token_source}"
            return Trouble(error=Unauthorized(f"{start}; {do}", code=401, body=body), again=Again.IF_RENEWED)
        case 403:
            do = f"the token may not do this: give it the right on {call.namespace!r}, or put another into "
            error = Unauthorized(f"{start}; {do}{call.token_source}", code=403, body=body)
            return Trouble(error=error, again=Again.NEVER)
        case 404:
            do = "there is no such thing, or the token does not see it: check the name and the token's organisations"
            return Trouble(error=NotFound(f"{start}; {do}", body=body), again=Again.NEVER)
        case 429:
            do = "too many requests: look again after a while; if this stays, look less often"
            wait = told_wait(answer.headers, now)
            limited = Unavailable(f"{start}; {do}", word="rate_limited", wait_seconds=wait or 0.0)
            return Trouble(error=limited, again=Again.ALWAYS, wait_seconds=wait)
        case 501:
            do = "the API does not offer this here: do without it"
            return Trouble(error=refused(Refused, f"{start}; {do}", answer, secret), again=Again.NEVER)
        case code if code >= 500:
            do = "the API failed: look again after a while; see https://status.huggingface.co"
            wait = told_wait(answer.headers, now)
            failing = Unavailable(f"{start}; {do}", word="server_error", wait_seconds=wait or 0.0)
            return Trouble(error=failing, again=Again.IF_HARMLESS, wait_seconds=wait)
        case code if code < 400:
            do = "redirects are not followed, since the token would go with them: correct hub_url or api_url"
            return Trouble(error=Unavailable(f"{start}; {do}", word="malformed"), again=Again.NEVER)
        case 409:
            do = "the name is in use, or another change is under way: look at what is there, then decide anew"
            return Trouble(error=refused(Conflict, f"{start}; {do}", answer, secret), again=Again.NEVER)
        case 422:
            return Trouble(error=invalid(start, answer, secret), again=Again.NEVER)
        case _:
            do = "the API refused it: change the request or the endpoint"
            return Trouble(error=refused(Refused, f"{start}; {do}", answer, secret), again=Again.NEVER)


# Every way in which a try can fail without an answer that could be judged.
FAILURES = (
    TimeoutError,
    Malformed,
    msgspec.MsgspecError,
    UnicodeDecodeError,
    RecursionError,
    aiohttp.ClientError,
    OSError,
)


def failed(call: Call, error: Exception, *, seconds: float) -> Trouble:
    """Say what one of FAILURES means, in a try that had so many seconds."""
    match error:
        case aiohttp.ConnectionTimeoutError():
            return broken(call, error)
        case TimeoutError():
            return timed_out(call, seconds)
        case Malformed():
            return malformed(call, str(error))
        case aiohttp.ClientError() | OSError():
            return broken(call, error)
        case _:
            return malformed(call, f"the answer is not the JSON that it should be ({type(error).__name__})")


def malformed(call: Call, why: str) -> Trouble:
    """Say that a body cannot be used; `why` must not quote it."""
    do = "is something between us and the API, such as a proxy or a login page? Check hub_url and the proxy variables"
    return Trouble(error=Unavailable(f"cannot {call.doing}: {why}; {do}", word="malformed"), again=Again.IF_HARMLESS)


def timed_out(call: Call, seconds: float) -> Trouble:
    """Say that there was no whole answer in time; a write may have been carried out all the same."""
    text = f"cannot {call.doing}: no whole answer within {seconds:g} s; check the network and the proxy variables"
    if call.changes:
        text += "; what was to be changed may have been changed"
    return Trouble(error=Unavailable(text, word="timeout"), again=Again.IF_HARMLESS)


def broken(call: Call, error: aiohttp.ClientError | OSError) -> Trouble:
    """Say what a failure below HTTP means."""
    where = call.url.origin()
    match error:
        case aiohttp.ClientPayloadError():
            return malformed(call, "the answer ended before its end")
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            text, again = (
                "its certificate is not trusted: set ca_file, REQUESTS_CA_BUNDLE or SSL_CERT_FILE",
                Again.NEVER,
            )
        case aiohttp.ClientConnectorError():
            why = _why(error.os_error)
            text, again = f"no connection ({why}): check the network, the proxy variables and hub_url", Again.ALWAYS
        case aiohttp.ConnectionTimeoutError():
            text, again = "no connection in time: check the network, the proxy variables and hub_url", Again.ALWAYS
        case _:
            text = f"the connection broke ({type(error).__name__}): look again after a while"
            again = Again.IF_HARMLESS
    return Trouble(error=Unavailable(f"cannot {call.doing} at {where}: {text}", word="connection"), again=again)


def _why(error: OSError) -> str:
    """Return the system's own words; asyncio writes the address in their place."""
    if isinstance(error, ConnectionError) and error.errno:
        return os.strerror(error.errno)
    return error.strerror or type(error).__name__


def told_date(headers: Mapping[str, str]) -> datetime | None:
    """Return the time by the other side's clock, in whole seconds, if an answer tells it."""
    try:
        return parsedate_to_datetime(headers["Date"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError):
        return None


def told_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return how many seconds an answer asks to wait: Retry-After (seconds or a date), or a RateLimit's reset."""
    if after := headers.get("Retry-After", "").strip():
        if after.isascii() and after.isdigit():
            return float(after)
        try:
            return max(0.0, (parsedate_to_datetime(after) - now).total_seconds())
        except (TypeError, ValueError):  # no date, or one without a zone
            return None
    reset = headers.get("RateLimit-Reset", "").strip()
    if reset.isascii() and reset.isdigit():
        return float(reset)
    found = _RESET.search(headers.get("RateLimit", ""))
    return float(found[1]) if found else None
