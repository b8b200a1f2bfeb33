"""The documents that create and update an endpoint: made in `service.documents`, and wanted beside the client."""

from service.documents.payload import create_document, update_document

__all__ = ["create_document", "update_document"]
