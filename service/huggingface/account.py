"""From the bytes of whoami and of the provider's offers to whose token it is and what hardware costs."""

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from service.ports import Hardware, Identity, Offer, Quota

FINE_GRAINED = "fineGrained"  # the role of a token whose rights are told one by one
MANAGES = "inference.endpoints.write"  # without it, a fine-grained token is let at no endpoint's document
READ = "read"  # the role of a token, or of a member, that writes nothing
NO_ACCESS = "no_access"  # the role of a member who is let at nothing but what groups of resources let him at


class _Organisation(msgspec.Struct, rename="camel"):
    name: str
    role_in_org: Any = None
    resource_groups: Any = None
    security_restrictions: Any = None

    @property
    def is_limited(self) -> bool:
        """Return whether something is told that closes some of it, or all, to this member or this token."""
        return self.role_in_org == NO_ACCESS or bool(self.resource_groups) or bool(self.security_restrictions)

    @property
    def is_only_read(self) -> bool:
        """Return whether this member writes nothing there, nor in any of his groups of resources.

        A role in one of those may let him all the same; what cannot be understood of them is left to Hugging Face.
        """
        groups = self.resource_groups or []
        by_group = not isinstance(groups, list) or any(_at(group, "role") != READ for group in groups)
        return self.role_in_org in (READ, NO_ACCESS) and not by_group  # a tuple: it may be a list


class _Whoami(msgspec.Struct):
    name: str
    orgs: list[_Organisation] = []
    auth: Any = None


class _Compute(msgspec.Struct, rename="camel"):
    instance_type: str
    instance_size: str
    price_per_hour: float
    status: str = "unknown"
    accelerator: Any = None
    num_accelerators: Any = None
    quota: Any = None


class _Region(msgspec.Struct):
    name: str
    computes: list[msgspec.Raw] = []


class _Vendor(msgspec.Struct):
    name: str
    regions: list[_Region] = []


class _Provider(msgspec.Struct):
    vendors: list[_Vendor]


_whoami = msgspec.json.Decoder(_Whoami)
_provider = msgspec.json.Decoder(_Provider)
_compute = msgspec.json.Decoder(_Compute, strict=False)  # a price may come as a text


def read_identity(body: bytes) -> Identity:
    """Return whose token it is, and its namespaces: the own first, each once.

    What cannot be a name is kept, so that it is told that it cannot be read; what would steer a terminal is not.
    """
    told = _whoami.decode(body)
    own, *others = (_shown(name) for name in (told.name, *(organisation.name for organisation in told.orgs)))
    namespaces = tuple(dict.fromkeys((own, *others)))
    reads = _at(_at(told.auth, "accessToken"), "role") == READ
    return Identity(
        name=own,
        namespaces=namespaces,
        managed=_managed(told.auth),
        only_read=frozenset(namespaces if reads else (_shown(one.name) for one in told.orgs if one.is_only_read)),
        limited=frozenset(_shown(one.name) for one in told.orgs if one.is_limited),
    )


def _managed(auth: Any) -> frozenset[str] | None:
    """Return the namespaces whose endpoints a fine-grained token may manage; None for any other token.

    Of one that is fine-grained, whatever cannot be understood is no right.
    """
    token = _at(auth, "accessToken")
    rights = _at(token, "fineGrained")
    if rights is None and _at(token, "role") != FINE_GRAINED:
        return None
    scopes = _at(rights, "scoped")
    return frozenset(filter(None, map(_managed_by, scopes if isinstance(scopes, list) else ())))


def _managed_by(scope: Any) -> str | None:
    """Return the user or the organisation whose endpoints a scope of a token opens, if it does."""
    entity, permissions = _at(scope, "entity"), _at(scope, "permissions")
    name, kind = _at(entity, "name"), _at(entity, "type")
    if not (isinstance(name, str) and isinstance(kind, str) and isinstance(permissions, list)):
        return None
    return name if kind in {"user", "org"} and MANAGES in permissions else None


def _at(told: Any, key: str) -> Any:
    return told.get(key) if isinstance(told, dict) else None


def _shown(name: str) -> str:
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in name)


def read_offers(body: bytes) -> Mapping[Hardware, Offer]:
    """Return what each hardware costs. One whose price cannot be read is left out: its price is not known.

    Should one hardware be offered at two prices, the higher counts: an estimate may be too high, and not too low.
    """
    offers: dict[Hardware, Offer] = {}
    for vendor in _provider.decode(body).vendors:
        for region in vendor.regions:
            for raw in region.computes:
                compute = _read_compute(raw)
                if compute is None:
                    continue
                hardware = Hardware(vendor.name, region.name, compute.instance_type, compute.instance_size)
                offer = _offer(compute)
                if hardware not in offers or offers[hardware].usd_per_hour < offer.usd_per_hour:
                    offers[hardware] = offer
    return offers


def _read_compute(raw: msgspec.Raw) -> _Compute | None:
    try:
        compute = _compute.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    price = compute.price_per_hour
    return compute if math.isfinite(price) and price >= 0 else None


def _offer(compute: _Compute) -> Offer:
    """Return the offer; what is told beside the price is told as it can be read, and never costs us the price."""
    return Offer(
        usd_per_hour=compute.price_per_hour,
        status=compute.status,
        accelerator=compute.accelerator if isinstance(compute.accelerator, str) else None,
        accelerators=_count(compute.num_accelerators),
        quota=_quota(compute.quota),
    )


def _quota(told: Any) -> Quota | None:
    if not isinstance(told, dict):
        return None
    most, used = _count(told.get("maxAccelerators")), _count(told.get("usedAccelerators"))
    return None if most is None or used is None else Quota(max_accelerators=most, used_accelerators=used)


def _count(told: Any) -> int | None:
    return told if isinstance(told, int) and not isinstance(told, bool) and told >= 0 else None
