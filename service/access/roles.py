"""What a caller may do, and where: a role in the namespaces that match a pattern. Pure.

Whatever is not granted is refused; a role holds all that the lesser ones do. What belongs to no namespace (the daemon,
its configuration, its log) is for those whose grant is for every namespace, and only the pattern `*` is: several
patterns that happen to cover all that there is today do not cover what comes tomorrow.
"""

from dataclasses import dataclass
from enum import IntEnum
from fnmatch import fnmatchcase

EVERYWHERE = ("*",)


class Role(IntEnum):
    """READ sees; OPERATE commands, holds and leases; ADMIN makes tokens and settles what subscribers set aside."""

    READ = 1
    OPERATE = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """Return it as people write it."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> "Role | None":
        """Return the role that a word names."""
        return next((role for role in cls if role.word == word), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role, in every namespace that one of these patterns matches, as the shell's do."""

    role: Role
    namespaces: tuple[str, ...]

    @property
    def everywhere(self) -> bool:
        """Return whether it is for every namespace that there is or will be."""
        return "*" in self.namespaces

    def covers(self, namespace: str) -> bool:
        """Return whether it is for this namespace."""
        return any(fnmatchcase(namespace, pattern) for pattern in self.namespaces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks: the actor that the log names, and what was granted."""

    actor: str
    grants: tuple[Grant, ...] = ()

    def may(self, role: Role, namespace: str) -> bool:
        """Return whether the caller has a role, or a greater one, in a namespace."""
        return any(grant.role >= role and grant.covers(namespace) for grant in self.grants)

    def everywhere(self, role: Role) -> bool:
        """Return whether the caller has a role in every namespace that there is or will be."""
        return any(grant.role >= role and grant.everywhere for grant in self.grants)

    def somewhere(self, role: Role) -> bool:
        """Return whether there can be a namespace in which the caller has a role."""
        return any(grant.role >= role and grant.namespaces for grant in self.grants)

    def within(self, role: Role) -> tuple[str, ...] | None:
        """Return the patterns of the namespaces in which the caller has a role; None: no namespace is left out.

        Who has it everywhere has it also on what belongs to no namespace.
        """
        if self.everywhere(role):
            return None
        return tuple(pattern for grant in self.grants if grant.role >= role for pattern in grant.namespaces)


NOBODY = Caller(actor="nobody")
ANYBODY = Caller(actor="anybody", grants=(Grant(role=Role.READ, namespaces=EVERYWHERE),))  # on this machine
OWNER = Caller(actor="person:token", grants=(Grant(role=Role.ADMIN, namespaces=EVERYWHERE),))
