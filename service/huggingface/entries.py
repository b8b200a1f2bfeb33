"""From the bytes of the lists whose schema is not established to masked documents: replicas, log entries, audit log.

Assumed, since nothing tells, and held here alone: a list is either the whole answer or the one list of objects in it;
the audit log is `{list, next_cursor, prev_cursor}`; members are objects with a `user`, paged by a Link header.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from yarl import URL

from service.huggingface.answers import Answer, Malformed
from service.huggingface.pages import Page
from service.masking import Masker
from service.masking.documents import account, count, instant, prose, title, word
from service.ports import Document

_WHO = {"id": account, "name": word, "username": word}

# What may be shown of each, wherever the API puts it; everything else is masked.
ENTRY: Mapping[str, Any] = {
    **dict.fromkeys(("id", "type", "action", "level", "replica", "replicaId", "revision", "state", "status"), word),
    **dict.fromkeys(("namespace", "username", "user_name", "ip_country"), word),
    **dict.fromkeys(("endpoint", "endpointName", "endpoint_name", "name"), title),
    **dict.fromkeys(("createdAt", "created_at", "updatedAt", "startedAt", "timestamp", "time", "date"), instant),
    **dict.fromkeys(("message", "line", "log", "reason", "errorMessage"), prose),
    **dict.fromkeys(("restarts", "restartCount", "exitCode"), count),
    **dict.fromkeys(("user", "author", "createdBy"), _WHO),
}

_NEXT = re.compile(r"<([^<>]*)>[^<]*?;\s*rel=\"?next\"?(?=[\s,;]|$)", re.IGNORECASE)


class _Audit(msgspec.Struct):
    entries: list[dict[str, Any]] = msgspec.field(name="list")
    next_cursor: str | None = None


class _Member(msgspec.Struct):
    user: str


_audit = msgspec.json.Decoder(_Audit)
_members = msgspec.json.Decoder(list[_Member])


def read_entries(body: bytes, masker: Masker) -> tuple[Document, ...]:
    """Return the one list of documents in an answer, masked."""
    told = msgspec.json.decode(body)
    found = [told] if isinstance(told, list) else []
    if isinstance(told, dict):
        found = [value for value in told.values() if isinstance(value, list)]
    if len(found) != 1 or not all(isinstance(entry, dict) for entry in found[0]):
        raise Malformed("not the one list of objects that it should hold")
    return tuple(masker.mask(entry, ENTRY).document for entry in found[0])


def read_audit(answer: Answer, url: URL, masker: Masker) -> Page[Document]:
    """Return one page of the audit log, masked."""
    told = _audit.decode(answer.body)
    entries = tuple(masker.mask(entry, ENTRY).document for entry in told.entries)
    return Page(items=entries, following=url.update_query(cursor=told.next_cursor) if told.next_cursor else None)


def read_members(answer: Answer, url: URL) -> Page[str]:
    """Return one page of an organisation's members.

    One that cannot be read makes the page malformed: who is left out here would seem to have left.
    """
    return Page(items=tuple(member.user for member in _members.decode(answer.body)), following=_next(answer, url))


def _next(answer: Answer, url: URL) -> URL | None:
    """Return where the next page is; only on the same server, since the token goes along."""
    found = _NEXT.search(answer.headers.get("Link", ""))
    if found is None:
        return None
    try:
        following = url.join(URL(found[1]))
    except ValueError:
        raise Malformed("the address of its next page is none") from None
    if following.origin() != url.origin():
        raise Malformed("its next page is said to be on another server, where the token must not go")
    return following
