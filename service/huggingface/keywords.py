"""With which keywords an endpoint is created and updated: they stand in `service.documents`, beside what reads them."""

from service.documents.keywords import Creation, Terms, Update

__all__ = ["Creation", "Terms", "Update"]
