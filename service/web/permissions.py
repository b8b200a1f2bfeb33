"""What each address takes: a role, and where. An address that is not in this table is closed to everybody.

`waiting` only reads: it changes nothing, and any number of waiters share one watch. What is set aside for subscribers,
and the figures, are of the whole daemon.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from service.access import Role

ENDPOINT = "/api/endpoints/{namespace}/{name}"


class Where(Enum):
    """Where the role is needed; the value is how it is told."""

    NAMESPACE = "in the namespace that the address names"
    SOMEWHERE = "in some namespace; what is told is of those in which the caller has it"
    EVERYWHERE = "in every namespace (`*`)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A role, and where."""

    role: Role
    where: Where

    def __str__(self) -> str:
        """Return it as a sentence, for /openapi.json."""
        return f"Takes the role {self.role.word} {self.where.value}."


def _need(role: Role, where: Where, **methods: tuple[str, ...]) -> dict[tuple[str, str], Need]:
    return {(method, path): Need(role=role, where=where) for method, paths in methods.items() for path in paths}


# By method and path, as in `routes.ROUTES`. None: open to whoever reaches it.
NEEDS: Mapping[tuple[str, str], Need | None] = {
    ("GET", "/healthz"): None,
    ("GET", "/readyz"): None,
    **_need(
        Role.READ,
        Where.SOMEWHERE,
        GET=(
            *("/openapi.json", "/api/status", "/api/plan", "/api/uptime", "/api/endpoints", "/api/leases"),
            *("/api/events", "/api/events/stream", "/api/events/types", "/api/events/types/{type}"),
        ),
    ),
    **_need(
        Role.READ,
        Where.NAMESPACE,
        GET=(ENDPOINT, f"{ENDPOINT}/timeline", f"{ENDPOINT}/explain", f"{ENDPOINT}/wait"),
    ),
    **_need(Role.READ, Where.EVERYWHERE, GET=("/metrics", "/api/parked")),
    **_need(
        Role.OPERATE,
        Where.NAMESPACE,
        POST=(
            *("/api/endpoints/{namespace}", f"{ENDPOINT}/hold"),
            *(f"{ENDPOINT}/ensure", f"{ENDPOINT}/leases"),
            *(f"{ENDPOINT}/pause", f"{ENDPOINT}/resume", f"{ENDPOINT}/scale-to-zero"),
        ),
        PUT=(f"{ENDPOINT}/leases/{{lease}}",),
        PATCH=(ENDPOINT,),
        DELETE=(ENDPOINT, f"{ENDPOINT}/hold", f"{ENDPOINT}/leases/{{lease}}"),
    ),
    **_need(Role.OPERATE, Where.EVERYWHERE, POST=("/api/hold",), DELETE=("/api/hold",)),
    **_need(
        Role.ADMIN,
        Where.EVERYWHERE,
        GET=("/api/tokens",),
        POST=("/api/tokens", "/api/parked/replay", "/api/parked/skip"),
        DELETE=("/api/tokens/{token}",),
    ),
}
