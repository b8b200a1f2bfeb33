"""What may stand in the path of a URL: a name can neither steer the request elsewhere nor say more than a name."""

from service.masking import NAME
from service.ports import NotFound


def checked(part: str) -> str:
    """Return a part of a path, or raise NotFound: what cannot be a name cannot be found, and must not steer a URL."""
    if NAME.fullmatch(part) is None:
        raise NotFound(f"{part[:64]!r} cannot be the name of a namespace or an endpoint: check its spelling")
    return part
