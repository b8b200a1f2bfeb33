"""What is read of endpoints, of whose token it is and of what hardware costs."""

from collections.abc import Mapping
from dataclasses import dataclass

from statemachine.model import EndpointName, Look, Seen, Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One endpoint as the API gave it: what it means, and the document itself, masked, as JSON."""

    name: EndpointName
    observation: Seen | Unreadable
    document: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Every page of a namespace. `look` spans all of them; each item carries the look of its own page.

    `nameless` counts the documents whose very name could not be read.
    """

    look: Look
    items: Mapping[EndpointName, Item]
    nameless: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose token it is, and the namespaces that it names: the user's own and the organisations'.

    `managed` are those whose endpoints a fine-grained token may manage; None: nothing is told of its rights.
    `only_read` are those that the token, or its user there, may not write to. Of `limited` ones a part may be closed to
    it, or all: that there are bounds is told, and not which; they must be asked themselves, with this token.
    """

    name: str
    namespaces: tuple[str, ...]
    managed: frozenset[str] | None = None
    only_read: frozenset[str] = frozenset()
    limited: frozenset[str] = frozenset()

    @property
    def organisations(self) -> tuple[str, ...]:
        """Return the namespaces that are not the user's own."""
        return tuple(namespace for namespace in self.namespaces if namespace != self.name)

    def may_manage(self, namespace: str) -> bool:
        """Return whether the token may do something with the endpoints of a namespace, as far as whoami tells."""
        return namespace in self.namespaces and (self.managed is None or namespace in self.managed)

    def may_write(self, namespace: str) -> bool:
        """Return whether the token may change endpoints of a namespace, as far as whoami tells."""
        return self.may_manage(namespace) and namespace not in self.only_read


@dataclass(frozen=True, slots=True, order=True)
class Hardware:
    """What a price is for."""

    vendor: str
    region: str
    instance_type: str
    instance_size: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How many accelerators of a kind a namespace may use, and how many it uses now."""

    max_accelerators: int
    used_accelerators: int

    @property
    def free_accelerators(self) -> int:
        """Return how many more can be had."""
        return max(0, self.max_accelerators - self.used_accelerators)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The price of one replica on some hardware, in USD an hour, and whether it can be had now.

    `status` is the API's own word. What the API does not say is None: neither no accelerator nor no quota.
    """

    usd_per_hour: float
    status: str
    accelerator: str | None = None  # cpu, gpu or neuron
    accelerators: int | None = None  # of one replica
    quota: Quota | None = None

    @property
    def available(self) -> bool:
        """Return whether a new replica can be had, as far as the API says."""
        return self.status in {"available", "low_availability"}
