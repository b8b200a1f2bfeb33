"""A webhook: one POST of a CloudEvent, signed by Standard Webhooks if there is a secret.

No redirects; nothing of the URL in any error.
"""

import asyncio
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.request import getproxies, proxy_bypass

import aiohttp

from events import cloudevents
from service.channels import cloudevent
from service.channels.signing import NoSecret, read_secrets, sign
from service.channels.targets import Forbidden, Guard, Target, check
from service.clock import Clock
from service.config import Receiver as Settings
from service.hooks.port import Parcel
from service.masking import one_line, scrub
from service.subscribers.outbox.port import Outgoing, Rejected

SECONDS = 15.0
CONNECT = 0.8  # of the time, at most, for the connection: whoever gave none by then has not seen the message
NOT_THERE = frozenset({429, 502, 503, 504})  # what answers so has not looked at the message
EXCERPT = 500  # characters of an answer that an error may show
LONGEST_DIGITS = 6  # of the seconds that it may ask to be left alone
READ = 8192  # bytes of it that are scrubbed first: a token cut in two would not be known for one


class Webhook:
    """One receiver. Its URL and its secrets are read anew for each message, so that a change of their files counts."""

    def __init__(self, settings: Settings, *, clock: Clock, seconds: float = SECONDS) -> None:
        """`clock` dates the signatures; `seconds` are what one try may take."""
        self._settings = settings
        self._clock = clock
        self._seconds = seconds

    async def send(self, message: Outgoing) -> None:
        await self.deliver(Parcel(id=message.id, body=cloudevent.render(message)))

    async def deliver(self, parcel: Parcel) -> None:
        headers = {"content-type": cloudevents.CONTENT_TYPE, "user-agent": "lamplighter"}
        try:
            target = check(self._url(), allow_insecure=self._settings.allow_insecure)
            if self._settings.secret_file is not None:
                keys = read_secrets(self._settings.secret_file)
                headers |= sign(keys, parcel.id, self._clock.now(), parcel.body)
        except (Forbidden, NoSecret) as error:
            raise Rejected(str(error), unreachable=True) from error
        await self._post(target, headers, parcel.body)

    async def _post(self, target: Target, headers: dict[str, str], body: bytes) -> None:
        guard = Guard(target)
        connector = aiohttp.TCPConnector(socket_factory=None if _proxied(target) else guard)
        try:
            async with (
                asyncio.timeout(self._seconds),
                aiohttp.ClientSession(
                    connector=connector,
                    trust_env=not target.local,
                    timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT * self._seconds),
                ) as session,
                session.post(target.url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                await self._judge(target, answer)
        except TimeoutError as error:
            unreachable = isinstance(error, aiohttp.ConnectionTimeoutError)
            said = f"{target.host} did not answer within {self._seconds:.0f} s"
            raise Rejected(said, unreachable=unreachable) from error
        except UnicodeError as error:
            raise Rejected("the url's host can be no host's name: correct it", unreachable=True) from error
        except aiohttp.ClientError as error:
            said = str(guard.refusal or f"cannot reach {target.host}: {_reason(error)}")
            raise Rejected(said, unreachable=isinstance(error, aiohttp.ClientConnectorError)) from error

    async def _judge(self, target: Target, answer: aiohttp.ClientResponse) -> None:
        if 200 <= answer.status < 300:
            return
        if 300 <= answer.status < 400:
            raise Rejected(f"{target.host} answered {answer.status}: redirects are not followed, name the last place")
        excerpt = one_line(scrub((await answer.content.read(READ)).decode(errors="replace")))[:EXCERPT]
        raise Rejected(
            f"{target.host} answered {answer.status}{f': {excerpt}' if excerpt else ''}",
            retry_after=_retry_after(answer.headers.get("retry-after"), self._clock.now()),
            gone=answer.status == 410,
            unreachable=answer.status in NOT_THERE,
        )

    def _url(self) -> str:
        if self._settings.url is not None:
            return self._settings.url
        path = self._settings.url_file
        if path is None:
            raise Forbidden("the channel has no url: write url or url_file")
        try:
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Forbidden(f"cannot read {path}: {type(error).__name__}") from error


def _proxied(target: Target) -> bool:
    """Say whether a proxy connects in our place, found by the environment as aiohttp finds it."""
    scheme = target.url.partition(":")[0].lower()
    return not target.local and scheme in getproxies() and not proxy_bypass(target.host)


def _reason(error: aiohttp.ClientError) -> str:
    """Return what went wrong, without the URL that some of these errors carry."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.os_error.strerror or type(error.os_error).__name__
    return type(error).__name__


def _retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read seconds or a date; what is neither says nothing."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        digits = value.lstrip("0")
        return timedelta(seconds=int(digits or 0) if len(digits) <= LONGEST_DIGITS else 10**LONGEST_DIGITS)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max(timedelta(), at - now) if at.tzinfo else None
