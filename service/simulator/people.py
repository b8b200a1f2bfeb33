"""Who calls, and what they may see: tokens, users and organisations.

A token `hf_NAME` is the user NAME. Any token may access any namespace, until something was granted to it: then it is
held to that and to its user's own namespace. What was revoked is out of reach in either case. What is refused is
answered with 401 or 403, as by an organisation that wants another kind of token; whoami names it all the same.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from service.simulator.errors import Forbidden, Invalid, SimulatorError, Unauthorized
from service.simulator.rights import Rights

PREFIX = "hf_"
REFUSALS: dict[int, type[SimulatorError]] = {error.code: error for error in (Unauthorized, Forbidden)}


def user_of(token: str) -> str:
    """Return whose token this is."""
    return token.removeprefix(PREFIX)


def identity(name: str) -> str:
    """Return the id of a user or an organisation, as the Hub shapes it."""
    return sha256(name.encode()).hexdigest()[:24]


class People:
    """What was granted, revoked and refused, by user; and who is in an organisation."""

    def __init__(self) -> None:
        self.rights = Rights()
        self.strangers = True  # a token that was never introduced is good
        self._names: dict[str, str] = {}
        self._refused: dict[tuple[str, str], int] = {}
        self._members: dict[str, set[str]] = {}
        self._granted: dict[str, set[str]] = {}
        self._revoked: dict[str, set[str]] = {}

    def grant(self, token: str, namespaces: Iterable[str]) -> None:
        """Let a token access these namespaces, and from now on no other but its own."""
        wanted, user = set(namespaces), self.named(token)
        self._granted.setdefault(user, set()).update(wanted)
        self._revoked.setdefault(user, set()).difference_update(wanted)

    def revoke(self, token: str, namespace: str) -> None:
        """Take a namespace away from a token."""
        self._granted.get(self.named(token), set()).discard(namespace)
        self._revoked.setdefault(self.named(token), set()).add(namespace)

    def introduce(self, token: str, name: str | None = None) -> None:
        """Make a token known, as that of a user whose name may differ from the token's."""
        self._names[token] = name or user_of(token)

    @property
    def introduced(self) -> list[str]:
        """Return the tokens that were made known."""
        return list(self._names)

    def user(self, token: str) -> str:
        """Return whose token this is; where strangers are not let in, refuse a token that nobody introduced."""
        if not self.strangers and token not in self._names:
            raise Unauthorized("Unauthorized: invalid credentials")
        return self.named(token)

    def refuse(self, token: str, namespace: str, code: int | None) -> None:
        """Answer a token with this code wherever it asks for a namespace; None ends that."""
        if code is None:
            self._refused.pop((self.named(token), namespace), None)
        elif code in REFUSALS:
            self._refused[self.named(token), namespace] = code
        else:
            raise Invalid(f"a refusal is one of {sorted(REFUSALS)}, not {code!r}")

    def check(self, token: str | None, namespace: str, *, writes: bool = False) -> None:
        """Raise the refusal of this token in this namespace, if there is one, or if it lacks the right."""
        if token is None or not namespace:
            return
        code = self._refused.get((self.named(token), namespace))
        if code is not None:
            raise REFUSALS[code](f"{REFUSALS[code].__name__}: this token has no access to {namespace!r}")
        self.rights.check(token, self.named(token), namespace, writes=writes)

    def may(self, user: str, namespace: str) -> bool:
        """Tell whether this user can access this namespace."""
        return self._belongs(user, namespace) and (user, namespace) not in self._refused

    def enrol(self, organisation: str, names: Iterable[str]) -> None:
        """Say who is in an organisation: these, those said before, and no others but those it was granted to."""
        self._members.setdefault(organisation, set()).update(names)

    def members(self, organisation: str, present: Iterable[str] = ()) -> list[str]:
        """Return who is in an organisation; as long as nobody said who is, everyone `present` and known."""
        granted = {user for user, namespaces in self._granted.items() if organisation in namespaces}
        return sorted(granted | self._members.get(organisation, {*present, *self._granted}))

    def named(self, token: str) -> str:
        """Return whose token this is said to be, good or not."""
        return self._names.get(token, user_of(token))

    def _belongs(self, user: str, namespace: str) -> bool:
        if namespace in self._revoked.get(user, ()):
            return False
        return user not in self._granted or namespace == user or namespace in self._granted[user]

    def whoami(self, token: str, namespaces: Iterable[str]) -> dict[str, Any]:
        """Return what `/api/whoami-v2` answers, given the namespaces that there are."""
        user = self.named(token)
        known = {*namespaces, *self._granted.get(user, ())} - {user}
        return {
            "type": "user",
            "id": identity(user),
            "name": user,
            "fullname": user.replace("-", " ").title(),
            "email": f"{user}@simulator.invalid",
            "emailVerified": True,
            "canPay": True,
            "isPro": False,
            "periodEnd": None,
            "avatarUrl": "",
            "orgs": [
                _organisation(name) | self.rights.membership(user, name)
                for name in sorted(known)
                if self._belongs(user, name)
            ],
            "auth": {"type": "access_token", "accessToken": self.rights.token(token, user)},
        }


def _organisation(name: str) -> dict[str, Any]:
    return {
        "type": "org",
        "id": identity(name),
        "name": name,
        "fullname": name,
        "email": None,
        "canPay": True,
        "periodEnd": None,
        "isEnterprise": False,
        "avatarUrl": "",
    }
