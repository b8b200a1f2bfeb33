"""With which keywords an endpoint is created and updated: they stand in `service.documents`, beside what reads them."""

from service.documents.keywords import Creation, Update

__all__ = ["Creation", "Update"]
