"""What a token may do where it belongs: its kind, its scopes, the role of its user, and what is asked of him first.

Whoami tells all of it, and it holds on every route of the management API. Assumed, since nothing tells: each refusal is
a 403, and to look at endpoints a fine-grained token needs the right to manage them, for no lesser one is known.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from service.simulator.errors import Forbidden

Kind = Literal["read", "write", "fineGrained"]
Role = Literal["admin", "write", "contributor", "read", "no_access"]
Restriction = Literal["ip", "token-policy", "mfa", "sso"]
MANAGES = "inference.endpoints.write"


class Rights:
    """The kinds of tokens, and the roles of users; a token of which nothing is said writes, and its user may."""

    def __init__(self) -> None:
        self._kinds: dict[str, Kind] = {}
        self._scopes: dict[str, Mapping[str, Sequence[str]]] = {}
        self._roles: dict[tuple[str, str], Role] = {}
        self._restrictions: dict[tuple[str, str], Sequence[Restriction]] = {}

    def issue(self, token: str, kind: Kind, scopes: Mapping[str, Sequence[str]] | None = None) -> None:
        """Say of which kind a token is, and which rights it has in which namespaces if it is fine-grained."""
        self._kinds[token] = kind
        self._scopes[token] = scopes or {}

    def appoint(self, user: str, organisation: str, role: Role) -> None:
        """Give a user a role in an organisation."""
        self._roles[user, organisation] = role

    def restrict(self, user: str, organisation: str, restrictions: Sequence[Restriction]) -> None:
        """Let an organisation ask something of a user first: until then it lets him at nothing."""
        self._restrictions[user, organisation] = restrictions

    def check(self, token: str, user: str, namespace: str, *, writes: bool) -> None:
        """Raise Forbidden where this token may not do that."""
        role = self._roles.get((user, namespace), "write")
        if first := self._restrictions.get((user, namespace)):
            raise Forbidden(f"Forbidden: {namespace} wants {', '.join(first)} first")
        if role == "no_access":
            raise Forbidden(f"Forbidden: {user} has no access to {namespace!r}")
        kind = self._kinds.get(token, "write")
        if kind == "fineGrained" and MANAGES not in self._scopes[token].get(namespace, ()):
            raise Forbidden(f"Forbidden: this token lacks {MANAGES} in {namespace}")
        if writes and "read" in {kind, role}:
            raise Forbidden(f"Forbidden: this token may only read {namespace}")

    def token(self, token: str, user: str) -> dict[str, Any]:
        """Return what whoami tells of a token."""
        told = {"displayName": user, "role": self._kinds.get(token, "write"), "createdAt": "2024-01-01T00:00:00.000Z"}
        if told["role"] != "fineGrained":
            return told
        scoped = [
            {"entity": {"_id": "", "type": "user" if name == user else "org", "name": name}, "permissions": [*rights]}
            for name, rights in self._scopes[token].items()
        ]
        return told | {"fineGrained": {"canReadGatedRepos": False, "global": [], "scoped": scoped}}

    def membership(self, user: str, organisation: str) -> dict[str, Any]:
        """Return what whoami tells of a user in an organisation."""
        told: dict[str, Any] = {"roleInOrg": self._roles.get((user, organisation), "write")}
        restrictions = self._restrictions.get((user, organisation))
        return told | {"securityRestrictions": [*restrictions]} if restrictions else told


def is_write(method: str, path: str) -> bool:
    """Return whether a request asks the management API to change anything."""
    return method not in {"GET", "HEAD"} and path.startswith("/v2/") and "/metrics/" not in path
